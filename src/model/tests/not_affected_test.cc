// SPDX-License-Identifier: Apache-2.0
#include "model/not_affected.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "model/testing/people.h"

namespace proviso::model {
namespace {

NotAffected many(std::size_t agreements, std::size_t services) {
  NotAffected all;
  for (std::size_t i = 0; i < agreements; ++i) all.agreements.insert("a" + std::to_string(i));
  for (std::size_t i = 0; i < services; ++i) {
    all.services.emplace("s" + std::to_string(i), i % 2 == 0 ? "even" : "odd");
  }
  return all;
}

TEST(NotAffected, EverythingIsNamedWhileItFits) {
  const auto names = name_not_affected(many(kNamedMax, kNamedMax), {});
  EXPECT_EQ(names.agreements.size(), kNamedMax);
  EXPECT_EQ(names.services.size(), kNamedMax);
  EXPECT_FALSE(names.rest);
}

TEST(NotAffected, TheRestIsCountedAndItsDigestIsThatOfAll) {
  const NotAffected all = many(kNamedMax + 2, kNamedMax + 5);
  const auto names = name_not_affected(all, {"s9"});
  ASSERT_TRUE(names.rest);
  EXPECT_EQ(names.rest->agreements, 2);
  EXPECT_EQ(names.rest->services, 5);
  EXPECT_EQ(names.rest->all, sha256(not_affected_text(all)));
  EXPECT_EQ(std::count(names.services.begin(), names.services.end(), "s9/odd"), 1);
  const auto back = rest_from_json(rest_to_json(*names.rest));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, *names.rest);
}

Order with_rest(const NotAffected& all) {
  Order order = testing::sample_restriction();
  auto names = name_not_affected(all, {});
  order.restriction->agreements_not_affected = std::move(names.agreements);
  order.restriction->services_not_affected = std::move(names.services);
  order.restriction->not_affected_rest = std::move(names.rest);
  return order;
}

TEST(NotAffected, AnOrderCarriesTheRestAndItsDigestBindsIt) {
  const Order order = with_rest(many(3, kNamedMax + 5));
  const auto back = parse_order(canonical_order(order));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->restriction->not_affected_rest, order.restriction->not_affected_rest);
  for (const auto change : {0, 1, 2}) {
    Order other = order;
    NotAffectedRest& rest = *other.restriction->not_affected_rest;
    if (change == 0) ++rest.services;
    if (change == 1) ++rest.by_service[0].second;
    if (change == 2) rest.all = sha256("other");
    EXPECT_NE(order_digest(other), order_digest(order)) << change;
  }
}

TEST(NotAffected, RefusesCountsThatCannotBeTrue) {
  Order short_list = with_rest(many(3, kNamedMax + 5));
  short_list.restriction->services_not_affected.pop_back();
  EXPECT_FALSE(parse_order(canonical_order(short_list))) << "counts what it could have named";

  const auto refused = [](const std::function<void(NotAffectedRest&)>& change) {
    NotAffectedRest rest{0, 5, {{"a", 2}, {"b", 3}}, sha256("all")};
    change(rest);
    return !rest_from_json(rest_to_json(rest)).has_value();
  };
  EXPECT_FALSE(refused([](NotAffectedRest&) {}));
  EXPECT_TRUE(refused([](NotAffectedRest& r) { r.services = 6; }));
  EXPECT_TRUE(refused([](NotAffectedRest& r) { r.services = 4; }));
  EXPECT_TRUE(refused([](NotAffectedRest& r) { r.services = -1; }));
  EXPECT_TRUE(refused([](NotAffectedRest& r) { r.agreements = -1; }));
  EXPECT_TRUE(refused([](NotAffectedRest& r) { r.by_service[0].second = 0; }));
  EXPECT_TRUE(refused([](NotAffectedRest& r) { r.by_service[1].first = "a"; }));
  EXPECT_TRUE(refused([](NotAffectedRest& r) {
    r.services = 0;
    r.by_service.clear();
  }));
}

}  // namespace
}  // namespace proviso::model
