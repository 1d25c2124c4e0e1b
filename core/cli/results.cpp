// A screen or two for people at a terminal, everything for whoever pipes it on.
#include "cli/results.hpp"

#include <unistd.h>

#include <algorithm>

#include "cli/console.hpp"
#include "cli/host_table.hpp"
#include "cli/run_summary.hpp"

namespace sonde::core::cli {
namespace {

bool writes_to_stdout(const Plan& plan) {
  return std::any_of(plan.outputs.begin(), plan.outputs.end(), [](const OutputPlan& output) {
    const Value* path = output.options.find("path");
    return path != nullptr && path->text() != nullptr && *path->text() == "-";
  });
}

/// The array as to_json() would indent it, a record at a time.
void print_json(const RunResult& result, const FoldContext& context) {
  std::string text = "[";
  each_responding(result, context, [&](const Value& record) {
    if (text != "[") text += ',';
    text += "\n  ";
    for (const char c : to_json(record, 2)) {
      text += c;
      if (c == '\n') text += "  ";
    }
    print(text);
    text.clear();
  });
  print(text + (text == "[" ? "]\n" : "\n]\n"));
}

}  // namespace

Result<RunFormat> format_for(RunFormat asked, const Plan& plan) {
  const bool taken = writes_to_stdout(plan);
  if (taken && (asked == RunFormat::table || asked == RunFormat::json))
    return failure("plan-stdout-twice", "--format and an output with path '-' both write to the standard output");
  if (asked != RunFormat::automatic) return asked;
  return stdout_is_terminal() && !taken ? RunFormat::table : RunFormat::none;
}

void print_results(const RunResult& result, const Plan& plan, const FoldContext& context, RunFormat format) {
  if (format == RunFormat::none) return;
  if (format == RunFormat::json) return print_json(result, context);
  // A person at a terminal looks at a screen or two; who pipes the table on wants all of it.
  constexpr std::size_t most_rows = 50;
  const bool terminal = stdout_is_terminal();
  std::vector<Value> records;
  std::size_t left_out = 0;
  each_responding(result, context, [&](Value record) {
    if (terminal && records.size() == most_rows)
      ++left_out;
    else
      records.push_back(std::move(record));
  });
  print(render_hosts(records, terminal ? terminal_width(STDOUT_FILENO) : 0, colour_on_stdout()));
  if (left_out != 0) print(more_hosts_text(result, plan, left_out));
  print(unavailable_text(result.document));
}

}  // namespace sonde::core::cli
