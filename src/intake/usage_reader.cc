// SPDX-License-Identifier: Apache-2.0
#include "intake/usage_reader.h"

#include <optional>

namespace proviso::intake {
namespace {

constexpr std::size_t kPeekBytes = 4096;

/// True for {"Records":[ with any white space.
bool is_records_document(std::string_view head) {
  for (const std::string_view token : {"{", "\"Records\"", ":", "["}) {
    const std::size_t at = head.find_first_not_of(" \t\r\n");
    if (at == std::string_view::npos || !head.substr(at).starts_with(token)) return false;
    head.remove_prefix(at + token.size());
  }
  return true;
}

bool starts_object(std::string_view head) {
  const std::size_t at = head.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && head[at] == '{';
}

Reject reject_of(const Record& record, std::string_view problem) {
  return {.line = record.at.line,
          .column = record.at.column,
          .offset = record.at.offset,
          .reason = std::string(problem)};
}

}  // namespace

struct UsageReader::State {
  State(ByteSource source, const FieldPolicies& all, const DecodeOptions& given)
      : reader(std::move(source)), policies(all), options(given) {}

  LineReader reader;
  const FieldPolicies& policies;
  DecodeOptions options;
  std::string chosen;  // by the caller or by the place to go on from
  std::optional<Decoder> decoder;
  ReadPosition record_at;

  [[nodiscard]] std::unexpected<Error> failed(const Error& error) const {
    return fail(error.code, reader.name() + ": " + error.message);
  }
  Result<void> start(const UsagePosition& from);
  Result<void> choose_shape(std::string_view head);
  Result<void> read_header();
  Result<bool> recognise(const Record& record);
  Result<void> use_format(const std::string& format);
  std::optional<Reject> add_at_hand(std::span<model::UsageEvent> events, std::span<ReadPosition> at,
                                    std::size_t& size);
};

Result<void> UsageReader::State::use_format(const std::string& format) {
  const FieldPolicy* policy = policies.find(format);
  if (policy == nullptr) {
    return failed({Errc::invalid_input, "there is no format of that name (see field_policy/)"});
  }
  auto made = Decoder::make(*policy, options);
  if (!made) return failed(made.error());
  decoder.emplace(std::move(*made));
  return {};
}

Result<void> UsageReader::State::choose_shape(std::string_view head) {
  if (!chosen.empty()) TRY_VOID(use_format(chosen));
  const FieldPolicy* policy = policies.find(chosen);
  const bool is_csv = policy != nullptr ? policy->syntax == Syntax::csv : !starts_object(head);
  if (is_csv) {
    reader.set_shape(Shape::csv);
    return read_header();
  }
  if (is_records_document(head)) reader.set_shape(Shape::records);
  return {};
}

/// The first CSV row names the columns. A text that is no CSV of ours is read as lines, so that
/// each line is refused with its place.
Result<void> UsageReader::State::read_header() {
  const auto row = TRY(reader.next());
  if (!row) return {};
  if (!decoder) {
    const std::string found =
        row->problem.empty() ? detect_format(policies, Syntax::csv, row->bytes) : "";
    if (found.empty()) {
      return fail(Errc::not_found,
                  reader.name() + ":1:1: no known format begins like this (name it: --format F)");
    }
    TRY_VOID(use_format(found));
  }
  if (const auto set = decoder->set_header(row->bytes); !set) {
    return fail(Errc::invalid_input, reader.name() + ":1:1: " + set.error().message);
  }
  return {};
}

Result<void> UsageReader::State::start(const UsagePosition& from) {
  chosen = from.format.empty() ? options.format : from.format;
  auto head = reader.peek(kPeekBytes);
  if (!head) return std::unexpected(head.error());
  if (head->empty()) {
    return fail(Errc::invalid_input, reader.name() + ": is empty (there is nothing to read)");
  }
  TRY_VOID(choose_shape(*head));
  if (from.read.offset > 0) TRY_VOID(reader.resume(from.read));
  return {};
}

/// Finds the format by the first record that has the marks of one.
Result<bool> UsageReader::State::recognise(const Record& record) {
  if (decoder) return true;
  const std::string found = detect_format(policies, Syntax::json, record.bytes);
  if (found.empty()) return false;
  TRY_VOID(use_format(found));
  return true;
}

UsageReader::UsageReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
UsageReader::~UsageReader() = default;
UsageReader::UsageReader(UsageReader&&) noexcept = default;
UsageReader& UsageReader::operator=(UsageReader&&) noexcept = default;

Result<UsageReader> UsageReader::open(ByteSource source, const FieldPolicies& policies,
                                      const DecodeOptions& options, const UsagePosition& from) {
  auto state = std::make_unique<State>(std::move(source), policies, options);
  TRY_VOID(state->start(from));
  return UsageReader(std::move(state));
}

Result<UsageReader> UsageReader::open(const std::string& path, const FieldPolicies& policies,
                                      const DecodeOptions& options, const UsagePosition& from) {
  ByteSource source = TRY(ByteSource::open(path));
  return open(std::move(source), policies, options, from);
}

/// More events of lines that are at hand. Nothing at the end of those; else a reject.
std::optional<Reject> UsageReader::State::add_at_hand(std::span<model::UsageEvent> events,
                                                      std::span<ReadPosition> at,
                                                      std::size_t& size) {
  Record record;
  while (size < events.size() && decoder->has_room() && reader.next_at_hand(record)) {
    record_at = record.at;
    at[size] = record.at;
    const std::string_view problem = decoder->decode_more(record.bytes, events[size]);
    if (!problem.empty()) return reject_of(record, problem);
    ++size;
  }
  return std::nullopt;
}

Result<Outcome> UsageReader::next_batch(UsageBatch& batch, std::size_t events_max, Reject& reject) {
  batch.events_.resize(events_max);
  batch.at_.resize(events_max);
  batch.size_ = 0;
  const Outcome outcome = TRY(next(batch.events_.front(), reject));
  if (outcome != Outcome::event) return outcome;
  batch.at_.front() = state_->record_at;
  batch.size_ = 1;
  auto refused = state_->add_at_hand(batch.events_, batch.at_, batch.size_);
  if (!refused) return Outcome::event;
  reject = std::move(*refused);
  return Outcome::reject;
}

Result<Outcome> UsageReader::next(model::UsageEvent& event, Reject& reject) {
  const auto record = TRY(state_->reader.next());
  if (!record) return Outcome::end;
  state_->record_at = record->at;
  std::string_view problem = record->problem;
  if (problem.empty()) {
    const bool known = TRY(state_->recognise(*record));
    problem = known ? state_->decoder->decode(record->bytes, event)
                    : "is no JSON object of a known format";
  }
  if (problem.empty()) return Outcome::event;
  reject = reject_of(*record, problem);
  return Outcome::reject;
}

const ReadPosition& UsageReader::record_position() const { return state_->record_at; }
UsagePosition UsageReader::position() const {
  return {state_->reader.position(), std::string(format())};
}
std::string_view UsageReader::format() const {
  return state_->decoder ? std::string_view(state_->decoder->format()) : std::string_view();
}
const std::string& UsageReader::name() const { return state_->reader.name(); }

}  // namespace proviso::intake
