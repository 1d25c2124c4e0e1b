// sonde schema pipeline|record|run
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/schemas.hpp"
#include "config/json_schema.hpp"

namespace sonde::core::cli {
namespace {

std::string pipeline_text(const Registry& registry) {
  std::vector<PluginOptions> plugins;
  for (const PluginEntry* p : registry.all()) {
    const PluginRole role = p->kind == PluginKind::exporter ? PluginRole::output
                            : p->kind == PluginKind::source ? PluginRole::target
                                                            : PluginRole::stage;
    plugins.push_back({role, p->id, p->summary, &p->schema});
  }
  return pipeline_json_schema(std::move(plugins));
}

/// The well-known fields, and those of the plugins that are there.
FieldTable all_fields(const Registry& registry) {
  FieldTable fields;
  for (const PluginEntry* p : registry.all())
    for (const FieldInfo& f : p->outputs)
      if (auto bound = fields.bind_output(p->id, f.name, f.type, f.shape, (f.flags & SONDE_F_DETAIL) != 0, f.help);
          !bound) {
        Diagnostic why = bound.error();
        why.severity = Severity::warning;
        print_error(render(why, colour_on_stderr()));
      }
  return fields;
}

}  // namespace

int execute(const SchemaArguments& arguments) {
  const Registry registry = look_at_plugins(arguments.plugin_path);
  switch (arguments.what) {
    case SchemaArguments::What::pipeline:
      print(pipeline_text(registry));
      break;
    case SchemaArguments::What::record:
      print(to_json(record_schema(all_fields(registry)), 2) + "\n");
      break;
    case SchemaArguments::What::run:
      print(to_json(run_schema(), 2) + "\n");
      break;
  }
  return 0;
}

}  // namespace sonde::core::cli
