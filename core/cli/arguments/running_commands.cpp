// run, merge, validate and plan: what they take.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments/reading.hpp"

namespace sonde::core::cli {
namespace {

const Words<RunFormat> run_formats{{"table", RunFormat::table}, {"json", RunFormat::json}, {"none", RunFormat::none}};
const Words<int> log_levels{{"error", 1}, {"warn", 2}, {"info", 3}, {"debug", 4}, {"trace", 5}};
using For = PipelineOptions::For;

/// What the options of a command are read into, until its callback has made the command of them.
template <class Arguments>
struct Given {
  Arguments arguments;
  PipelineOptions pipeline;
  std::string format, log_level = "info";
};

void add_run(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<Given<RunArguments>>();
  RunArguments& run = given->arguments;
  CLI::App* command =
      add_command(app, "run",
                  "Run a pipeline.\nOnly scan networks that you are authorised to scan.\n"
                  "A target is an address, CIDR, range a-b, host name or @file. Ctrl-C ends the run and keeps\n"
                  "what was found; --resume goes on. One more, a second later, leaves at once.",
                  "  sonde run pipelines/inventory.sonde.yaml --target 192.168.1.0/24\n"
                  "  sonde run lan.sonde.yaml --set icmp.timeout=2s --set limits.packets_per_second=200");
  command->add_option("FILE", run.pipeline.file, "the pipeline file")->required();
  given->pipeline.add(*command, run.pipeline, For::run);
  command->add_option("--resume", run.resume, "go on with an unfinished run: its journal, or a directory")
      ->option_text("RUN");
  command->add_option("--user", run.user, "as root: become NAME before the first packet")->option_text("NAME");
  command->add_option("--format", given->format, "what to print (table on a terminal)")->option_text("table|json|none");
  command->add_option("--log-level", given->log_level, "error, warn, info, debug or trace")->option_text("LEVEL");
  command->add_flag("-q,--quiet", run.quiet, "no progress and no notices");
  command->callback([given, &reading, &run] {
    if (!given->format.empty()) pick(reading, "--format", given->format, run_formats, run.format);
    pick(reading, "--log-level", given->log_level, log_levels, run.log_level);
    given->pipeline.finish(reading, run.pipeline);
    reading.command = run;
  });
}

void add_merge(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<Given<MergeArguments>>();
  MergeArguments& merge = given->arguments;
  CLI::App* command =
      add_command(app, "merge",
                  "Put the parts of a run together (--shard): records, coverage and counts, as of one run.\n"
                  "RUN is the output directory of a part, or its journal; their order does not matter.\n"
                  "Exit: 0 all covered, 1 a part is missing or ended early, or a task in error; 78 not one plan.",
                  "  sonde merge part-1 part-2 part-3 --output merged\n"
                  "  sonde merge /srv/scan/part-* --pipeline lan.sonde.yaml --output /srv/scan/merged");
  command->add_option("RUN", merge.runs, "output directories or journals")->required();
  command->add_option("-p,--pipeline", merge.pipeline.file, "write the outputs and history of FILE, not inventory.json")
      ->option_text("FILE");
  given->pipeline.add(*command, merge.pipeline, For::merge);
  command->add_option("--format", given->format, "what to print (table on a terminal)")->option_text("table|json|none");
  command->add_flag("-q,--quiet", merge.quiet, "no notices");
  command->callback([given, &reading, &merge] {
    if (!given->format.empty()) pick(reading, "--format", given->format, run_formats, merge.format);
    given->pipeline.finish(reading, merge.pipeline);
    const Overrides& overrides = merge.pipeline.overrides;
    if (merge.pipeline.file.empty() && !overrides.sets.empty())
      reading.note(failure("bad-argument", "--set has no outputs to set anything of",
                           "name the file that has them with --pipeline")
                       .value());
    if (merge.pipeline.file.empty() && (overrides.no_env_file || !overrides.env_file.empty()))
      reading.note(failure("bad-argument",
                           std::string(overrides.no_env_file ? "--no-env-file" : "--env-file") +
                               " is about the variables of a pipeline file, and there is none",
                           "name the file that has them with --pipeline")
                       .value());
    reading.command = merge;
  });
}

void add_validate(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<Given<ValidateArguments>>();
  ValidateArguments& validate = given->arguments;
  CLI::App* command =
      add_command(app, "validate", "Check pipeline files: all errors at once, no packet sent, no name resolved.",
                  "  sonde validate pipelines/*.sonde.yaml\n"
                  "  sonde validate --allow-unset-env lan.sonde.yaml");
  command->add_option("FILE", validate.files, "pipeline files")->required();
  given->pipeline.add(*command, validate.pipeline, For::validate);
  command->add_flag("--allow-unset-env", validate.pipeline.overrides.allow_unset_env,
                    "a ${VAR} that is not set counts as empty");
  command->callback([given, &reading, &validate] {
    given->pipeline.finish(reading, validate.pipeline);
    reading.command = validate;
  });
}

void add_plan(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<Given<PlanArguments>>();
  PlanArguments& plan = given->arguments;
  given->format = "text";
  CLI::App* command =
      add_command(app, "plan",
                  "Show what a run would do: stages, targets, packets, time, privileges, files, options.\n"
                  "Sends nothing to the targets; host names are resolved.",
                  "  sonde plan pipelines/inventory.sonde.yaml --target 10.0.0.0/16\n"
                  "  sonde plan lan.sonde.yaml --set limits.packets_per_second=5000");
  command->add_option("FILE", plan.pipeline.file, "the pipeline file")->required();
  given->pipeline.add(*command, plan.pipeline, For::run);
  command->add_option("--format", given->format, "what to print")->option_text("text|json");
  command->callback([given, &reading, &plan] {
    pick(reading, "--format", given->format, text_formats, plan.json);
    given->pipeline.finish(reading, plan.pipeline);
    reading.command = plan;
  });
}

}  // namespace

void add_running_commands(CLI::App& app, Reading& reading) {
  add_run(app, reading);
  add_merge(app, reading);
  add_validate(app, reading);
  add_plan(app, reading);
}

}  // namespace sonde::core::cli
