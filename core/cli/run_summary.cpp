// Short, and honest about what was not done.
#include "cli/run_summary.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/progress.hpp"

namespace sonde::core::cli {
namespace {

std::size_t count_of(const Value& delta, std::string_view member) {
  const Value* list = delta.find(member);
  return list != nullptr && list->array() != nullptr ? list->array()->size() : 0;
}

}  // namespace

std::vector<Value> responding_records(const RunResult& result, const Plan& plan) {
  const FoldContext context = plan.fold_context();
  std::vector<Value> records;
  for (const HostRecord& host : result.hosts) {
    const FoldedRecord record = fold(host, context);
    const FoldedField* alive = record.find(FieldTable::alive);
    if (alive == nullptr || alive->items.empty() || !alive->items.front().value.as_bool()) continue;
    records.push_back(to_value(record, plan.fields, false));
  }
  return records;
}

std::string unavailable_text(const RunDocument& document) {
  std::string out;
  for (const StageCoverage& stage : document.stages)
    if (!stage.unavailable.empty())
      out += "not asked: " + printable(stage.name) + ": " + printable(stage.unavailable) + "\n";
  return out;
}

std::string delta_text(const RunDocument& document) {
  if (!document.delta) return {};
  const Value& delta = *document.delta;
  std::string out = fmt::format("{} new, {} gone, {} changed since the run before", count_of(delta, "new"),
                                count_of(delta, "gone"), count_of(delta, "changed"));
  if (const std::size_t n = count_of(delta, "not_scanned"); n != 0) out += fmt::format(", {} not scanned", n);
  return out + "\n";
}

std::string summary(const RunResult& result, const Plan& plan, int64_t elapsed) {
  const RunDocument& d = result.document;
  std::string out = fmt::format("{} of {} hosts responded, {} packets, {}\n", d.responding, d.targets, d.packets,
                                rough_duration(elapsed));
  out += delta_text(d);
  for (const StageCoverage& stage : d.stages)
    for (const auto& [reason, count] : stage.errors)
      out += fmt::format("errors in {}: {} x {}\n", printable(stage.name), count, printable(reason));
  if (d.dropped_receive != 0)
    out += fmt::format("{} packets were lost in this machine's receive buffers; lower limits.packets_per_second\n",
                       d.dropped_receive);
  if (!result.written.empty()) {
    std::vector<std::string_view> files;
    for (const std::string& file : result.written) {
      const std::string_view view(file);
      // Below the output directory the short name says enough.
      const bool below = view.substr(0, plan.output_dir.size() + 1) == plan.output_dir + "/";
      files.push_back(below ? view.substr(plan.output_dir.size() + 1) : view);
    }
    out += printable("written to " + plan.output_dir + ": " + join(files, ", ")) + "\n";
  }
  if (!d.complete) {
    out +=
        fmt::format("incomplete ({}): {} of {} hosts are settled\n", printable(d.why_incomplete), d.settled, d.targets);
    if (!result.journal.empty() && d.settled < d.targets)
      out += "to go on: the same command with --resume " + printable(result.journal) + "\n";
  }
  return out;
}

}  // namespace sonde::core::cli
