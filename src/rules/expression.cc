// SPDX-License-Identifier: Apache-2.0
#include "rules/expression.h"

namespace proviso::rules {

std::string_view to_string(Comparison comparison) {
  switch (comparison) {
    case Comparison::eq: return "eq";
    case Comparison::neq: return "neq";
    case Comparison::lt: return "lt";
    case Comparison::lte: return "lte";
    case Comparison::gt: return "gt";
    case Comparison::gte: return "gte";
  }
  return "";
}

Expression Expression::of(Test t) {
  Expression e;
  e.test = std::move(t);
  return e;
}

Expression Expression::all_of(std::vector<Expression> children) {
  if (children.size() == 1) return Expression(std::move(children.front()));
  Expression e;
  e.kind = Kind::all_of;
  e.children = std::move(children);
  return e;
}

Expression Expression::any_of(std::vector<Expression> children) {
  if (children.size() == 1) return Expression(std::move(children.front()));
  Expression e;
  e.kind = Kind::any_of;
  e.children = std::move(children);
  return e;
}

Expression Expression::negation(Expression child) {
  Expression e;
  e.kind = Kind::negation;
  e.children.push_back(std::move(child));
  return e;
}

namespace {

std::string dump_test(const Test& test) {
  const std::string field = test.field_name.empty() ? "(any value)" : test.field_name;
  switch (test.kind) {
    case TestKind::text: return field + " " + test.pattern.dump();
    case TestKind::keyword:
      return field + " " + (test.regex ? "regex " + test.text : test.pattern.dump());
    case TestKind::regex: return field + " regex " + test.text;
    case TestKind::number:
      return field + " " + std::string(to_string(test.comparison)) + " " + test.text;
    case TestKind::time_part:
      return field + " " + std::string(to_string(test.part)) + " " +
             std::string(to_string(test.comparison)) + " " + test.text;
    case TestKind::cidr: return field + " cidr " + test.text;
    case TestKind::null: return field + " null";
    case TestKind::exists: return field + " exists";
    case TestKind::field_ref:
      return field + " " + std::string(to_string(test.ref_shape)) + " field " + test.other_name;
  }
  return "";
}

}  // namespace

std::string dump(const Expression& expression, std::size_t indent) {
  std::string out(indent * 2, ' ');
  switch (expression.kind) {
    case Expression::Kind::test: return out + dump_test(expression.test) + "\n";
    case Expression::Kind::all_of: out += "all of\n"; break;
    case Expression::Kind::any_of: out += "any of\n"; break;
    case Expression::Kind::negation: out += "not\n"; break;
  }
  for (const Expression& child : expression.children) out += dump(child, indent + 1);
  return out;
}

}  // namespace proviso::rules
