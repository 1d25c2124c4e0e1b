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

/// "(arp-oui 3, icmp 12)" of a count that stages have.
std::string by_stage(const RunDocument& d, uint64_t StageCoverage::*count) {
  std::vector<std::string> parts;
  for (const StageCoverage& stage : d.stages)
    if (stage.*count != 0) parts.push_back(fmt::format("{} {}", printable(stage.name), stage.*count));
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, ", "));
}
uint64_t over_stages(const RunDocument& d, uint64_t StageCoverage::*count) {
  uint64_t sum = 0;
  for (const StageCoverage& stage : d.stages) sum += stage.*count;
  return sum;
}

/// Delta, errors, losses, files.
std::string findings_text(const RunResult& result, const Plan& plan) {
  const RunDocument& d = result.document;
  std::string out = delta_text(d);
  for (const StageCoverage& stage : d.stages) {
    uint64_t attempts = 0;
    for (const auto& [reason, count] : stage.errors) {
      out += fmt::format("errors in {}: {} x {}\n", printable(stage.name), count, printable(reason));
      attempts += count;
    }
    // Of a part that was done twice both attempts are told; what a target came to in the end is its outcome.
    if (const uint64_t ended = stage.by_outcome[static_cast<std::size_t>(Outcome::error)]; attempts > ended)
      out += fmt::format("errors in {} are of all attempts: {} ended so\n", printable(stage.name),
                         counted(ended, "target"));
  }
  out += losses_text(d);
  if (result.written.empty()) return out;
  std::vector<std::string> files;
  for (const std::string& file : result.written) files.push_back(below_output_dir(file, plan));
  return out + printable(fmt::format("written to {}: {}", plan.output_dir, fmt::join(files, ", "))) + "\n";
}

}  // namespace

void each_responding(const RunResult& result, const FoldContext& context, const std::function<void(Value)>& visit) {
  // What cannot be read back was told when the outputs were written.
  static_cast<void>(result.hosts.each([&](const HostRecord& host) {
    const FoldedRecord record = fold(host, context);
    const FoldedField* alive = record.find(FieldTable::alive);
    if (alive == nullptr || alive->items.empty() || !alive->items.front().value.as_bool()) return;
    visit(to_value(record, *context.fields, false));
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
  const Value* with = delta.find("compared_with");
  const std::string since =
      with != nullptr && with->text() != nullptr ? "run " + printable(*with->text()) : "the run before";
  std::string out = fmt::format("{} new, {} gone, {} changed since {}", count_of(delta, "new"), count_of(delta, "gone"),
                                count_of(delta, "changed"), since);
  if (const std::size_t n = count_of(delta, "not_scanned"); n != 0) out += fmt::format(", {} not scanned", n);
  if (const std::size_t n = count_of(delta, "not_scanned_before"); n != 0)
    out += fmt::format(", {} not scanned before", n);
  if (const std::size_t n = count_of(delta, "partly_scanned"); n != 0) out += fmt::format(", {} partly scanned", n);
  if (const std::size_t n = count_of(delta, "fields_not_known"); n != 0) out += fmt::format(", {} compared in part", n);
  if (const Value* missing = delta.find("stages_missing"); missing != nullptr && missing->array() != nullptr) {
    std::string stages;
    for (const Value& name : *missing->array())
      if (name.text() != nullptr) stages += (stages.empty() ? "" : ", ") + printable(*name.text());
    if (!stages.empty()) out += "; without " + stages + ": what vanished with them is not called gone";
  }
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

std::string losses_text(const RunDocument& d) {
  std::string out;
  if (d.dropped_receive != 0)
    out += counted(d.dropped_receive, "packet") + " lost in this machine's receive buffers" +
           by_stage(d, &StageCoverage::dropped_receive) +
           "; raise net.core.rmem_max or lower limits.packets_per_second\n";
  if (const uint64_t n = over_stages(d, &StageCoverage::queue_full); n != 0)
    out += counted(n, "packet") + " had to wait for this machine's send queue" +
           by_stage(d, &StageCoverage::queue_full) + "; lower limits.packets_per_second\n";
  const uint64_t again = over_stages(d, &StageCoverage::asked_again);
  if (d.slowed_to != 0)
    out += fmt::format("packets were lost: slowed down, to {} a second at the slowest, and asked {} once more{}\n",
                       d.slowed_to, counted(again, "question"), by_stage(d, &StageCoverage::asked_again));
  if (const uint64_t n = over_stages(d, &StageCoverage::in_doubt); n != 0)
    out += counted(n, "silent target") + " in doubt" + by_stage(d, &StageCoverage::in_doubt) +
           ": packets were still being lost; set limits.packets_per_second below the rate that the path can take\n";
  return out;
}

std::string shortfall_text(const RunResult& result) {
  const RunDocument& d = result.document;
  if (d.complete) return {};
  std::string out = fmt::format("incomplete ({}): {} of {} were asked to the end\n", printable(d.why_incomplete),
                                d.settled, counted(d.targets, "host"));
  if (!result.journal.empty() && (d.settled < d.targets || result.unpublished)) out += resume_hint(result.journal);
  return out;
}

std::string resume_hint(const std::string& journal) {
  return "to go on: the same command with --resume " + printable(journal) + "\n";
}

std::string merge_shortfall_text(const RunResult& result) {
  const RunDocument& d = result.document;
  std::string out;
  if (!d.complete)
    out += fmt::format("incomplete: {} of {} were asked to the end\n", d.settled, counted(d.targets, "host"));
  for (const auto& [what, why] : d.not_covered)
    out += fmt::format("not covered: {}: {}\n", printable(what), printable(why));
  return out;
}

std::string summary(const RunResult& result, const Plan& plan, int64_t elapsed, EarlierPart earlier) {
  const RunDocument& d = result.document;
  const std::string packets = counted(d.packets, "packet"), time = rough_duration(elapsed);
  std::string out = fmt::format("{} of {} responded, ", d.responding, counted(d.targets, "host"));
  switch (earlier) {
    case EarlierPart::none:
      out += fmt::format("{}, {}\n", packets, time);
      break;
    case EarlierPart::ended:
      out += fmt::format("{} over all parts of the run; this part took {}\n", packets, time);
      break;
    case EarlierPart::broke_off:
      out += fmt::format(
          "at least {} over all parts of the run (without the last seconds before it broke off); this part took {}\n",
          packets, time);
  }
  return out + findings_text(result, plan) + shortfall_text(result);
}

std::string merge_summary(const RunResult& result, const Plan& outputs) {
  const RunDocument& d = result.document;
  std::string out = fmt::format("{} merged: {} of {} responded, {}\n", counted(d.merged_from.size(), "run"),
                                d.responding, counted(d.targets, "host"), counted(d.packets, "packet"));
  out += findings_text(result, outputs);
  return out + merge_shortfall_text(result);
}

}  // namespace sonde::core::cli
