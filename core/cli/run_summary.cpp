// Short, and honest about what was not done.
#include "cli/run_summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/progress.hpp"

namespace sonde::core::cli {
namespace {

std::size_t count_of(const Value& delta, std::string_view member) {
  const Value* list = delta.find(member);
  return list != nullptr && list->array() != nullptr ? list->array()->size() : 0;
}

std::string below_output_dir(const std::string& file, const Plan& plan) {
  // Below the output directory the short name says enough.
  const std::string directory = plan.output_dir + "/";
  return file.starts_with(directory) ? file.substr(directory.size()) : file;
}

}  // namespace

void each_responding(const RunResult& result, const Plan& plan, const std::function<void(Value)>& visit) {
  const FoldContext context = plan.fold_context();
  // What cannot be read back was told when the outputs were written.
  static_cast<void>(result.hosts.each([&](const HostRecord& host) {
    const FoldedRecord record = fold(host, context);
    const FoldedField* alive = record.find(FieldTable::alive);
    if (alive == nullptr || alive->items.empty() || !alive->items.front().value.as_bool()) return;
    visit(to_value(record, plan.fields, false));
  }));
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

std::string more_hosts_text(const RunResult& result, const Plan& plan, std::size_t left_out) {
  std::vector<std::string> files;
  for (const OutputPlan& output : plan.outputs) {
    const Value* path = output.options.find("path");
    if (path == nullptr || path->text() == nullptr) continue;
    if (std::find(result.written.begin(), result.written.end(), *path->text()) != result.written.end())
      files.push_back(below_output_dir(*path->text(), plan));
  }
  const std::string where = files.empty() ? std::string("`--format table | less` shows all")
                                          : fmt::format("all are in {}", fmt::join(files, ", "));
  return "... and " + counted(left_out, "more host") + "; " + printable(where) + "\n";
}

std::string summary(const RunResult& result, const Plan& plan, int64_t elapsed, bool resumed) {
  const RunDocument& d = result.document;
  std::string out = fmt::format("{} of {} responded, {}, {}\n", d.responding, counted(d.targets, "host"),
                                counted(d.packets, "packet"), rough_duration(elapsed));
  if (resumed) {
    out.pop_back();
    out += " for this part; hosts and packets are of the whole run\n";
  }
  out += delta_text(d);
  for (const StageCoverage& stage : d.stages)
    for (const auto& [reason, count] : stage.errors)
      out += fmt::format("errors in {}: {} x {}\n", printable(stage.name), count, printable(reason));
  if (d.dropped_receive != 0)
    out += counted(d.dropped_receive, "packet") +
           " lost in this machine's receive buffers; lower limits.packets_per_second\n";
  if (!result.written.empty()) {
    std::vector<std::string> files;
    for (const std::string& file : result.written) files.push_back(below_output_dir(file, plan));
    out += printable(fmt::format("written to {}: {}", plan.output_dir, fmt::join(files, ", "))) + "\n";
  }
  if (!d.complete) {
    out += fmt::format("incomplete ({}): {} of {} settled\n", printable(d.why_incomplete), d.settled,
                       counted(d.targets, "host"));
    if (!result.journal.empty() && d.settled < d.targets)
      out += "to go on: the same command with --resume " + printable(result.journal) + "\n";
  }
  return out;
}

}  // namespace sonde::core::cli
