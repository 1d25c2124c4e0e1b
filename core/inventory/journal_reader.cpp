// Every line is checked before it counts; what does not fit is dropped and counted, so that a damaged journal costs the
// damaged lines alone.
#include "inventory/journal_reader.hpp"

#include <fcntl.h>
#include <sonde/plugin.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/descriptor.hpp"
#include "inventory/facts.hpp"
#include "inventory/journal_lines.hpp"
#include "inventory/journal_values.hpp"
#include "inventory/position_list.hpp"
#include "inventory/reasons.hpp"

namespace sonde::core {
namespace journal {
namespace {

bool good_scalar(const Scalar& s) {
  if (s.type == SONDE_BOOL) return s.number <= 1;
  if (s.type == SONDE_IP) return s.text.size() == 16;
  if (s.type == SONDE_JSON) return is_json(s.text);
  return true;
}

/// Collects lines into a JournalContent. A record goes to the store when its host is settled: those of hosts that were
/// under way stay, and go as well when they become many.
class Reader {
 public:
  Reader(JournalContent& content, std::shared_ptr<Spool> facts) : content_(content), store_(std::move(facts)) {
    const JournalHeader& header = content.header;
    for (std::size_t i = 0; i < header.fields.size(); ++i) {
      const FieldId id = well_known_.find(header.fields[i]);
      const std::size_t own = i - FieldTable::well_known_count;  // wraps for the others: not below the size then
      known_.push_back(id != no_field                   ? &well_known_[id]
                       : own < header.own_fields.size() ? &header.own_fields[own]
                                                        : nullptr);
    }
  }

  void line(std::string_view text, uint64_t number) {
    const Result<Value> parsed = parse_json(text);
    const Value::Object* object = parsed ? parsed->object() : nullptr;
    bool good = false;
    line_size_ = text.size();
    content_.finished = false;
    content_.reason.clear();
    if (object != nullptr && !object->empty()) {
      const std::string& kind = object->front().key;
      if (kind == "r")
        good = result(*parsed);
      else if (kind == "d")
        good = settled_host(*parsed);
      else if (kind == "p")
        good = silence(*parsed);
      else if (kind == "u")
        good = unasked_host(*parsed);
      else if (kind == "fail")
        good = failed_stage(*parsed);
      else if (kind == "n")
        good = packets(object->front().value);
      else if (kind == "end")
        good = end(*parsed);
      else if (kind == "crash")
        good = crash(object->front().value);
      // What a crash cut off in the middle of a line is no damage: it ends that line before it writes its own.
      if (good && kind == "crash" && last_was_bad_) --content_.damaged_lines;
    }
    if (good) {
      last_was_bad_ = false;
      return;
    }
    ++content_.dropped_lines;
    if (content_.damaged_lines++ == 0) content_.first_damaged = number;
    last_was_bad_ = true;
  }

  Result<void> finish() {
    SettledSet with_record = with_record_.take();
    const SettledSet silent = silent_.take();
    content_.silent = without(silent, with_record);
    content_.settled = std::move(with_record);
    content_.settled.add_all(silent.runs());
    for (auto& [stage, failure] : failures_) {
      SettledSet unasked = without(failure.unasked.take(), content_.settled);
      if (unasked.size() != 0) content_.failures[stage] = {std::move(failure.why), std::move(unasked)};
    }
    // Counts are believed as far as there are positions that could have them.
    const uint64_t settled = content_.settled.size();
    for (const OutcomeCounts& stage : content_.silent_outcomes) {
      uint64_t left = settled;
      for (const uint64_t n : stage) {
        if (n > left) {
          content_.silent_outcomes.clear();
          ++content_.dropped_lines;
          break;
        }
        left -= n;
      }
      if (content_.silent_outcomes.empty()) break;
    }
    put_away_all();
    store_.sort();
    content_.unsettled = store_.unsettled();
    if (store_.in_pieces())
      if (auto joined = join_pieces(); !joined) return joined;
    content_.hosts = std::move(store_);
    return {};
  }

 private:
  struct Host {
    HostRecord record;
    std::size_t bytes = 0;  ///< of its lines
    bool repeated = false, core_spoke = false;
  };
  using Hosts = std::unordered_map<IpAddress, Host>;

  void put_away_all() {
    for (auto& [ip, host] : under_way_) {
      put_in_order(host.record.facts, host.repeated);
      store_.add_unsettled(host.record);
    }
    under_way_.clear();
    bytes_under_way_ = 0;
  }

  /// What was said of a host before and after its record was put away, as if it had not been.
  Result<void> join_pieces() {
    HostStore whole(store_.spool());
    auto read = store_.each([&](HostRecord& host) {
      put_in_order(host.facts, true);
      whole.add(host);
    });
    if (!read) return read;
    whole.sort();
    store_ = std::move(whole);
    return {};
  }

  Host& host(const IpAddress& ip) {
    constexpr std::size_t most_hosts = 65536, most_bytes = std::size_t{64} << 20;
    if (under_way_.size() >= most_hosts || bytes_under_way_ >= most_bytes) put_away_all();
    const auto [place, fresh] = under_way_.try_emplace(ip);
    Host& known = place->second;
    if (fresh) {
      known.record.ip = ip;
      known.record.outcomes.resize(content_.header.stages.size());
    }
    known.bytes += line_size_;
    bytes_under_way_ += line_size_;
    return known;
  }

  bool good_stage(uint64_t stage) const { return stage < content_.header.stages.size() || stage == core_stage; }

  bool fact(const Value& v, uint8_t stage, Fact& out) const {
    const Value::Array* parts = v.array();
    if (parts == nullptr || parts->size() < 3 || parts->size() > 5) return false;
    uint64_t field = 0, type = 0, fact_stage = stage;
    if (!read_number(&(*parts)[0], field) || field >= known_.size()) return false;
    if (!read_number(&(*parts)[1], type, SONDE_JSON)) return false;
    const Value& value = (*parts)[2];
    out.value.type = static_cast<uint32_t>(type);
    if (!read_number(&value, out.value.number) && !read_text(&value, out.value.text)) return false;
    if (parts->size() > 3 && !read_text(&(*parts)[3], out.key)) return false;
    if (parts->size() > 4 && (!read_number(&(*parts)[4], fact_stage) || !good_stage(fact_stage))) return false;
    out.field = static_cast<FieldId>(field);
    out.stage = static_cast<uint8_t>(fact_stage);
    if (const Field* known = known_[field]) {
      if (known->type != SONDE_NULL && known->type != type) return false;
      if (known->shape != SONDE_MAP && !out.key.empty()) return false;
    }
    return good_scalar(out.value);
  }

  bool result(const Value& line) {
    IpAddress ip;
    uint64_t stage = 0, outcome = 0;
    if (!read_address(line.find("r"), line.find("z"), ip)) return false;
    if (!read_number(line.find("s"), stage) || !good_stage(stage)) return false;
    if (const Value* o = line.find("o"); o != nullptr && !read_number(o, outcome, last_outcome)) return false;
    std::vector<Fact> facts;
    if (const Value* list = line.find("f")) {
      if (list->array() == nullptr) return false;
      facts.reserve(list->array()->size());
      for (const Value& item : *list->array())
        if (!fact(item, static_cast<uint8_t>(stage), facts.emplace_back())) return false;
    }
    std::string why;
    if (const Value* w = line.find("w"); w != nullptr && !read_text(w, why)) return false;

    Host& known = host(ip);
    const bool of_stage = stage < known.record.outcomes.size();
    known.repeated |= of_stage ? known.record.outcomes[stage] != Outcome::none : known.core_spoke;
    known.core_spoke |= !of_stage;
    std::move(facts.begin(), facts.end(), std::back_inserter(known.record.facts));
    if (of_stage && outcome != 0) known.record.outcomes[stage] = static_cast<Outcome>(outcome);
    if (static_cast<Outcome>(outcome) == Outcome::error) count_error(static_cast<uint8_t>(stage), general_reason(why));
    return true;
  }

  void count_error(uint8_t stage, std::string reason) {
    constexpr std::size_t most_reasons = 4096;
    std::pair<uint8_t, std::string> key(stage, std::move(reason));
    if (content_.errors.size() >= most_reasons && !content_.errors.contains(key)) key.second = other_reasons;
    ++content_.errors[std::move(key)];
  }

  bool good_run(const Slice& run) const {
    const Slice& whole = content_.header.slice;
    return run.start >= whole.start && run.start <= whole.end() && run.count <= whole.end() - run.start;
  }

  /// A line about a host that went through all stages, as far as all of those have it.
  struct Done {
    Slice run{0, 1};
    IpAddress ip{};
    std::vector<Outcome> outcomes;
  };
  bool read_done(const Value& line, Done& done) const {
    if (!read_number(&line.object()->front().value, done.run.start) || !good_run(done.run)) return false;
    return read_address(line.find("h"), line.find("z"), done.ip) &&
           read_outcomes(line.find("o"), content_.header.stages.size(), done.outcomes);
  }
  /// Its record, for the store; take_away() when it is there.
  HostRecord& complete(Done& done) {
    Host& known = host(done.ip);
    known.record.outcomes = std::move(done.outcomes);
    put_in_order(known.record.facts, known.repeated);
    return known.record;
  }
  void take_away(const IpAddress& ip) {
    const auto known = under_way_.find(ip);
    bytes_under_way_ -= known->second.bytes;
    under_way_.erase(known);
  }

  bool settled_host(const Value& line) {
    Done done;
    if (!read_done(line, done)) return false;
    store_.add(complete(done));
    take_away(done.ip);
    with_record_.add(done.run);
    return true;
  }

  bool unasked_host(const Value& line) {
    Done done;
    std::vector<uint8_t> stages;
    if (!read_done(line, done) || !read_stages(line.find("s"), content_.header.stages.size(), stages)) return false;
    store_.add_unsettled(complete(done));
    take_away(done.ip);
    for (const uint8_t stage : stages) failures_[stage].unasked.add(done.run);
    return true;
  }

  bool failed_stage(const Value& line) {
    uint64_t stage = 0;
    std::string why;
    if (!read_number(&line.object()->front().value, stage) || stage >= content_.header.stages.size()) return false;
    if (!read_text(line.find("w"), why)) return false;
    std::string& known = failures_[static_cast<uint8_t>(stage)].why;
    if (known.empty()) known = std::move(why);
    return true;
  }

  bool settled_runs(const Value& list) {
    if (list.array() == nullptr) return false;
    std::vector<Slice> runs;
    for (const Value& item : *list.array()) {
      Slice run;
      if (!read_slice(&item, run) || !good_run(run)) return false;
      runs.push_back(run);
    }
    for (const Slice& run : runs) silent_.add(run);
    return true;
  }

  bool silence(const Value& line) {
    std::vector<OutcomeCounts> outcomes = content_.silent_outcomes;
    if (!silent_outcomes(line.find("t"), outcomes) || !settled_runs(line.object()->front().value)) return false;
    content_.silent_outcomes = std::move(outcomes);
    return true;
  }

  /// Adds what the line says to `stages`.
  bool silent_outcomes(const Value* list, std::vector<OutcomeCounts>& stages) const {
    if (list == nullptr) return true;
    if (list->array() == nullptr || list->array()->size() > content_.header.stages.size()) return false;
    stages.resize(content_.header.stages.size());
    for (std::size_t stage = 0; stage < list->array()->size(); ++stage) {
      const Value::Array* counts = (*list->array())[stage].array();
      if (counts == nullptr) return false;
      for (const Value& pair : *counts) {
        uint64_t outcome = 0, n = 0;
        if (pair.array() == nullptr || pair.array()->size() != 2) return false;
        if (!read_number(&(*pair.array())[0], outcome, last_outcome)) return false;
        if (!read_number(&(*pair.array())[1], n, content_.header.targets)) return false;
        uint64_t& sum = stages[stage][outcome];
        if (__builtin_add_overflow(sum, n, &sum)) return false;
      }
    }
    return true;
  }

  bool packets(const Value& total) {
    uint64_t n = 0;
    if (!read_number(&total, n)) return false;
    content_.packets = std::max(content_.packets, n);
    return true;
  }

  bool end(const Value& line) {
    const Value* complete = line.find("complete");
    if (complete == nullptr || complete->boolean() == nullptr) return false;
    content_.finished = *complete->boolean();
    content_.reason.clear();
    if (const Value* why = line.find("why")) return read_text(why, content_.reason);
    return true;
  }

  bool crash(const Value& parts) {
    if (parts.array() == nullptr || parts.array()->size() != 4) return false;
    const Value::Array& list = *parts.array();
    JournalContent::Crash crash;
    std::string bytes;
    uint64_t zone = 0;
    if (!read_text(&list[0], crash.plugin) || !read_text(&list[1], crash.stage)) return false;
    if (list[2].text() == nullptr || !unhex(*list[2].text(), bytes) || bytes.size() != 16) return false;
    if (!read_number(&list[3], zone, UINT32_MAX)) return false;
    std::array<uint8_t, 16> address{};
    std::memcpy(address.data(), bytes.data(), address.size());
    crash.target = IpAddress(address, static_cast<uint32_t>(zone));
    content_.crashes.push_back(std::move(crash));
    return true;
  }

  JournalContent& content_;
  FieldTable well_known_;
  std::vector<const Field*> known_;  ///< by the journal's field number; null: nothing is known of it
  HostStore store_;
  Hosts under_way_;
  std::size_t line_size_ = 0, bytes_under_way_ = 0;
  bool last_was_bad_ = false;
  PositionList with_record_, silent_;  ///< of hosts with a record, and of those without
  struct Failure {
    std::string why;
    PositionList unasked;
  };
  std::map<uint8_t, Failure> failures_;
};

}  // namespace
}  // namespace journal

Result<JournalContent> read_journal(const std::string& path, std::shared_ptr<Spool> facts) {
  auto opened = journal::open_journal(path, O_RDONLY);
  if (!opened) return tl::unexpected(opened.error());
  const Descriptor descriptor(*opened);
  journal::LineReader lines(descriptor.get());
  auto header = journal::read_header(lines, path);
  if (!header) return tl::unexpected(header.error());
  JournalContent content;
  content.header = std::move(*header);
  journal::Reader reader(content, std::move(facts));
  std::string_view line;
  while (lines.next(line)) reader.line(line, lines.number());
  if (lines.error() != 0)
    return failure("journal-unreadable", "cannot read the journal " + path + ": " + std::strerror(lines.error()));
  if (auto finished = reader.finish(); !finished) return tl::unexpected(finished.error());
  if (lines.dropped() != 0) content.finished = false;
  content.dropped_lines += lines.dropped();
  if (lines.too_long() != 0 && (content.damaged_lines == 0 || lines.first_too_long() < content.first_damaged))
    content.first_damaged = lines.first_too_long();
  content.damaged_lines += lines.too_long();
  return content;
}

}  // namespace sonde::core
