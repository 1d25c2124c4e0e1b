// diff, history and doctor: what they take.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments/reading.hpp"

namespace sonde::core::cli {
namespace {

const Words<DeltaFormat> delta_formats{
    {"text", DeltaFormat::text}, {"json", DeltaFormat::json}, {"markdown", DeltaFormat::markdown}};

template <class Arguments>
struct GivenWithFormat {
  Arguments arguments;
  std::string format;
};

void add_diff(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<GivenWithFormat<DiffArguments>>();
  given->format = "text";
  CLI::App* command =
      add_command(app, "diff",
                  "Compare two inventories: new, gone, changed, and not scanned.\n"
                  "A directory stands for the newest inventory in it; one alone has its newest compared\n"
                  "with the newest before it of a complete run.\n"
                  "Exit: 0 equal, 1 changed, 2 trouble.",
                  "  sonde diff out\n"
                  "  sonde diff out/history/2026-11-21.json new.json --format markdown");
  command->add_option("OLD", given->arguments.before, "the older inventory, or a directory")->required();
  command->add_option("NEW", given->arguments.after, "the newer inventory, or a directory");
  command->add_option("--format", given->format, "what to print")->option_text("text|json|markdown");
  command->callback([given, &reading] {
    pick(reading, "--format", given->format, delta_formats, given->arguments.format);
    reading.command = given->arguments;
  });
}

void add_history(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<GivenWithFormat<HistoryArguments>>();
  given->format = "table";
  CLI::App* command =
      add_command(app, "history",
                  "List dated inventories, each with what had changed.\n"
                  "WHERE is a history or output directory, or a pipeline file that names one (default: out/history).",
                  "  sonde history\n  sonde history pipelines/inventory.sonde.yaml --format json");
  command->add_option("WHERE", given->arguments.where, "a directory or a pipeline file");
  command->add_option("--format", given->format, "what to print")->option_text("table|json");
  command->callback([given, &reading] {
    pick(reading, "--format", given->format, table_formats, given->arguments.json);
    reading.command = given->arguments;
  });
}

void add_doctor(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<DoctorArguments>();
  CLI::App* command =
      add_command(app, "doctor",
                  "Say what this machine allows, and what to do where it does not.\n"
                  "With a pipeline file: also which of its stages can run. Sends nothing.\n"
                  "Exit: 0 fine, also with warnings; 1 something that FILE needs is missing here; 78 FILE is wrong.",
                  "  sonde doctor\n  sonde doctor pipelines/inventory.sonde.yaml");
  command->add_option("FILE", given->file, "a pipeline file");
  add_plugin_path(*command, given->plugin_path);
  command->callback([given, &reading] { reading.command = *given; });
}

}  // namespace

void add_inventory_commands(CLI::App& app, Reading& reading) {
  add_diff(app, reading);
  add_history(app, reading);
  add_doctor(app, reading);
}

}  // namespace sonde::core::cli
