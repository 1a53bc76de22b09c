// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "model/ids.h"

namespace proviso::model {

/// One thing that must be shown before a term can be said to be broken.
struct TermElement {
  std::string id;
  std::string text;
};

/// One clause of the provider's terms.
struct Term {
  TermId id;
  std::int64_t version = 1;
  std::string title;
  std::string clause;
  /// Signals of one customer whose terms share a group make one case.
  std::string group;
  std::vector<TermElement> elements;
};

/// The provider's terms as they stand in one version of the document. Immutable.
class Terms {
 public:
  /// {"version":1,"terms":[{"id","version","title","clause","group","elements":[{"id","text"}]}]}
  static Result<Terms> parse(const Json& document);
  [[nodiscard]] const Term* find(std::string_view id) const;
  [[nodiscard]] const std::vector<Term>& all() const { return terms_; }
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] const Json& document() const { return document_; }

 private:
  Json document_;
  Digest digest_;
  std::vector<Term> terms_;
};

}  // namespace proviso::model
