// SPDX-License-Identifier: Apache-2.0
#include "rules/item_compiler.h"

#include <re2/re2.h>

#include "base/encoding.h"

namespace proviso::rules {
namespace {

using Kind = ItemValue::Kind;

// What one regular expression may take once it is compiled; RE2's own default is 8 MiB.
constexpr std::int64_t kRegexBytesMax = 1LL << 20U;

class ItemCompiler {
 public:
  ItemCompiler(const ResolvedItem& item, const ReadContext& context)
      : item_(item), context_(context) {}

  std::optional<Expression> run() {
    std::vector<Expression> values;
    for (const ItemValue& value : item_.values) {
      auto one = compile(value);
      if (!one) return std::nullopt;
      values.push_back(std::move(*one));
    }
    if (values.empty()) values.push_back(Expression::of(test(TestKind::null, {})));
    auto joined =
        item_.all ? Expression::all_of(std::move(values)) : Expression::any_of(std::move(values));
    if (item_.negated) return Expression::negation(std::move(joined));
    return joined;
  }

 private:
  std::optional<Expression> refuse(const ItemValue& value, std::string message) {
    context_.error(value.at, item_.path, std::move(message));
    return std::nullopt;
  }

  Test test(TestKind kind, const ItemValue& value) {
    Test t;
    t.kind = item_.field.empty() ? TestKind::keyword : kind;
    t.field_name = item_.field;
    t.cased = value.cased;
    t.text = value.text;
    return t;
  }

  std::optional<Expression> compile(const ItemValue& value) {
    switch (value.kind) {
      case Kind::null: return Expression::of(test(TestKind::null, value));
      case Kind::string:
      case Kind::expansion: return strings(value);
      case Kind::boolean: return pattern(value, literal_pieces(value.text));
      case Kind::number:
      case Kind::compare: return number(value);
      case Kind::time_part: return time_part(value);
      case Kind::regex: return regex(value);
      case Kind::cidr: return cidr(value);
      case Kind::exists: return exists(value);
      case Kind::field_ref: return field_ref(value);
    }
    return std::nullopt;
  }

  std::optional<Expression> refuse_placeholder(const ItemValue& value, const Pieces& pieces) {
    for (const Piece& piece : pieces) {
      if (piece.kind != Piece::Kind::placeholder) continue;
      return refuse(value, "the placeholder %" + printable(piece.text) +
                               "% has no values (give a pipeline with value_placeholders)");
    }
    return std::nullopt;
  }

  // Strings of one value are always OR, also under |all.
  std::optional<Expression> strings(const ItemValue& value) {
    std::vector<Expression> tests;
    for (const Pieces& pieces : value.strings) {
      if (has_placeholder(pieces)) return refuse_placeholder(value, pieces);
      tests.push_back(pattern(value, pieces));
    }
    return Expression::any_of(std::move(tests));
  }

  Expression pattern(const ItemValue& value, Pieces pieces) {
    Test t = test(TestKind::text, value);
    if (item_.field.empty() && !value.placed) {
      pieces.insert(pieces.begin(), {Piece::Kind::many});
      pieces.push_back({Piece::Kind::many});
    }
    t.pattern = TextPattern(to_atoms(pieces), value.cased);
    return Expression::of(std::move(t));
  }

  std::optional<Expression> number(const ItemValue& value) {
    // A keyword is looked for in renderings.
    if (item_.field.empty()) return pattern(value, literal_pieces(value.text));
    Test t = test(TestKind::number, value);
    t.comparison = value.kind == Kind::compare ? value.comparison : Comparison::eq;
    t.number = value.number;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> time_part(const ItemValue& value) {
    Test t = test(TestKind::time_part, value);
    t.comparison = value.comparison;
    t.part = value.part;
    t.number = value.number;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> regex(const ItemValue& value) {
    std::vector<Expression> tests;
    for (const Pieces& pieces : value.strings) {
      if (has_placeholder(pieces)) return refuse_placeholder(value, pieces);
      auto one = one_regex(value, pieces);
      if (!one) return std::nullopt;
      tests.push_back(std::move(*one));
    }
    return Expression::any_of(std::move(tests));
  }

  std::optional<Expression> one_regex(const ItemValue& value, const Pieces& pieces) {
    std::string text = value.regex_flags.empty() ? "" : "(?" + value.regex_flags + ")";
    for (const Piece& piece : pieces) {
      text += piece.kind == Piece::Kind::many ? ".*" : piece.text;
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexBytesMax);
    auto compiled = std::make_shared<const re2::RE2>(text, options);
    if (!compiled->ok()) {
      return refuse(value, "the regular expression is not supported: " + compiled->error() +
                               " (RE2 has no look-around and no back references)");
    }
    Test t = test(TestKind::regex, value);
    t.text = "'" + text + "'";
    t.regex = std::move(compiled);
    return Expression::of(std::move(t));
  }

  std::optional<Expression> cidr(const ItemValue& value) {
    const auto block = parse_cidr(value.text);
    if (!block) {
      return refuse(value, "must be a network such as 10.0.0.0/8 without bits behind the prefix");
    }
    Test t = test(TestKind::cidr, value);
    t.cidr = *block;
    return Expression::of(std::move(t));
  }

  std::optional<Expression> exists(const ItemValue& value) {
    auto present = Expression::of(test(TestKind::exists, value));
    return value.text == "true" ? std::move(present) : Expression::negation(std::move(present));
  }

  std::optional<Expression> field_ref(const ItemValue& value) {
    Test t = test(TestKind::field_ref, value);
    t.other_name = value.text;
    t.ref_shape = value.ref_shape;
    return Expression::of(std::move(t));
  }

  const ResolvedItem& item_;
  const ReadContext& context_;
};

}  // namespace

std::optional<Expression> compile_item(const ResolvedItem& item, const ReadContext& context) {
  return ItemCompiler(item, context).run();
}

}  // namespace proviso::rules
