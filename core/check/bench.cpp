#include "check/bench.hpp"

#include "check/sandbox.hpp"
#include "plugins/elf_file.hpp"

namespace sonde::core::check {

Result<PluginEntryPoint> Bench::load() const {
  const auto elf = inspect_elf_file(file);
  if (!elf) return tl::unexpected(elf.error());
  if (auto entry = check_entry_symbol(*elf, file); !entry) return tl::unexpected(entry.error());
  say_doing("its static constructors");
  auto opened = open_library(file);
  say_doing("");
  return opened;
}

Subject Bench::subject() const {
  const auto entry = load();
  if (!entry) throw TestRefusal{entry.error().text};
  const sonde_plugin* plugin = (*entry)(index);
  if (!plugin) throw TestRefusal{"the library has no plugin " + std::to_string(index)};
  std::string id;
  auto checked = check_plugin(plugin, file, id);
  if (!checked) throw TestRefusal{checked.error().text};
  Subject s;
  s.plugin = std::move(*checked);
  s.path_base = s.plugin.kind == PluginKind::exporter ? directory : "";
  if (auto bound = bind_fields(s); !bound) throw TestRefusal{bound.error().text};
  if (auto set = set_options(s, sets); !set) throw TestRefusal{set.error().text};
  return s;
}

Play Bench::scene(Manner manner, uint32_t tasks) const {
  Play p;
  p.manner = manner;
  p.tasks = tasks;
  p.seed = seed;
  p.own_network = own_network;
  return p;
}

}  // namespace sonde::core::check
