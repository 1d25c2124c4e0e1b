// list, describe, schema and create: what they take.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments/reading.hpp"

namespace sonde::core::cli {
namespace {

const Words<SchemaArguments::What> schemas{{"pipeline", SchemaArguments::What::pipeline},
                                           {"record", SchemaArguments::What::record},
                                           {"run", SchemaArguments::What::run}};

template <class Arguments>
struct GivenWithWord {
  Arguments arguments;
  std::string word;
};

void add_list(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<GivenWithWord<ListArguments>>();
  given->word = "table";
  CLI::App* command = add_command(app, "list", "List the plugins that are found, and the files that are refused.",
                                  "  sonde list\n  sonde list --plugin-path ./build/plugins --format json");
  add_plugin_path(*command, given->arguments.plugin_path);
  command->add_option("--format", given->word, "what to print")->option_text("table|json");
  command->callback([given, &reading] {
    pick(reading, "--format", given->word, table_formats, given->arguments.json);
    reading.command = given->arguments;
  });
}

void add_describe(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<GivenWithWord<DescribeArguments>>();
  given->word = "text";
  CLI::App* command =
      add_command(app, "describe", "Show a plugin: its options, the fields it reads and writes, and a sample.",
                  "  sonde describe tcp-banner\n  sonde describe csv --format json");
  command->add_option("PLUGIN", given->arguments.plugin, "the plugin's id")->required();
  add_plugin_path(*command, given->arguments.plugin_path);
  command->add_option("--format", given->word, "what to print")->option_text("text|json");
  command->callback([given, &reading] {
    pick(reading, "--format", given->word, text_formats, given->arguments.json);
    reading.command = given->arguments;
  });
}

void add_schema(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<GivenWithWord<SchemaArguments>>();
  CLI::App* command = add_command(app, "schema",
                                  "Print the JSON Schema of a pipeline file, a record or a run document.\n"
                                  "That of the pipeline file knows the options of all plugins that are found.",
                                  "  sonde schema pipeline > pipeline.schema.json\n  sonde schema record");
  command->add_option("WHAT", given->word, "pipeline, record or run")->required();
  add_plugin_path(*command, given->arguments.plugin_path);
  command->callback([given, &reading] {
    pick(reading, "WHAT", given->word, schemas, given->arguments.what);
    reading.command = given->arguments;
  });
}

void add_create(CLI::App& app, Reading& reading) {
  auto given = std::make_shared<GivenWithWord<CreateArguments>>();
  CreateArguments& create = given->arguments;
  CLI::App* command =
      add_command(app, "create",
                  "Write a pipeline: stages and outputs by their ids, each option explained.\n"
                  "The file validates once its secrets are set; edit the targets and what you want otherwise.",
                  "  sonde create icmp,rdns/csv,json > lan.sonde.yaml\n"
                  "  sonde create arp-oui,tcp-banner/json --output lan.sonde.yaml");
  command->add_option("STAGES/OUTPUTS", create.what, "ids of probes, a slash, ids of exporters")->required();
  command->add_option("-o,--output", create.file, "write to FILE, which must not exist")->option_text("FILE");
  add_plugin_path(*command, create.plugin_path);
  command->callback([given, &reading] { reading.command = given->arguments; });
}

}  // namespace

void add_plugin_commands(CLI::App& app, Reading& reading) {
  add_list(app, reading);
  add_describe(app, reading);
  add_schema(app, reading);
  add_create(app, reading);
}

}  // namespace sonde::core::cli
