// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cases/counsel.h"
#include "cases/record.h"
#include "model/disclosure.h"

// Which fields of open entries go to whom (docs/formats/publication.md).
namespace proviso::cases {

/// Who a view is made for: auditor, customer, public.
class PublicationProfile {
 public:
  /// invalid_input: not a profile. denied: it would show an audience what it never may see (I11),
  /// whatever an operator writes: names of customers to the public, who reported to the customer.
  static Result<PublicationProfile> parse(const Json& document);

  [[nodiscard]] bool shows(std::string_view audience, std::string_view kind,
                           const std::string& field) const;
  /// SHA-256 of its canonical text.
  [[nodiscard]] const Digest& digest() const { return digest_; }

 private:
  using Kinds = std::map<std::string, std::set<std::string>, std::less<>>;
  std::map<std::string, Kinds, std::less<>> audiences_;
  Digest digest_;
};

bool is_audience(std::string_view name);

struct PublishedView {
  Json head;
  std::vector<model::Disclosure> entries;  ///< in the order in which they were made
  /// Open entries of an earlier version, whose fields cannot be shown one by one.
  std::size_t left_out = 0;
  /// Open entries of cases that counsel directs, which none of the keys opens.
  std::size_t sealed_to_counsel = 0;
};

/// What the profile shows of all entries that are open: in the ledger, and not sealed. For a
/// customer, of those about its own cases. What has been erased is not there any more.
/// Private parts that are sealed to counsel are read with `keys`, and left out where none fits.
Result<PublishedView> publish(Record& record, const PublicationProfile& profile,
                              const std::string& audience,
                              const std::optional<model::CustomerId>& customer,
                              const std::vector<CounselKey>& keys);

}  // namespace proviso::cases
