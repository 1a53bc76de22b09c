// SPDX-License-Identifier: Apache-2.0
#include "rules/condition.h"

#include <algorithm>

#include "base/encoding.h"
#include "rules/pattern.h"

// The grammar (EBNF), from the loosest to the tightest binding:
//
//   condition  = or-expr ;
//   or-expr    = and-expr , { "or" , and-expr } ;
//   and-expr   = not-expr , { "and" , not-expr } ;
//   not-expr   = { "not" } , primary ;
//   primary    = "(" , or-expr , ")" | quantifier , "of" , target | name ;
//   quantifier = "1" | "any" | "all" ;
//   target     = "them" | pattern ;
//   name       = word ;                  (letters, digits, "_", "-", ".")
//   pattern    = word that may have "*" ;
//
// A word is a quantifier only where "of" follows, so selections may be called "all" or "1".
namespace proviso::rules {
namespace {

constexpr std::size_t kDepthMax = 50;
constexpr std::size_t kBytesMax = 64U << 10U;

struct Token {
  std::string_view text;
  std::size_t offset = 0;
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '*';
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class ConditionParser {
 public:
  ConditionParser(std::string_view text, const ConditionOptions& options)
      : text_(text), options_(options) {}

  std::variant<ConditionAst, ConditionError> run() {
    if (text_.size() > kBytesMax) return ConditionError{0, "longer than 65,536 bytes (shorten it)"};
    if (!tokenize()) return error_;
    ConditionAst root = any_of(0);
    if (!failed_ && at_ < tokens_.size()) fail("expected 'and', 'or' or the end");
    if (failed_) return error_;
    return root;
  }

 private:
  using Kind = ConditionAst::Kind;

  bool tokenize() {
    for (std::size_t i = 0; i < text_.size();) {
      const std::size_t begin = i;
      if (is_space(text_[i])) {
        ++i;
        continue;
      }
      if (text_[i] == '|') {
        fail_at(i, "aggregation with '|' is no longer Sigma (write a correlation rule)");
        return false;
      }
      if (text_[i] == '(' || text_[i] == ')') {
        ++i;
      } else if (is_word(text_[i])) {
        while (i < text_.size() && is_word(text_[i])) ++i;
      } else {
        fail_at(i, "a character that a condition cannot have (use names, and, or, not, brackets)");
        return false;
      }
      tokens_.push_back({text_.substr(begin, i - begin), begin});
    }
    return true;
  }

  [[nodiscard]] std::string_view peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead].text : std::string_view{};
  }
  [[nodiscard]] bool is_operator(std::string_view word, std::string_view lower,
                                 std::string_view upper) const {
    return word == lower || (options_.upper_case_operators && word == upper);
  }
  [[nodiscard]] bool at_or() const { return is_operator(peek(), "or", "OR"); }
  [[nodiscard]] bool at_and() const { return is_operator(peek(), "and", "AND"); }
  [[nodiscard]] bool at_not() const { return is_operator(peek(), "not", "NOT"); }

  void fail(std::string message) {
    fail_at(at_ < tokens_.size() ? tokens_[at_].offset : text_.size(), std::move(message));
  }
  void fail_at(std::size_t offset, std::string message) {
    if (!failed_) error_ = {offset, std::move(message)};
    failed_ = true;
  }

  ConditionAst any_of(std::size_t depth) {
    ConditionAst node{.kind = Kind::any_of, .name = {}, .offset = offset(), .children = {}};
    node.children.push_back(all_of(depth));
    while (!failed_ && at_or()) {
      ++at_;
      node.children.push_back(all_of(depth));
    }
    return simplify(std::move(node));
  }
  ConditionAst all_of(std::size_t depth) {
    ConditionAst node{.kind = Kind::all_of, .name = {}, .offset = offset(), .children = {}};
    node.children.push_back(negation(depth));
    while (!failed_ && at_and()) {
      ++at_;
      node.children.push_back(negation(depth));
    }
    return simplify(std::move(node));
  }
  ConditionAst negation(std::size_t depth) {
    const std::size_t begin = offset();
    bool negative = false;
    while (at_not()) {
      negative = !negative;
      ++at_;
    }
    ConditionAst inner = primary(depth);
    if (!negative) return inner;
    ConditionAst node{.kind = Kind::negation, .name = {}, .offset = begin, .children = {}};
    node.children.push_back(std::move(inner));
    return node;
  }
  ConditionAst primary(std::size_t depth) {
    if (depth > kDepthMax) fail("more than 50 brackets in each other (make it flatter)");
    if (failed_) return {};
    if (peek() == "(") return bracket(depth);
    if (options_.quantifiers && peek(1) == "of") return quantified();
    return name();
  }
  ConditionAst bracket(std::size_t depth) {
    ++at_;
    ConditionAst inner = any_of(depth + 1);
    if (!failed_ && peek() != ")") fail("a bracket is not closed (add ')')");
    ++at_;
    return inner;
  }
  ConditionAst quantified() {
    const std::string_view word = peek();
    if (word != "1" && word != "any" && word != "all") {
      fail("before 'of' stands '1', 'any' or 'all'");
      return {};
    }
    ConditionAst node{.kind = word == "all" ? Kind::every_of : Kind::one_of,
                      .name = {},
                      .offset = offset(),
                      .children = {}};
    at_ += 2;
    if (peek().empty() || peek() == "(" || peek() == ")") {
      fail("after 'of' stands 'them' or a pattern of names");
      return {};
    }
    node.name = peek();
    ++at_;
    return node;
  }
  ConditionAst name() {
    const std::string_view word = peek();
    if (word.empty() || word == ")" || at_and() || at_or()) {
      fail("expected the name of a selection");
      return {};
    }
    if (word == "AND" || word == "OR" || word == "NOT") {
      fail("operators are written in lower case");
      return {};
    }
    if (word.find('*') != std::string_view::npos) {
      fail("a pattern needs '1 of' or 'all of' before it");
      return {};
    }
    ConditionAst node{
        .kind = Kind::name, .name = std::string(word), .offset = offset(), .children = {}};
    ++at_;
    return node;
  }
  static ConditionAst simplify(ConditionAst node) {
    if (node.children.size() != 1) return node;
    ConditionAst only = std::move(node.children.front());
    return only;
  }
  [[nodiscard]] std::size_t offset() const {
    return at_ < tokens_.size() ? tokens_[at_].offset : text_.size();
  }

  std::string_view text_;
  const ConditionOptions& options_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool failed_ = false;
  ConditionError error_;
};

}  // namespace

std::variant<ConditionAst, ConditionError> parse_condition(std::string_view text,
                                                           const ConditionOptions& options) {
  return ConditionParser(text, options).run();
}

bool name_fits(std::string_view pattern, std::string_view name) {
  const bool hidden = name.starts_with('_');
  if (pattern == "them") return !hidden;
  if (hidden && !pattern.starts_with('_')) return false;
  std::vector<Atom> atoms;
  for (const char c : pattern) {
    atoms.push_back({c == '*' ? Atom::Kind::many : Atom::Kind::byte, c});
  }
  return TextPattern(std::move(atoms), /*cased=*/true).matches(name);
}

}  // namespace proviso::rules
