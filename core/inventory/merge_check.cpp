// What a plan hash covers, compared part by part as far as journals tell.
#include "inventory/merge_check.hpp"

#include <algorithm>
#include <filesystem>

#include "inventory/plan_difference.hpp"

namespace sonde::core {
namespace {

tl::unexpected<Diagnostic> not_one_plan(const RunRemains& a, const RunRemains& b, const std::string& what,
                                        std::string hint) {
  return failure("merge-mismatch", name_of(a) + " and " + name_of(b) + " are not parts of one plan: " + what,
                 std::move(hint));
}

/// Which of the things that a plan hash covers differs, as far as journals tell.
tl::unexpected<Diagnostic> other_plan(const RunRemains& a, const RunRemains& b) {
  const JournalHeader &x = a.content.header, &y = b.content.header;
  const std::string same = "run every part with the same pipeline file, targets, options and versions";
  if (x.seed != y.seed)
    return not_one_plan(a, b, "their order has the seeds " + std::to_string(x.seed) + " and " + std::to_string(y.seed),
                        "run every part with the same --seed; with --shard it is 0 when none is given");
  if (x.pipeline != y.pipeline)
    return not_one_plan(a, b, "the pipelines are '" + x.pipeline + "' and '" + y.pipeline + "'", same);
  return not_one_plan(a, b, difference_of_plans(x, y), same);
}

bool same_fields(const JournalHeader& a, const JournalHeader& b) {
  const auto same = [](const Field& x, const Field& y) {
    return x.type == y.type && x.shape == y.shape && x.detail == y.detail;
  };
  return a.fields == b.fields && a.stages == b.stages && a.targets == b.targets &&
         std::equal(a.own_fields.begin(), a.own_fields.end(), b.own_fields.begin(), b.own_fields.end(), same);
}

}  // namespace

std::string name_of(const RunRemains& run) {
  // A journal that still has its own name tells the run by it.
  const std::string& id = run.content.header.run_id;
  const bool tells = !id.empty() && std::filesystem::path(run.journal).filename() == id;
  return tells ? run.journal : run.journal + " (run " + id + ")";
}

Result<void> check_one_plan(const std::vector<RunRemains>& runs) {
  for (const RunRemains& run : runs)
    if (run.content.header.stage_details.size() != run.content.header.stages.size() ||
        run.content.header.stages.empty())
      return failure("journal-unreadable", name_of(run) + " does not say what merging needs",
                     "it is of an older sonde: run that part again");
  const RunRemains& first = runs.front();
  for (const RunRemains& run : runs) {
    if (run.content.header.plan_hash != first.content.header.plan_hash) return other_plan(first, run);
    if (!same_fields(first.content.header, run.content.header))
      return not_one_plan(first, run, "they were written by different versions of sonde",
                          "install one version on all machines, and run the part of the other again");
  }
  return {};
}

Result<FieldTable> field_table(const RunRemains& run) {
  const JournalHeader& header = run.content.header;
  FieldTable table;
  bool good = header.fields.size() >= table.size();
  for (FieldId id = 0; good && id < table.size(); ++id) good = table[id].name == header.fields[id];
  for (std::size_t i = 0; good && i < header.own_fields.size(); ++i) {
    const Field& own = header.own_fields[i];
    const std::string plugin = own.name.substr(0, own.name.find('.'));
    const auto id = table.bind_output(plugin, own.name, own.type, own.shape, own.detail, own.help);
    good = id && *id == FieldTable::well_known_count + i;
  }
  if (!good)
    return failure("journal-unreadable", name_of(run) + " has other fields than this sonde",
                   "merge with the version of sonde that wrote it");
  return table;
}

}  // namespace sonde::core
