// SPDX-License-Identifier: Apache-2.0
#include "rules/item_compiler.h"

#include <cmath>

#include <re2/re2.h>

#include "base/encoding.h"
#include "rules/sigma_string.h"

namespace proviso::rules {
namespace {

using Operator = Modifiers::Operator;
using Transform = Modifiers::Transform;
using Atoms = std::vector<Atom>;

class ItemCompiler {
 public:
  ItemCompiler(const ItemAst& item, const Modifiers& modifiers, const ReadContext& context)
      : item_(item), m_(modifiers), context_(context) {}

  std::optional<Expression> run() {
    std::vector<Expression> values;
    for (const ScalarAst& value : item_.values) {
      auto one = compile(value);
      if (!one) return std::nullopt;
      values.push_back(std::move(*one));
    }
    auto joined =
        m_.all ? Expression::all_of(std::move(values)) : Expression::any_of(std::move(values));
    if (m_.negated) return Expression::negation(std::move(joined));
    return joined;
  }

 private:
  std::optional<Expression> refuse(const ScalarAst& value, std::string message) {
    context_.error(value.at, item_.path, std::move(message));
    return std::nullopt;
  }

  Test test(TestKind kind, const ScalarAst& value) {
    Test t;
    t.kind = item_.field.empty() ? TestKind::keyword : kind;
    t.field_name = item_.field;
    t.cased = m_.cased;
    t.text = value.text;
    return t;
  }

  std::optional<Expression> compile(const ScalarAst& value) {
    switch (m_.op) {
      case Operator::text: return plain(value);
      case Operator::regex: return regex(value);
      case Operator::compare: return compare(value);
      case Operator::cidr: return cidr(value);
      case Operator::exists: return exists(value);
      case Operator::field_ref: return field_ref(value);
      case Operator::time_part: return time_part(value);
    }
    return std::nullopt;
  }

  std::optional<Expression> plain(const ScalarAst& value) {
    const bool modified = !m_.transforms.empty() || m_.cased;
    if (value.kind == ScalarAst::Kind::string) return string(value);
    if (modified) return refuse(value, "the modifier needs text (quote the value or leave it out)");
    const bool keyword = item_.field.empty();
    if (value.kind == ScalarAst::Kind::null) {
      if (keyword) return refuse(value, "a keyword must be text");
      return Expression::of(test(TestKind::null, value));
    }
    // A keyword is looked for in renderings, a boolean is compared as one.
    if (keyword || value.kind == ScalarAst::Kind::boolean)
      return patterns(value, {literal_atoms(value.text)});
    Test t = test(TestKind::number, value);
    t.number = value.number;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> string(const ScalarAst& value) {
    std::vector<Atoms> alternatives = {parse_sigma_string(value.text)};
    for (const Transform transform : m_.transforms) {
      std::vector<Atoms> next;
      for (const Atoms& atoms : alternatives) {
        if (!apply(transform, atoms, next)) {
          return refuse(value, "text with wildcards or |windash has no encoding (split it)");
        }
      }
      alternatives = std::move(next);
    }
    return patterns(value, std::move(alternatives));
  }

  static bool apply(Transform transform, const Atoms& atoms, std::vector<Atoms>& out) {
    switch (transform) {
      case Transform::contains: out.push_back(open_back(open_front(atoms))); return true;
      case Transform::startswith: out.push_back(open_back(atoms)); return true;
      case Transform::endswith: out.push_back(open_front(atoms)); return true;
      case Transform::windash: out.push_back(with_any_dash(atoms)); return true;
      default: break;
    }
    if (has_wildcard(atoms)) return false;
    const std::string text = plain_text(atoms);
    if (transform == Transform::base64offset) {
      for (const std::string& one : base64_at_offsets(text)) out.push_back(literal_atoms(one));
      return true;
    }
    out.push_back(literal_atoms(encode(transform, text)));
    return true;
  }
  static std::string encode(Transform transform, const std::string& text) {
    if (transform == Transform::base64) return base64_encode(text);
    if (transform == Transform::utf16_big) return to_utf16(text, Utf16::big);
    return to_utf16(text, transform == Transform::utf16_marked ? Utf16::marked : Utf16::little);
  }
  static Atoms open_front(Atoms atoms) {
    if (atoms.empty() || atoms.front().kind != Atom::Kind::many) {
      atoms.insert(atoms.begin(), {Atom::Kind::many, 0});
    }
    return atoms;
  }
  static Atoms open_back(Atoms atoms) {
    if (atoms.empty() || atoms.back().kind != Atom::Kind::many) {
      atoms.push_back({Atom::Kind::many, 0});
    }
    return atoms;
  }

  // Alternatives of one value are always OR, also under |all.
  Expression patterns(const ScalarAst& value, std::vector<Atoms> alternatives) {
    std::vector<Expression> tests;
    for (Atoms& atoms : alternatives) {
      Test t = test(TestKind::text, value);
      const bool unanchored = item_.field.empty() && m_.transforms.empty();
      if (unanchored) atoms = open_back(open_front(std::move(atoms)));
      t.pattern = TextPattern(std::move(atoms), m_.cased);
      tests.push_back(Expression::of(std::move(t)));
    }
    return Expression::any_of(std::move(tests));
  }

  std::optional<Expression> regex(const ScalarAst& value) {
    const bool text =
        value.kind == ScalarAst::Kind::string || value.kind == ScalarAst::Kind::number;
    if (!text) return refuse(value, "|re needs a regular expression");
    re2::RE2::Options options;
    options.set_log_errors(false);
    const std::string flags = m_.regex_flags.empty() ? "" : "(?" + m_.regex_flags + ")";
    auto compiled = std::make_shared<const re2::RE2>(flags + value.text, options);
    if (!compiled->ok()) {
      return refuse(value, "the regular expression is not supported: " + compiled->error() +
                               " (RE2 has no look-around and no back references)");
    }
    Test t = test(TestKind::regex, value);
    t.text = "'" + flags + value.text + "'";
    t.regex = std::move(compiled);
    return Expression::of(std::move(t));
  }

  std::optional<Expression> compare(const ScalarAst& value) {
    if (value.kind != ScalarAst::Kind::number)
      return refuse(value, "the comparison needs a number");
    Test t = test(TestKind::number, value);
    t.comparison = m_.comparison;
    t.number = value.number;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> time_part(const ScalarAst& value) {
    const bool whole =
        value.kind == ScalarAst::Kind::number && value.number == std::floor(value.number);
    if (!whole) return refuse(value, "a part of a time is compared with a whole number");
    Test t = test(TestKind::time_part, value);
    t.comparison = m_.comparison;
    t.part = m_.part;
    t.number = value.number;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> cidr(const ScalarAst& value) {
    const auto block = parse_cidr(value.text);
    if (!block) {
      return refuse(value, "must be a network such as 10.0.0.0/8 without bits behind the prefix");
    }
    Test t = test(TestKind::cidr, value);
    t.cidr = *block;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> exists(const ScalarAst& value) {
    if (value.kind != ScalarAst::Kind::boolean) return refuse(value, "|exists takes true or false");
    auto present = Expression::of(test(TestKind::exists, value));
    return value.text == "true" ? std::move(present) : Expression::negation(std::move(present));
  }

  std::optional<Expression> field_ref(const ScalarAst& value) {
    if (value.kind != ScalarAst::Kind::string || value.text.empty()) {
      return refuse(value, "|fieldref takes the name of a field");
    }
    Test t = test(TestKind::field_ref, value);
    t.other_name = value.text;
    if (!m_.transforms.empty()) {
      t.ref_shape = m_.transforms[0] == Transform::contains     ? TextPattern::Shape::contains
                    : m_.transforms[0] == Transform::startswith ? TextPattern::Shape::prefix
                                                                : TextPattern::Shape::suffix;
    }
    return Expression::of(std::move(t));
  }

  const ItemAst& item_;
  const Modifiers& m_;
  const ReadContext& context_;
};

}  // namespace

std::optional<Expression> compile_item(const ItemAst& item, const ReadContext& context) {
  const auto modifiers = read_modifiers(item, context);
  if (!modifiers) return std::nullopt;
  return ItemCompiler(item, *modifiers, context).run();
}

}  // namespace proviso::rules
