// SPDX-License-Identifier: Apache-2.0
#include "rules/pattern.h"

#include <algorithm>

#include "rules/fold.h"

namespace proviso::rules {
namespace {

using Kind = Atom::Kind;

std::string bytes_of(std::vector<Atom>::const_iterator from, std::vector<Atom>::const_iterator to) {
  std::string text;
  for (; from != to; ++from) text.push_back(from->byte);
  return text;
}

bool equal_mapped(std::string_view text, std::string_view needle, const unsigned char* map) {
  for (std::size_t i = 0; i < needle.size(); ++i) {
    if (map[static_cast<unsigned char>(text[i])] != static_cast<unsigned char>(needle[i])) {
      return false;
    }
  }
  return true;
}

bool contains_mapped(std::string_view text, std::string_view needle, const unsigned char* map) {
  if (needle.size() > text.size()) return false;
  const auto first = static_cast<unsigned char>(needle.front());
  const std::size_t last = text.size() - needle.size();
  for (std::size_t i = 0; i <= last; ++i) {
    if (map[static_cast<unsigned char>(text[i])] != first) continue;
    if (equal_mapped(text.substr(i), needle, map)) return true;
  }
  return false;
}

bool is_dash(std::string_view character) {
  return character == "-" || character == "/" || character == "\u2013" || character == "\u2014" ||
         character == "\u2015";
}

// Lower case of the literal stretches; the other atoms stay.
std::vector<Atom> fold_atoms(const std::vector<Atom>& atoms) {
  std::vector<Atom> out;
  std::string literal;
  const auto flush = [&] {
    for (const char c : folded(literal)) out.push_back({Kind::byte, c});
    literal.clear();
  };
  for (const Atom& atom : atoms) {
    if (atom.kind == Kind::byte) {
      literal.push_back(atom.byte);
      continue;
    }
    flush();
    out.push_back(atom);
  }
  flush();
  return out;
}

}  // namespace

TextPattern::TextPattern(std::vector<Atom> atoms, bool cased) : cased_(cased) {
  if (!cased) atoms = fold_atoms(atoms);
  // `**` is `*`.
  const auto both_many = [](const Atom& a, const Atom& b) {
    return a.kind == Kind::many && b.kind == Kind::many;
  };
  atoms.erase(std::unique(atoms.begin(), atoms.end(), both_many), atoms.end());
  const bool open_front = !atoms.empty() && atoms.front().kind == Kind::many;
  const bool open_back = !atoms.empty() && atoms.back().kind == Kind::many;
  if (open_front && atoms.size() == 1) {
    shape_ = Shape::anything;
    return;
  }
  const auto begin = atoms.cbegin() + (open_front ? 1 : 0);
  const auto end = atoms.cend() - (open_back ? 1 : 0);
  if (std::any_of(begin, end, [](const Atom& a) { return a.kind != Kind::byte; })) {
    shape_ = Shape::glob;
    atoms_ = std::move(atoms);
    return;
  }
  needle_ = bytes_of(begin, end);
  if (open_front && open_back) shape_ = Shape::contains;
  if (open_front && !open_back) shape_ = Shape::suffix;
  if (!open_front && open_back) shape_ = Shape::prefix;
}

bool TextPattern::matches(std::string_view text) const {
  if (shape_ == Shape::anything) return true;
  if (cased_) return matches_mapped(text, kSame.data());
  const ascii::Equality quick = at_its_end(text);
  if (quick != ascii::Equality::unknown) return quick == ascii::Equality::yes;
  if (ascii::all_of(text)) {
    return shape_ == Shape::contains ? ascii::contains(text, needle_)
                                     : matches_mapped(text, kAsciiLower.data());
  }
  return matches_mapped(folded(text), kSame.data());
}

// Lower case goes character by character, so ASCII at either end is what it is, whatever else there
// is in the text.
ascii::Equality TextPattern::at_its_end(std::string_view text) const {
  const std::size_t size = std::min(text.size(), needle_.size());
  const bool whole = size == needle_.size();
  const std::string_view needle = std::string_view(needle_).substr(0, size);
  switch (shape_) {
    case Shape::equal:
    case Shape::prefix: {
      const auto begins = ascii::equal(text.substr(0, size), needle);
      const bool decided = shape_ == Shape::prefix ? whole : whole && text.size() == size;
      return begins == ascii::Equality::yes && !decided ? ascii::Equality::unknown : begins;
    }
    case Shape::suffix:
      return whole ? ascii::equal(text.substr(text.size() - size), needle)
                   : ascii::Equality::unknown;
    default: return ascii::Equality::unknown;
  }
}

bool TextPattern::matches_mapped(std::string_view text, const unsigned char* map) const {
  if (shape_ == Shape::glob) return glob(text, map);
  if (text.size() < needle_.size()) return false;
  switch (shape_) {
    case Shape::equal: return text.size() == needle_.size() && equal_mapped(text, needle_, map);
    case Shape::prefix: return equal_mapped(text, needle_, map);
    case Shape::suffix:
      return equal_mapped(text.substr(text.size() - needle_.size()), needle_, map);
    case Shape::contains: return contains_mapped(text, needle_, map);
    case Shape::anything:
    case Shape::glob: break;
  }
  return true;
}

// The usual walk with one way back: on a mismatch the last `*` takes one character more. Earlier
// stars never need to: whatever they would give the later star can take itself. At worst
// |text| * |pattern| steps.
bool TextPattern::glob(std::string_view text, const unsigned char* map) const {
  std::size_t t = 0;
  std::size_t a = 0;
  std::size_t star = atoms_.size();
  std::size_t star_text = 0;
  while (t < text.size() || a < atoms_.size()) {
    if (a < atoms_.size() && atoms_[a].kind == Kind::many) {
      star = a++;
      star_text = t;
      continue;
    }
    if (a < atoms_.size() && t < text.size()) {
      const Atom& atom = atoms_[a];
      const std::size_t size = atom.kind == Kind::byte ? 1 : character_bytes(text.substr(t));
      const bool fits = atom.kind == Kind::one ||
                        (atom.kind == Kind::byte && map[static_cast<unsigned char>(text[t])] ==
                                                        static_cast<unsigned char>(atom.byte)) ||
                        (atom.kind == Kind::dash && is_dash(text.substr(t, size)));
      if (fits) {
        t += size;
        ++a;
        continue;
      }
    }
    if (star == atoms_.size() || star_text >= text.size()) return false;
    star_text += character_bytes(text.substr(star_text));
    t = star_text;
    a = star + 1;
  }
  return true;
}

std::string TextPattern::longest_literal() const {
  if (shape_ != Shape::glob) return needle_;
  std::string longest;
  std::string current;
  for (const Atom& atom : atoms_) {
    if (atom.kind != Kind::byte) {
      current.clear();
      continue;
    }
    current.push_back(atom.byte);
    if (current.size() > longest.size()) longest = current;
  }
  return longest;
}

std::string_view to_string(TextPattern::Shape shape) {
  switch (shape) {
    case TextPattern::Shape::anything: return "anything";
    case TextPattern::Shape::equal: return "equal";
    case TextPattern::Shape::prefix: return "prefix";
    case TextPattern::Shape::suffix: return "suffix";
    case TextPattern::Shape::contains: return "contains";
    case TextPattern::Shape::glob: return "glob";
  }
  return "";
}

std::string TextPattern::dump() const {
  std::string out(to_string(shape_));
  if (cased_) out += " cased";
  if (shape_ != Shape::glob) return out + " '" + needle_ + "'";
  out += " '";
  for (const Atom& atom : atoms_) {
    if (atom.kind == Kind::many) out += "<*>";
    if (atom.kind == Kind::one) out += "<?>";
    if (atom.kind == Kind::dash) out += "<dash>";
    if (atom.kind == Kind::byte) out.push_back(atom.byte);
  }
  return out + "'";
}

}  // namespace proviso::rules
