// sonde run FILE: plan, resume or start, watch, tell.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/host_table.hpp"
#include "cli/outlook.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/progress.hpp"
#include "cli/run_id.hpp"
#include "cli/run_summary.hpp"
#include "cli/signals.hpp"
#include "engine/run.hpp"

namespace sonde::core::cli {
namespace {

struct Resumed {
  std::string path;
  JournalContent content;
};

Result<Resumed> open_resumed(const std::string& where) {
  std::string path = where;
  struct stat info {};
  if (::stat(where.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    auto newest = newest_unfinished(where);
    if (!newest) return tl::unexpected<Diagnostic>(newest.error());
    path = *newest;
  }
  auto content = read_journal(path);
  if (!content) return tl::unexpected<Diagnostic>(content.error());
  if (content->finished)
    return failure("no-unfinished-run", "the run of " + path + " is complete: there is nothing to resume");
  return Resumed{path, std::move(*content)};
}

/// The journal must be of this very plan; its slice is then what is left to do.
Result<void> adopt(const JournalHeader& header, const std::string& path, bool shard_given, Plan& plan) {
  if (header.plan_hash != plan.hash)
    return failure("journal-mismatch", path + " is of another plan",
                   "targets, exclusions, stages, options and plugin versions must be those of that run");
  const bool same_slice = header.slice.start == plan.slice.start && header.slice.count == plan.slice.count;
  if (shard_given && !same_slice) return failure("journal-mismatch", path + " is of another --shard");
  if (header.slice.end() > plan.targets.size() || header.slice.end() < header.slice.start)
    return failure("journal-unreadable", path + " speaks of positions that the plan does not have");
  plan.slice = header.slice;
  return {};
}

bool writes_to_stdout(const Plan& plan) {
  return std::any_of(plan.outputs.begin(), plan.outputs.end(), [](const OutputPlan& output) {
    const Value* path = output.options.find("path");
    return path != nullptr && path->text() != nullptr && *path->text() == "-";
  });
}

int refuse(const Diagnostic& d) {
  Diagnostic told = d;
  if (told.hint.empty()) told.hint = message(d.id).remedy;
  print_error(render(told, colour_on_stderr()));
  return static_cast<int>(message(d.id).exit);
}

ProgressView::Style style_of(const RunArguments& arguments) {
  if (arguments.quiet) return ProgressView::Style::silent;
  return stderr_is_terminal() ? ProgressView::Style::terminal : ProgressView::Style::plain;
}

/// The array as to_json() would indent it, a record at a time.
void print_json(const RunResult& result, const Plan& plan) {
  std::string text = "[";
  each_responding(result, plan, [&](const Value& record) {
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

void print_results(const RunResult& result, const Plan& plan, RunFormat format) {
  if (format == RunFormat::none) return;
  if (format == RunFormat::json) return print_json(result, plan);
  // A person at a terminal looks at a screen or two; who pipes the table on wants all of it.
  constexpr std::size_t most_rows = 50;
  const bool terminal = stdout_is_terminal();
  std::vector<Value> records;
  std::size_t left_out = 0;
  each_responding(result, plan, [&](Value record) {
    if (terminal && records.size() == most_rows)
      ++left_out;
    else
      records.push_back(std::move(record));
  });
  print(render_hosts(records, terminal ? terminal_width(STDOUT_FILENO) : 0, colour_on_stdout()));
  if (left_out != 0) print(more_hosts_text(result, plan, left_out));
  print(unavailable_text(result.document));
}

int exit_code(const RunResult& result) {
  if (result.signal != 0) return 128 + result.signal;
  return static_cast<int>(result.had_errors ? Exit::trouble : Exit::ok);
}

}  // namespace

int execute(const RunArguments& arguments) {
  const std::atomic<int>& stop = watch_signals();
  const Registry registry = load_plugins(arguments.pipeline.plugin_path);
  PipelineArguments pipeline = arguments.pipeline;

  std::optional<Resumed> resumed;
  if (!arguments.resume.empty()) {
    auto opened = open_resumed(arguments.resume);
    if (!opened) return refuse(opened.error());
    resumed = std::move(*opened);
    if (!pipeline.seed) pipeline.seed = resumed->content.header.seed;  // random seeds are part of the plan
  }

  Diagnostics out;
  const auto plan = plan_from(pipeline, registry, PlanFor::running, out);
  if (!arguments.quiet || out.has_errors()) print_error(out.render_sorted(colour_on_stderr()));
  if (plan == nullptr) return static_cast<int>(out.exit_code());

  const bool taken = writes_to_stdout(*plan);
  if (taken && (arguments.format == RunFormat::table || arguments.format == RunFormat::json))
    return refuse({"plan-stdout-twice", "--format and an output with path '-' both write to the standard output", ""});
  RunFormat format = arguments.format;
  if (format == RunFormat::automatic) format = stdout_is_terminal() && !taken ? RunFormat::table : RunFormat::none;

  ProgressView progress(style_of(arguments));
  RunRequest request;
  request.run_id = make_run_id(std::chrono::system_clock::now());
  if (resumed) {
    if (auto fits = adopt(resumed->content.header, resumed->path, pipeline.shard_count > 1, *plan); !fits)
      return refuse(fits.error());
    request.run_id = resumed->content.header.run_id;
    request.resume = &resumed->content;
    request.journal_path = resumed->path;
  }
  request.user = arguments.user;
  request.log_level = arguments.log_level;
  request.stop_signal = &stop;
  request.on_progress = [&](const Progress& p) { progress.show(p); };
  request.on_log = [&](int level, const std::string& text) {
    constexpr std::string_view names[] = {"", "error", "warning", "info", "debug", "trace"};
    if (level > arguments.log_level || level < 1 || level > 5) return;
    if (arguments.quiet && level > 1) return;
    progress.log(std::string(names[level]) + ": " + printable(text));
  };

  if (!arguments.quiet) {
    const Outlook ahead = outlook(*plan, resumed ? resumed->content.settled.size() : 0);
    print_error(ahead.line);
    if (ahead.warning) print_error(render(*ahead.warning, colour_on_stderr()));
  }
  const auto began = std::chrono::steady_clock::now();
  const auto result = run(*plan, request);
  progress.finish();
  if (!result) return refuse(result.error());

  for (const Diagnostic& problem : result->problems)
    if (!arguments.quiet || problem.severity == Severity::error) print_error(render(problem, colour_on_stderr()));
  print_results(*result, *plan, format);
  const auto elapsed = std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
  if (!arguments.quiet) print_error(summary(*result, *plan, elapsed, resumed.has_value()));
  return exit_code(*result);
}

}  // namespace sonde::core::cli
