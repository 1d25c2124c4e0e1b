#include "engine/exporters.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/file.hpp"
#include "base/messages.hpp"
#include "config/schema_property.hpp"
#include "engine/record_feed.hpp"
#include "inventory/coverage.hpp"
#include "inventory/delta.hpp"
#include "inventory/history.hpp"
#include "inventory/snapshot.hpp"

namespace sonde::core {

namespace {

const std::string* path_of(const OutputPlan& o) {
  const Value* path = o.options.find("path");
  return path && path->text() && *path->text() != "-" ? path->text() : nullptr;
}

Result<void> check_writable(const std::string& directory) {
  if (auto made = make_directories(directory); !made) return made;
  if (access(directory.c_str(), W_OK | X_OK) == 0) return {};
  return failure("output-unwritable", "the directory " + directory + " cannot be written: " + std::strerror(errno),
                 "choose another with --output, or change its owner; sonde gives up root's rights before it scans");
}

/// One that has no option to show details or not may show them.
bool shows_evidence(const OutputPlan& o) {
  return o.detail || property(o.plugin->schema, "detail") == nullptr ||
         std::any_of(o.columns.begin(), o.columns.end(),
                     [](const ColumnPlan& c) { return c.field == FieldTable::evidence; });
}

bool passes(const FoldedRecord& r, HostFilter filter) {
  if (filter == HostFilter::all) return true;
  if (filter == HostFilter::known) {
    // More than the address and the verdict on it.
    return std::any_of(r.fields.begin(), r.fields.end(),
                       [](const FoldedField& f) {
                         return f.field != FieldTable::ip && f.field != FieldTable::alive &&
                                f.field != FieldTable::evidence;
                       }) ||
           (r.find(FieldTable::alive) && r.find(FieldTable::alive)->items.front().value.as_bool());
  }
  const FoldedField* alive = r.find(FieldTable::alive);
  return alive && !alive->items.empty() && alive->items.front().value.as_bool();
}

}  // namespace

Publisher::Publisher(const Plan& plan) : Publisher(plan, plan.fold_context(), plan.filled_fields()) {}
Publisher::Publisher(const Plan& outputs, FoldContext context, std::vector<FieldId> filled)
    : plan_(outputs), context_(std::move(context)), filled_(std::move(filled)) {
  context_.with_evidence = std::any_of(plan_.outputs.begin(), plan_.outputs.end(), shows_evidence);
}
Publisher::~Publisher() = default;

Result<void> Publisher::prepare() {
  if (auto ok = check_writable(plan_.output_dir); !ok) return ok;
  if (!plan_.history.dir.empty())
    if (auto ok = check_writable(plan_.history.dir); !ok) return ok;
  for (const OutputPlan& o : plan_.outputs) {
    if (const std::string* path = path_of(o))
      if (auto ok = check_writable(std::filesystem::path(*path).parent_path()); !ok) return ok;
    auto instance = std::make_unique<ExportInstance>(o, plan_.fields, filled_, documents_);
    if (auto made = instance->create(); !made) return made;
    outputs_.emplace_back().exporter = std::move(instance);
  }
  return {};
}

std::vector<std::optional<Diagnostic>> Publisher::try_outputs() {
  std::vector<std::optional<Diagnostic>> problems(plan_.outputs.size());
  for (std::size_t i = 0; i < plan_.outputs.size(); ++i) {
    ExportInstance instance(plan_.outputs[i], plan_.fields, filled_, documents_);
    if (auto made = instance.create(); !made) problems[i] = made.error();
  }
  return problems;
}

bool Publisher::publish(RunResult& result) {
  name_partly_scanned(result);
  name_gaps(result.document, context_.stage_names, result.hosts);
  // A comparison that fails is told, and costs the delta alone.
  if (!plan_.history.dir.empty()) compare_with_history(result);

  // The document names what is written, so it is complete before the first exporter asks for it.
  for (const OutputPlan& o : plan_.outputs)
    if (const std::string* path = path_of(o)) result.document.outputs.push_back(relative_to_output_dir(*path));
  documents_.of = &result.document;
  const bool whole = write_outputs(result);
  documents_ = {};
  const bool written = tell_outputs(result);
  // What stands beside the history speaks of the history: an output that failed is no reason to compare with an older.
  std::optional<HistoryEntry> entry;
  if (!plan_.history.dir.empty()) entry = write_history(result, whole);
  const bool kept = plan_.history.dir.empty() || entry;
  if (!written || !kept) make_incomplete(result.document, "output failed");
  const bool published = write_run_document(result) && whole && written && kept;
  // What is to be resumed costs no older entry yet: it will add another, and is compared with that older one.
  if (published && entry) prune(*entry, result);
  return published;
}

bool Publisher::tell_outputs(RunResult& result) {
  bool written = true;
  for (Output& output : outputs_) {
    const std::string* path = path_of(output.exporter->output());
    if (output.failed) {
      written = false;
      result.problems.push_back(*output.failed);
      // An older file of that name is not this run's.
      if (path) std::erase(result.document.outputs, relative_to_output_dir(*path));
    } else if (path) {
      result.written.push_back(*path);
    }
    for (const std::string& m : output.exporter->messages())
      result.problems.push_back(
          Diagnostic{"output-warning", m, "", output.exporter->output().where, Severity::warning});
  }
  return written;
}

std::string Publisher::relative_to_output_dir(const std::string& path) const {
  return std::filesystem::path(path).lexically_relative(plan_.output_dir).string();
}

void Publisher::open_streams() {
  for (Output& o : outputs_) {
    if (!o.exporter->output().streaming) continue;
    if (auto opened = o.exporter->open(); opened)
      o.open = true;
    else
      o.failed = opened.error();
  }
}

void Publisher::stream(const HostRecord& host) {
  std::optional<FoldedRecord> record;  // folded once, and only if somebody wants it
  for (Output& o : outputs_) {
    if (!o.open) continue;
    if (!record) record = fold(host, context_);
    write_batch(o, {&*record, 1});
  }
}

/// One pass for all outputs: each record is folded once, and some batches of them are in memory. False when records
/// cannot be read back; that is known before the first output is closed and the history written.
bool Publisher::write_outputs(RunResult& result) {
  std::vector<Output*> writing;
  for (Output& o : outputs_) {
    if (o.failed || o.open) continue;  // a stream has its records already
    if (auto opened = o.exporter->open(); !opened) {
      o.failed = opened.error();
      continue;
    }
    o.open = true;
    writing.push_back(&o);
  }
  const auto read =
      writing.empty() ? result.hosts.each([](const HostRecord&) {}) : write_records(result.hosts, writing);
  if (!read) {
    result.problems.push_back(read.error());
    make_incomplete(result.document, "records lost");
    // No range: whoever compares with what was written must not call those hosts gone.
    result.document.not_covered.emplace_back("hosts whose records were lost", read.error().text);
  }
  for (Output& o : outputs_) {
    if (!o.open) continue;
    if (auto closed = o.exporter->close(true); !closed) o.failed = closed.error();
    o.open = false;
  }
  return read.has_value();
}

Result<void> Publisher::write_records(const HostStore& hosts, std::span<Output* const> outputs) {
  RecordFeed feed(hosts, context_);
  for (std::vector<FoldedRecord> batch; feed.next(batch);)
    for (Output* o : outputs) write_batch(*o, batch);
  return feed.outcome();
}

void Publisher::write_batch(Output& o, std::span<const FoldedRecord> batch) {
  if (!o.open) return;
  std::vector<const FoldedRecord*> mine;
  for (const FoldedRecord& r : batch)
    if (passes(r, o.exporter->output().hosts)) mine.push_back(&r);
  if (auto written = o.exporter->write(mine); !written) {
    o.failed = written.error();
    o.open = false;
    static_cast<void>(o.exporter->close(false));
  }
}

Result<void> Publisher::each_responding(const HostStore& hosts, const std::function<void(const Value&)>& visit) const {
  RecordFeed feed(hosts, context_);
  for (std::vector<FoldedRecord> batch; feed.next(batch);)
    for (const FoldedRecord& record : batch)
      if (passes(record, HostFilter::responding)) visit(to_value(record, plan_.fields, false));
  return feed.outcome();
}

void Publisher::name_partly_scanned(RunResult& result) {
  const RunDocument& d = result.document;
  const auto& names = context_.stage_names;
  struct Looked {
    std::size_t stage;
    bool error_too;  // an error left open what is compared: it is this machine's, or the stage had failed
  };
  std::vector<Looked> looked;
  bool any_error = false;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const StageCoverage& s : d.stages) {
      if (s.name != names[i]) continue;
      const bool failed = std::any_of(d.not_covered.begin(), d.not_covered.end(),
                                      [&](const auto& gap) { return gap.first == "stage " + s.name; });
      const bool error_too = failed || s.ports.has_value();
      any_error |= error_too && s.by_outcome[static_cast<std::size_t>(Outcome::error)] != 0;
      looked.push_back({i, error_too});
    }
  if (d.settled == d.targets && !any_error) return;
  AddressSet partly;
  // Hosts that cannot be read back are told of by write_outputs().
  static_cast<void>(result.hosts.each([&](const HostRecord& h) {
    const auto left_out = [&](const Looked& l) {
      const Outcome o = l.stage < h.outcomes.size() ? h.outcomes[l.stage] : Outcome::none;
      return o == Outcome::none || o == Outcome::cancelled || o == Outcome::skipped_shutdown ||
             (o == Outcome::error && l.error_too);
    };
    if (std::any_of(looked.begin(), looked.end(), left_out)) partly.add(h.ip);
  }));
  partly.normalise();
  result.document.partly_scanned = partly.to_strings();
}

void Publisher::compare_with_history(RunResult& result) {
  const auto entries = list_history(plan_.history.dir);
  if (!entries) {
    result.problems.push_back(
        Diagnostic{"history-warning",
                   entries.error().text + ": this run is compared with none, and no older one is removed",
                   std::string(message("history-warning").remedy),
                   {},
                   Severity::warning});
    return;
  }
  const auto baseline = baseline_of(*entries, result.document);
  if (!baseline) return;
  auto before = read_snapshot(baseline->path);
  if (!before) {
    result.problems.push_back(before.error());
    return;
  }
  Snapshot now;
  // Hosts that cannot be read back would look as if they were gone; write_outputs() tells of them.
  if (!each_responding(result.hosts, [&](const Value& record) {
        if (const auto ip = address_of(record)) now.records.add(*ip, to_json(record));
      }))
    return;
  now.records.sort();
  now.run = result.document;
  auto delta = compare(*before, now);
  if (delta)
    result.document.delta = to_value(std::move(*delta));
  else
    result.problems.push_back(delta.error());
}

std::optional<HistoryEntry> Publisher::write_history(RunResult& result, bool whole) {
  const auto records = [&](const auto& visit) {
    auto read = each_responding(result.hosts, visit);
    // A document that says already that records were lost may stand beside a short list of them.
    return whole ? read : Result<void>();
  };
  const auto entry = add_to_history(plan_.history.dir, records, result.document, std::chrono::system_clock::now());
  if (!entry) {
    result.problems.push_back(entry.error());
    return std::nullopt;
  }
  result.written.push_back(entry->path);
  return *entry;
}

void Publisher::prune(const HistoryEntry& added, RunResult& result) {
  const auto now = std::chrono::system_clock::now();
  const auto is_told = [](const Diagnostic& d) { return d.id == "history-warning"; };
  const auto pruned = prune_history(plan_.history.dir, added, now, plan_.history.keep_count, plan_.history.keep_age);
  if (!pruned && std::none_of(result.problems.begin(), result.problems.end(), is_told))
    result.problems.push_back(Diagnostic{
        "history-warning", pruned.error().text, std::string(message("history-warning").remedy), {}, Severity::warning});
}

bool Publisher::write_run_document(RunResult& result) {
  const std::string path = plan_.output_dir + "/run.json";
  if (auto done = write_file_atomically(path, to_json(result.document, 2) + "\n"); !done) {
    result.problems.push_back(done.error());
    make_incomplete(result.document, "output failed");
    return false;
  }
  result.written.push_back(path);
  return true;
}

}  // namespace sonde::core
