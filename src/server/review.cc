// SPDX-License-Identifier: Apache-2.0
#include "server/review.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "base/text/format.h"
#include "cases/rollup_store.h"
#include "cases/signal_store.h"
#include "decisions/order_store.h"
#include "intake/reject_log.h"
#include "server/documents.h"
#include "server/hash_seed.h"
#include "server/kept_documents.h"
#include "server/review_state.h"
#include "server/rulebook.h"
#include "server/signal_document.h"
#include "server/source_clocks.h"
#include "server/usage_stage.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kProgressEvery = 1U << 15U;

void put_cells(const signals::Rollup& rollup, cases::RollupSegment& segment) {
  rollup.for_each([&](const signals::RollupView& cell) {
    segment.cell(cell.subscription, cell.service, cell.region, cell.action_class, cell.hour,
                 cell.count);
    for (const auto& part : cell.quantities) segment.quantity(part.unit, part.value);
  });
}

// One event dated far ahead would make windows and seen ids forget everything that is now.
intake::Reject future_event(const intake::ReadPosition& at) {
  return {.line = at.line,
          .column = at.column,
          .offset = at.offset,
          .reason = "the event's time lies more than a day in the future"};
}

// One run. Owns everything between two commits.
class Review {
 public:
  Review(DataFolder& folder, const ReviewOptions& options, const intake::FieldPolicies& policies,
         const std::shared_ptr<const rules::Program>& program, const model::Catalogue& catalogue,
         const SignalOrigin& origin, intake::RejectLog rejects, bool is_only_input,
         const std::function<void(const ReviewProgress&)>& progress)
      : folder_(folder),
        options_(options),
        policies_(policies),
        progress_(progress),
        stage_(program, catalogue, folder.customers(),
               {.lateness = Duration::max(),
                .part_firings = false,
                .hash_seed = hash_seed(folder.hash_key())},
               folder.hash_key()),
        clocks_(folder.config()),
        is_only_input_(is_only_input),
        tracker_(program),
        origin_(origin),
        rejects_(std::move(rejects)),
        time_max_(folder.record().now() + std::chrono::hours{24}) {
    decode_.hash_key = folder.hash_key();
    decode_.wanted = program->fields();
    decode_.subscription = options.subscription;
    decode_.format = options.format;
  }

  Result<void> load();
  Result<void> read_all(const std::vector<std::string>& inputs);
  Result<ReviewSummary> finish();

 private:
  Result<void> read_one(const std::string& path);
  void begin_source(const std::string& format, InputState& state);
  Result<void> read_records(intake::UsageReader& reader, InputState& state);
  void count_record(const intake::UsageReader& reader, InputState& state);
  Result<void> take_batch(const intake::UsageBatch& batch, bool is_followed,
                          intake::UsageReader& reader, InputState& state);
  Result<void> take_events(const intake::UsageBatch& batch, bool is_followed,
                           intake::UsageReader& reader, InputState& state);
  Result<void> take_reject(const intake::Reject& reject, intake::UsageReader& reader,
                           InputState& state);
  Result<void> add_reject(const intake::Reject& reject, const intake::UsageReader& reader,
                          InputState& state);
  void take_event(const model::UsageEvent& event, std::size_t i);
  void take_firings();
  void take_signal(const signals::Firing& firing);
  Result<void> update_under_review();
  Result<void> write_signals();
  Result<void> write_last();
  void sum_up();
  Result<void> commit(const InputKey& key, InputState& state);
  Result<void> write_commit(const InputKey& key, const InputState& state,
                            std::uint64_t reject_bytes);

  cases::Database& db() { return folder_.record().database(); }

  DataFolder& folder_;
  const ReviewOptions& options_;
  const intake::FieldPolicies& policies_;
  const std::function<void(const ReviewProgress&)>& progress_;
  UsageStage stage_;
  signals::EngineCounters counters_before_;  ///< of earlier runs: the engine counts over all
  std::vector<signals::RuleLosses> losses_before_;
  SourceClocks clocks_;
  bool is_only_input_;
  Duration lateness_ = Duration::max();  ///< how long events wait while inputs are read
  signals::SignalTracker tracker_;
  SignalOrigin origin_;
  InputTrail trail_;
  std::uint64_t run_ = 0;
  intake::RejectLog rejects_;
  Time time_max_;
  intake::DecodeOptions decode_;
  std::vector<signals::Firing> firings_;
  // A signal that opened or went on since the last commit.
  struct Changed {
    signals::Signal signal;
    rules::RuleIndex rule{};
    InputTrail::Mark at;
    Json facts;  ///< when it opened
  };
  std::map<std::string, Changed> changed_;
  Time newest_before_{};  ///< when the run began
  std::string source_;    ///< of the input that is read; empty before its first event
  Time* source_newest_ = nullptr;
  std::chrono::seconds behind_{};  ///< how far behind all is settled at the end
  std::uint64_t since_commit_ = 0;
  bool too_many_rejects_ = false;
  bool last_refused_ = false;
  ReviewSummary summary_;
};

Result<void> Review::load() {
  TRY_VOID(load_seen(db(), stage_.seen()));
  const EngineLoad loaded = TRY(load_engine(db(), stage_.engine(), tracker_));
  summary_.counters_dropped = loaded.counters_dropped;
  summary_.waiting_dropped = loaded.events_dropped;
  summary_.windows_begun_anew = loaded.other_format;
  counters_before_ = stage_.engine().counters();
  losses_before_ = stage_.engine().losses();
  stage_.events_total = TRY(read_counter(db(), "events_total"));
  run_ = TRY(read_counter(db(), "runs")) + 1;
  trail_.load(TRY(known_inputs(db())));
  stage_.newest =
      from_unix_seconds(static_cast<std::int64_t>(TRY(read_counter(db(), "newest_event"))));
  newest_before_ = stage_.newest;
  TRY_VOID(clocks_.load(db(), policies_));
  return update_under_review();
}

Result<void> Review::update_under_review() {
  std::set<std::string> customers;
  for (const cases::CaseRow& row : TRY(folder_.casework().list())) {
    if (row.state != cases::case_state::closed) customers.insert(row.customer.value);
  }
  stage_.facts().set_under_review(std::move(customers));
  return {};
}

Result<void> Review::read_all(const std::vector<std::string>& inputs) {
  for (const std::string& path : inputs) {
    ++summary_.inputs;
    auto read = read_one(path);
    if (read) continue;
    // Too many rejects, a full disk and the like stop the run; one bad file does not stop the
    // others.
    const Errc code = read.error().code;
    const bool bad_file =
        code == Errc::invalid_input || code == Errc::not_found || code == Errc::corrupt;
    if (!bad_file || too_many_rejects_) return read;
    const bool named =
        std::find(options_.inputs.begin(), options_.inputs.end(), path) != options_.inputs.end();
    const bool is_log = code != Errc::not_found && TRY(file_size(path)) > 0;
    (named || is_log ? summary_.problems : summary_.passed_over)
        .push_back(std::move(read.error().message));
  }
  return {};
}

Result<void> Review::read_one(const std::string& path) {
  KnownInput input = TRY(find_input(db(), path));
  const InputKey& key = input.key;
  InputState& state = input.state;
  const std::uint64_t bytes = TRY(file_size(path));
  if (state.done && state.file_bytes == bytes) {
    ++summary_.inputs_done_before;
    return {};
  }
  state.done = false;  // it has grown: go on where it ended
  state.run = run_;
  source_.clear();
  state.bound_s = 0;
  state.waits_s = -1;
  if (key.is_stream) {
    stage_.seen().begin_file_anew(key.text());
  } else {
    stage_.seen().begin_file(key.text());
  }
  rejects_.restore(state.events, state.rejects);
  auto reader = TRY(intake::UsageReader::open(path, policies_, decode_, state.position));
  const InputTrail::Reading reading(trail_, key, state);
  while (!state.done) {
    auto read = read_records(reader, state);
    if (!read) {
      // Keep what could be read before the damage; then say what is wrong.
      TRY_VOID(commit(key, state));
      return read;
    }
    if (state.done) {
      state.file_bytes = bytes;
      // Before the commit: an input that is refused as a whole is not done.
      auto finished = rejects_.finish();
      too_many_rejects_ = !finished;
      if (!finished) return finished;
    }
    TRY_VOID(commit(key, state));
  }
  return {};
}

// Reads until it is time to commit, or the input ends. `state.position` is then where to go on,
// also after an error.
Result<void> Review::read_records(intake::UsageReader& reader, InputState& state) {
  intake::UsageBatch batch;
  intake::Reject reject;
  while (since_commit_ < options_.commit_every) {
    const std::uint64_t room = options_.commit_every - since_commit_;
    auto outcome =
        reader.next_batch(batch, std::min<std::uint64_t>(room, UsageStage::kBatch), reject);
    if (!outcome) {
      state.position = reader.position();
      return std::unexpected(std::move(outcome).error());
    }
    if (*outcome == intake::Outcome::end) {
      state.done = true;
      // A last record that was refused may be one that is still being written: look at it again
      // when the file has grown.
      if (!last_refused_) state.position = reader.position();
      return {};
    }
    const bool refused = *outcome == intake::Outcome::reject;
    TRY_VOID(take_batch(batch, refused, reader, state));
    if (refused) TRY_VOID(take_reject(reject, reader, state));
  }
  state.position = reader.position();
  return {};
}

// Several inputs overlap in time (a log per account and region), and so do sources: what matched
// waits until all are read, so that windows see it in event order. The one input of a source that
// is alone waits only for its bound.
void Review::begin_source(const std::string& format, InputState& state) {
  source_ = format;
  source_newest_ = &clocks_.newest(format);
  if (!is_only_input_ || !clocks_.is_alone(format)) return;
  lateness_ = clocks_.bound(format);
  state.waits_s = lateness_ / std::chrono::seconds{1};
  stage_.engine().open_source("", lateness_);
}

void Review::count_record(const intake::UsageReader& reader, InputState& state) {
  ++since_commit_;
  ++state.records;
  ++summary_.records;
  if (summary_.records % kProgressEvery == 0) progress_({reader.name(), summary_.records});
}

// `is_followed`: by a record that was refused, so that reader.position() is behind that one.
Result<void> Review::take_batch(const intake::UsageBatch& batch, bool is_followed,
                                intake::UsageReader& reader, InputState& state) {
  if (!batch.events().empty() && source_ != reader.format())
    begin_source(std::string(reader.format()), state);
  const std::uint64_t late_before = stage_.engine().counters().late;
  auto taken = take_events(batch, is_followed, reader, state);
  const std::uint64_t late = stage_.engine().counters().late - late_before;
  if (late > 0) summary_.late_of[source_] += late;
  return taken;
}

Result<void> Review::take_events(const intake::UsageBatch& batch, bool is_followed,
                                 intake::UsageReader& reader, InputState& state) {
  const auto events = batch.events();
  stage_.begin(events, reader.format());
  for (std::size_t i = 0; i < events.size(); ++i) {
    last_refused_ = false;
    count_record(reader, state);
    if (events[i].time() <= time_max_) {
      ++state.events;
      rejects_.count_event();
      take_event(events[i], i);
      continue;
    }
    auto added = add_reject(future_event(batch.position(i)), reader, state);
    if (added) continue;
    state.position = reader.position();
    const bool is_last = i + 1 == events.size() && !is_followed;
    if (!is_last) {
      state.position.read =
          i + 1 < events.size() ? batch.position(i + 1) : reader.record_position();
    }
    return added;
  }
  return {};
}

Result<void> Review::take_reject(const intake::Reject& reject, intake::UsageReader& reader,
                                 InputState& state) {
  count_record(reader, state);
  last_refused_ = true;
  state.position = reader.position();
  auto added = add_reject(reject, reader, state);
  if (added) state.position.read = reader.record_position();
  return added;
}

Result<void> Review::add_reject(const intake::Reject& reject, const intake::UsageReader& reader,
                                InputState& state) {
  ++state.rejects;
  ++summary_.rejects;
  auto added = rejects_.add(reader.name(), reject);
  too_many_rejects_ = !added;
  return added;
}

void Review::take_event(const model::UsageEvent& event, std::size_t i) {
  *source_newest_ = std::max(*source_newest_, event.time());
  if (!stage_.take(i, firings_)) {
    ++summary_.duplicates;
    return;
  }
  ++summary_.events;
  summary_.operations += event.count;
  if (!firings_.empty()) take_firings();
}

void Review::take_firings() {
  for (const signals::Firing& firing : firings_) {
    // A rule that is only a part of a correlation says nothing on its own.
    if (stage_.program().rule(firing.rule).signals_alone) take_signal(firing);
  }
  firings_.clear();
}

void Review::take_signal(const signals::Firing& firing) {
  const auto update = tracker_.add(firing);
  const signals::Signal& signal = *update.signal;
  Changed& changed = changed_[signal.id];
  changed.signal = signal;
  changed.rule = firing.rule;
  changed.at = trail_.mark();
  if (update.change != signals::SignalChange::opened) return;
  if (stage_.reads_attributes()) {
    changed.facts = stage_.facts().describe(signal.subscription);
  }
  if (stage_.program().rule(firing.rule).shadow) {
    ++summary_.shadow_signals_opened;
    return;
  }
  ++summary_.signals_opened;
  // From this event on, wherever commits fall.
  stage_.facts().add_under_review(signal.subscription);
}

Result<void> Review::write_signals() {
  const rules::Program& program = stage_.program();
  for (const auto& [id, c] : changed_) {
    const rules::RuleInfo& rule = program.rule(c.rule);
    const cases::SignalInput input = signal_input(
        c.signal, folder_.terms(), signal_document(c.signal, rule, origin_, c.facts),
        signal_figures(c.signal, program, c.rule, trail_.describe(c.at, c.signal.from)));
    if (rule.shadow) {
      TRY_VOID(cases::put_shadow_signal(db(), input));
    } else {
      TRY_VOID(folder_.casework().add_signal(input));
    }
  }
  return {};
}

Result<void> Review::commit(const InputKey& key, InputState& state) {
  TRY_VOID(rejects_.flush());
  state.newest_s = unix_seconds(stage_.newest) + 1;
  const std::string& path = folder_.paths().rejects();
  const std::uint64_t reject_bytes =
      real_file_system().exists(path) ? TRY(file_size(path)) : std::uint64_t{0};
  // A crash here leaves rejects beyond the committed length; the next run cuts them off.
  const auto body = [&] { return write_commit(key, state, reject_bytes); };
  TRY_VOID(folder_.record().change(body));
  changed_.clear();
  since_commit_ = 0;
  const bool made_room = TRY(folder_.make_room());
  if (!made_room) return {};
  // Others were at work: the register and the cases may say something else now.
  stage_.facts().forget();
  return update_under_review();
}

Result<void> Review::write_commit(const InputKey& key, const InputState& state,
                                  std::uint64_t reject_bytes) {
  TRY_VOID(write_signals());
  cases::RollupSegment segment;
  put_cells(stage_.rollup(), segment);
  stage_.rollup().clear();
  TRY_VOID(segment.write(db()));
  TRY_VOID(append_seen(db(), stage_.seen(), stage_.newest));
  if (lateness_ != Duration::max()) tracker_.forget_before(stage_.newest - lateness_);
  TRY_VOID(save_windows(db(), stage_.engine()));
  TRY_VOID(save_signals(db(), tracker_));
  TRY_VOID(clocks_.save(db()));
  TRY_VOID(write_counter(db(), "events_total", stage_.events_total));
  TRY_VOID(
      write_counter(db(), "newest_event", static_cast<std::uint64_t>(unix_seconds(stage_.newest))));
  TRY_VOID(write_counter(db(), "reject_bytes", reject_bytes));
  return write_input(db(), key, state);
}

// The input ends here, but the next run may go on with it: events that come within their bound must
// find the windows as they are before those that still wait have gone through. So the windows are
// written first; then the rest is judged with what is known, for signals that need not wait.
Result<void> Review::write_last() {
  TRY_VOID(save_windows(db(), stage_.engine()));
  TRY_VOID(write_bound(db(), run_, behind_.count()));
  trail_.set_bound(run_, behind_.count());
  tracker_.begin_provisional();
  stage_.engine().flush(firings_);
  take_firings();
  TRY_VOID(write_signals());
  // A run that found nothing to read is none: whether a killed one is followed by such a run must
  // not show.
  if (trail_.has_run(run_)) TRY_VOID(write_counter(db(), "runs", run_));
  TRY_VOID(note_shadows(db(), stage_.program(), newest_before_));
  return save_signals(db(), tracker_);
}

Result<ReviewSummary> Review::finish() {
  behind_ = clocks_.behind(stage_.newest);
  stage_.engine().settle(stage_.newest - behind_, firings_);
  take_firings();
  TRY_VOID(folder_.record().change([&] { return write_last(); }));
  summary_.shadows = TRY(compare_shadows(folder_, stage_.program()));
  sum_up();
  return summary_;
}

void Review::sum_up() {
  summary_.late = stage_.engine().counters().late - counters_before_.late;
  summary_.evicted = stage_.engine().counters().evicted - counters_before_.evicted;
  for (const signals::RuleLosses& now : stage_.engine().losses()) {
    const auto old = std::ranges::find(losses_before_, now.rule, &signals::RuleLosses::rule);
    const signals::Losses before = old == losses_before_.end() ? signals::Losses{} : old->losses;
    if (now.losses == before) continue;
    summary_.losses.push_back({.rule = stage_.program().rule(now.rule).label(),
                               .groups_evicted = now.losses.groups_evicted - before.groups_evicted,
                               .hits_evicted = now.losses.hits_evicted - before.hits_evicted,
                               .late_lost = now.losses.late_lost - before.late_lost,
                               .not_assessable = now.losses.unsure - before.unsure});
  }
  for (const auto& [reason, count] : rejects_.reasons()) {
    summary_.rejects_by_reason.push_back(std::to_string(count) + " x " + reason);
  }
}

// Cuts off what a run wrote after its last commit.
Result<void> cut_rejects(DataFolder& folder) {
  const std::string path = folder.paths().rejects();
  if (!real_file_system().exists(path)) return {};
  const std::uint64_t committed = TRY(read_counter(folder.record().database(), "reject_bytes"));
  const std::uint64_t size = TRY(file_size(path));
  if (size <= committed) return {};
  return real_file_system().truncate(path, committed);
}

Result<SignalOrigin> documents_in_force(DataFolder& folder) {
  const model::Governance governance = TRY(decisions::read_governance(folder.record().database()));
  const model::Documents& in_force = governance.documents();
  return SignalOrigin{.rulebook = in_force.rulebook,
                      .field_policy = in_force.field_policy,
                      .catalogue = in_force.catalogue};
}

}  // namespace

Result<ReviewSummary> review(DataFolder& folder, const ReviewOptions& options,
                             const std::function<void(const ReviewProgress&)>& progress) {
  const FolderPaths& paths = folder.paths();
  TRY_VOID(check_documents(folder));
  TRY_VOID(keep_documents(folder));
  const SignalOrigin origin = TRY(documents_in_force(folder));
  const auto policies = TRY(intake::load_field_policies(real_file_system(), paths.field_policy()));
  const std::vector<std::string> files = TRY(rulebook_files(paths.rulebook()));
  const rules::Loaded loaded = load_rulebook(files, policies, &folder.terms());
  if (!loaded.program) {
    return fail(Errc::invalid_input, loaded.diagnostics.ok()
                                         ? "the rulebook has no rules"
                                         : loaded.diagnostics.all().front().to_string());
  }
  const decisions::Orders orders = TRY(folder.orders());
  const std::vector<std::string> inputs = TRY(intake::expand_inputs(options.inputs));
  TRY_VOID(cut_rejects(folder));
  auto rejects = TRY(intake::RejectLog::open(real_file_system(), paths.rejects(),
                                             {.share_max = folder.config().rejects_share_max}));
  TRY_VOID(check_sources(folder.config(), policies));
  Review run(folder, options, policies, loaded.program, orders.catalogue(), origin,
             std::move(rejects), inputs.size() == 1, progress);
  TRY_VOID(run.load());
  TRY_VOID(run.read_all(inputs));
  return run.finish();
}

}  // namespace proviso::server
