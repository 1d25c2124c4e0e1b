// sonde history: the dated inventories of a directory, each with what had changed since the complete one before.
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/inventory_files.hpp"
#include "cli/known_documents.hpp"
#include "cli/table.hpp"
#include "inventory/history.hpp"

namespace sonde::core::cli {
namespace {

/// Of a delta, how much: a delta holds the records themselves, and a history may have years of them.
struct Counts {
  std::size_t fresh = 0, gone = 0, changed = 0;
};

struct Row {
  HistoryEntry entry;
  std::size_t hosts = 0;
  std::optional<uint64_t> targets;  ///< where there is a run document
  std::string state;                ///< "complete", "incomplete: why", "unknown"
  std::optional<Counts> counts;     ///< against what baseline_of() chooses of those before, where there is one
};

/// The directory meant by an argument: itself, or what a pipeline file says.
Result<std::string> directory_of(const std::string& where) {
  if (where.empty()) return std::string("out/history");
  struct stat info {};
  if (::stat(where.c_str(), &info) != 0)
    return failure("file-unreadable", where + " is neither a directory nor a pipeline file");
  if (S_ISDIR(info.st_mode)) return history_in(where);
  Diagnostics out;
  Overrides overrides;
  overrides.allow_unset_env = true;
  const PipelineSpec spec = load_pipeline(where, overrides, out);
  if (spec.history.dir.empty()) {
    for (const Diagnostic& d : out.items())
      if (d.severity == Severity::error) return tl::unexpected<Diagnostic>(d);
    return failure("missing-key", where + " keeps no history", "add `history: {dir: history}`", {where, 0, 0, 0});
  }
  return spec.history.dir.front() == '/' ? spec.history.dir : spec.output_dir + "/" + spec.history.dir;
}

std::string state_of(const std::optional<RunDocument>& run) {
  if (!run) return "coverage unknown";
  if (run->complete) return "complete";
  // One for each run is kept; what wrote the file may have been anything.
  constexpr std::size_t most = 200;
  if (run->why_incomplete.size() <= most) return "incomplete: " + run->why_incomplete;
  return "incomplete: " + to_valid_utf8(run->why_incomplete.substr(0, most)) + "...";
}

Value to_value(const Row& row) {
  Value out{Value::Object{}};
  out.set("when", Value(row.entry.when));
  out.set("path", Value(row.entry.path));
  if (row.targets) out.set("targets", Value(*row.targets));
  out.set("hosts", Value(uint64_t{row.hosts}));
  out.set("state", Value(row.state));
  if (row.counts) {
    out.set("new", Value(uint64_t{row.counts->fresh}));
    out.set("gone", Value(uint64_t{row.counts->gone}));
    out.set("changed", Value(uint64_t{row.counts->changed}));
  }
  return out;
}

int refuse(const Diagnostic& d) {
  print_error(render(d, colour_on_stderr()));
  return static_cast<int>(message(d.id).exit);
}

}  // namespace

int execute(const HistoryArguments& arguments) {
  const auto directory = directory_of(arguments.where);
  if (!directory) return refuse(directory.error());
  const auto entries = list_history(*directory);
  if (!entries) return refuse(entries.error());

  std::vector<Row> rows;
  std::vector<HistoryEntry> before;
  std::optional<Snapshot> known;  // the one compared with last, which the next often is compared with too
  KnownDocuments documents;
  bool all_read = true;
  for (const HistoryEntry& entry : *entries) {
    auto snapshot = read_snapshot(entry.path);
    if (!snapshot) {
      print_error(render(snapshot.error(), colour_on_stderr()));
      all_read = false;
      continue;
    }
    Row row{entry, snapshot->records.size(), std::nullopt, state_of(snapshot->run), std::nullopt};
    if (snapshot->run) row.targets = snapshot->run->targets;
    const auto document_of = [&](const std::string& path) { return documents.of(path); };
    if (const auto baseline = baseline_of(before, snapshot->run, document_of)) {
      if (!known || known->file != baseline->path) {
        auto read = read_snapshot(baseline->path);
        if (!read) return refuse(read.error());
        known = std::move(*read);
      }
      const auto delta = compare(*known, *snapshot);
      if (!delta) return refuse(delta.error());
      row.counts = {delta->fresh.size(), delta->gone.size(), delta->changed.size()};
    }
    documents.add(entry.path, snapshot->run);
    rows.push_back(std::move(row));
    before.push_back(entry);
  }
  if (arguments.json) {
    Value::Array all;
    for (const Row& row : rows) all.push_back(to_value(row));
    print(to_json(Value(std::move(all)), 2) + "\n");
  } else {
    constexpr auto right = Table::Align::right;
    Table table({{"WHEN"},
                 {"TARGETS", right},
                 {"HOSTS", right},
                 {"NEW", right},
                 {"GONE", right},
                 {"CHANGED", right},
                 {"STATE"},
                 {"FILE"}});
    for (const Row& row : rows) {
      const auto count = [&](std::size_t Counts::*one) { return row.counts ? std::to_string(*row.counts.*one) : ""; };
      table.add({row.entry.when, row.targets ? std::to_string(*row.targets) : "", std::to_string(row.hosts),
                 count(&Counts::fresh), count(&Counts::gone), count(&Counts::changed), row.state, row.entry.path});
    }
    print(table.render(0, colour_on_stdout()));
    if (rows.empty() && all_read)
      print_error(
          "no inventories in " + printable(*directory) + " yet: each run of a pipeline with `history:` adds one\n" +
          (arguments.where.empty() ? "of another place: `sonde history` with a directory or the pipeline file\n" : ""));
    if (rows.size() == 1) print_error("one inventory so far: what is new, gone and changed shows from the second on\n");
  }
  return all_read ? 0 : static_cast<int>(Exit::trouble);
}

}  // namespace sonde::core::cli
