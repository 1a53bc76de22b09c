// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/rollup_store.h"
#include "model/catalogue.h"
#include "model/order.h"
#include "model/register.h"

namespace proviso::decisions {

// What a scope may name, and what it leaves alone (I3, I4; docs/decisions/0006). Pure.

/// I3: denied where a line names a subscription that the register lacks or that is another
/// customer's: an order about one customer never touches another one.
Result<void> check_customer(const model::CustomerId& customer,
                            const std::vector<model::ScopeLine>& scope, const model::Register& reg);

/// I3: denied where a line names a service that neither the catalogue nor the subscription's own
/// usage knows, or a region that the catalogue does not list for the service, or, where it lists
/// none, that this subscription's usage of the service never showed.
Result<void> check_known(const std::vector<model::ScopeLine>& scope,
                         const model::Catalogue& catalogue, const cases::ServiceUse& use);

/// Of this customer, never of others.
model::NotAffected not_affected(const model::CustomerId& customer, const model::Register& reg,
                                const cases::ServiceUse& use,
                                const std::vector<model::ScopeLine>& scope);
void fill_not_affected(const model::CustomerId& customer, const model::Register& reg,
                       const cases::ServiceUse& use, model::Restriction& restriction);

}  // namespace proviso::decisions
