// sonde run FILE: plan, resume or start, watch, tell.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/outlook.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/progress.hpp"
#include "cli/results.hpp"
#include "cli/run_id.hpp"
#include "cli/run_summary.hpp"
#include "cli/signals.hpp"
#include "engine/run.hpp"
#include "inventory/journal_directory.hpp"
#include "inventory/plan_difference.hpp"
#include "plan/estimate.hpp"
#include "plan/plan_header.hpp"

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

/// A journal lies in the directory `journal` of its run's output directory; elsewhere somebody has moved it. Empty
/// then.
std::string output_directory_of(const std::string& journal) {
  const std::filesystem::path directory = std::filesystem::absolute(journal).parent_path();
  return directory.filename() == "journal" ? directory.parent_path().string() : std::string();
}

/// The journal must be of this very plan; its slice is then what is left to do.
Result<void> adopt(const JournalHeader& header, const std::string& path, bool shard_given, Plan& plan) {
  if (header.plan_hash != plan.hash) {
    const std::string what = header.seed != plan.seed ? "their order has the seeds " + std::to_string(header.seed) +
                                                            " and " + std::to_string(plan.seed)
                                                      : difference_of_plans(header, journal_header(plan, {}, {}, {}));
    return failure("journal-mismatch", path + " is of another plan than " + plan.file + ": " + what,
                   "targets, exclusions, stages, options and plugin versions must be those of that run");
  }
  // Facts of a journal name their field by its number. The plan hash says nothing of sonde's own fields.
  bool same_fields = header.fields.size() == plan.fields.size();
  for (FieldId id = 0; same_fields && id < plan.fields.size(); ++id)
    same_fields = plan.fields[id].name == header.fields[id];
  if (!same_fields)
    return failure("journal-mismatch", path + " has other fields than this sonde",
                   "resume it with the version of sonde that wrote it, or start a new run");
  const bool same_slice = header.slice.start == plan.slice.start && header.slice.count == plan.slice.count;
  if (shard_given && !same_slice) return failure("journal-mismatch", path + " is of another --shard");
  if (header.slice.end() > plan.targets.size() || header.slice.end() < header.slice.start)
    return failure("journal-unreadable", path + " speaks of positions that the plan does not have");
  plan.slice = header.slice;
  plan.shard_index = header.shard_index;
  plan.shard_count = header.shard_count;
  return {};
}

int refuse(const std::vector<Diagnostic>& refusals) {
  Diagnostics all;
  for (Diagnostic told : refusals) {
    if (told.hint.empty()) told.hint = message(told.id).remedy;
    all.add(std::move(told));
  }
  print_error(all.render_sorted(colour_on_stderr()));
  return static_cast<int>(all.exit_code());
}
int refuse(const Diagnostic& d) {
  return refuse(std::vector{d});
}

EarlierPart before(const std::optional<Resumed>& resumed) {
  if (!resumed) return EarlierPart::none;
  return resumed->content.reason.empty() ? EarlierPart::broke_off : EarlierPart::ended;
}

ProgressView::Style style_of(const RunArguments& arguments) {
  if (arguments.quiet) return ProgressView::Style::silent;
  return stderr_is_terminal() ? ProgressView::Style::terminal : ProgressView::Style::plain;
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
    if (pipeline.overrides.output_dir.empty()) pipeline.overrides.output_dir = output_directory_of(resumed->path);
  }

  Diagnostics out;
  const auto plan = plan_from(pipeline, registry, PlanFor::running, out);
  const auto format = plan != nullptr ? format_for(arguments.format, *plan) : arguments.format;
  if (format && *format == RunFormat::none && plan != nullptr) warn_of_no_outputs(*plan, out);
  if (!arguments.quiet || out.has_errors()) print_error(out.render_sorted(colour_on_stderr()));
  if (plan == nullptr) return static_cast<int>(out.exit_code());
  if (!format) return refuse(format.error());

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
    progress.log(std::string(names[level]) + "[plugin-log]: " + printable(text));
  };
  request.on_note = [&](int level, const std::string& text) {
    if (!arguments.quiet)
      progress.log((level == SONDE_LOG_TRACE ? "trace[run-log]: " : "debug[run-log]: ") + printable(text));
  };

  request.on_start = [&](const RunStart& start) {
    say_when_stopped("stopped at once: what was found is in the journal alone\n" + resume_hint(start.journal));
    if (arguments.quiet) return;
    for (const Diagnostic& skipped : start.skipped) print_error(render(skipped, colour_on_stderr()));
    const Outlook ahead =
        outlook(*plan, estimate(*plan, start.unavailable), resumed ? resumed->content.settled.size() : 0);
    print_error(ahead.line);
    if (ahead.warning) print_error(render(*ahead.warning, colour_on_stderr()));
  };
  const auto began = std::chrono::steady_clock::now();
  const auto result = run(*plan, request);
  say_when_stopped(result ? shortfall_text(*result) : std::string());
  progress.finish();
  if (!result) return refuse(result.error());

  for (const Diagnostic& problem : result->problems)
    if (!arguments.quiet || problem.severity == Severity::error) print_error(render(problem, colour_on_stderr()));
  print_results(*result, *plan, plan->fold_context(), *format);
  const auto elapsed = std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
  print_error(arguments.quiet ? shortfall_text(*result) : summary(*result, *plan, elapsed, before(resumed)));
  return exit_code(*result);
}

}  // namespace sonde::core::cli
