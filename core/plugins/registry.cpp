// The registry: library files in the order of the search path, each through the checks, and what became of it.
#include "plugins/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.hpp"
#include "plugins/descriptor_check.hpp"
#include "plugins/elf_file.hpp"
#include "plugins/file_checks.hpp"
#include "plugins/library.hpp"
#include "plugins/trial_load.hpp"

namespace sonde::core {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t max_plugins_a_library = 64;

std::string_view article(PluginKind kind) {
  return kind == PluginKind::exporter ? "an" : "a";
}

std::string_view place_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::probe:
      return "under stages:";
    case PluginKind::exporter:
      return "under outputs:";
    case PluginKind::source:
      return "under targets:";
  }
  return "";
}

}  // namespace

std::string_view to_string(PluginKind kind) {
  switch (kind) {
    case PluginKind::probe:
      return "probe";
    case PluginKind::exporter:
      return "exporter";
    case PluginKind::source:
      return "source";
  }
  return "plugin";
}

struct Registry::Impl {
  struct Found {
    PluginEntry entry;
    std::size_t directory = 0;  ///< in the order of search
  };
  struct RefusedId {
    std::string id;  ///< of the plugin where it was readable, else the name of the file
    std::size_t refusal = 0, directory = 0;
  };
  struct Duplicate {
    PluginKind kind{};
    std::string id, first, second;
    std::size_t directory = 0;
  };

  std::vector<std::string> directories;
  std::deque<Found> found;  // a deque: entries keep their addresses
  std::vector<Refusal> refusals;
  std::vector<RefusedId> refused_ids;
  std::vector<Duplicate> duplicates;
  std::set<std::string> loaded_files;
  std::map<std::string, std::string> condemned;  ///< canonical path: what became of the child that loaded it

  void refuse(const std::string& file, const std::string& id, std::size_t directory, Diagnostic why) {
    refused_ids.push_back({id, refusals.size(), directory});
    refusals.push_back({file, std::move(why)});
  }

  const Found* first(PluginKind kind, std::string_view id) const {
    const Found* best = nullptr;
    for (const Found& f : found)
      if (f.entry.kind == kind && f.entry.id == id && (!best || f.directory < best->directory)) best = &f;
    return best;
  }

  /// A file of that name that was refused where it should have come first: falling back to another silently is wrong.
  const Refusal* refusal_before(std::string_view id, std::size_t directory) const {
    for (const RefusedId& r : refused_ids)
      if (r.id == id && r.directory <= directory && refusals[r.refusal].why.severity == Severity::error)
        return &refusals[r.refusal];
    return nullptr;
  }
  const Duplicate* duplicate_of(PluginKind kind, std::string_view id, std::size_t directory) const {
    for (const Duplicate& d : duplicates)
      if (d.kind == kind && d.id == id && d.directory <= directory) return &d;
    return nullptr;
  }

  void load(const std::string& path, bool strict, std::size_t directory);
  static std::vector<std::string> libraries_in(const std::string& directory, std::error_code& ec);
  void add(PluginEntry entry, std::size_t directory);
};

void Registry::Impl::load(const std::string& path, bool strict, std::size_t directory) {
  std::string stem = fs::path(path).stem().string();
  auto real = check_library_path(path, strict);
  if (!real) return refuse(path, stem, directory, real.error());
  if (!loaded_files.insert(*real).second) return;
  auto elf = inspect_elf_file(*real);
  if (!elf) return refuse(*real, stem, directory, elf.error());
  if (auto ok = check_entry_symbol(*elf, *real); !ok) return refuse(*real, stem, directory, ok.error());
  if (const auto bad = condemned.find(*real); bad != condemned.end())
    return refuse(*real, stem, directory,
                  refused("plugin-broken", *real, "a library that can be loaded", "one that " + bad->second,
                          "remove it from the plugin directory, or install a repaired version; `sonde plugin check` "
                          "says where it happens")
                      .value());
  auto entry = open_library(*real);
  if (!entry) return refuse(*real, stem, directory, entry.error());
  uint32_t index = 0;
  for (; index < max_plugins_a_library; ++index) {
    const sonde_plugin* plugin = (*entry)(index);
    if (!plugin) break;
    std::string id;
    auto checked = check_plugin(plugin, *real, id);
    if (!checked)
      refuse(*real, id.empty() ? stem : id, directory, checked.error());
    else
      add(std::move(*checked), directory);
  }
  if (index == 0)
    refuse(*real, stem, directory,
           refused("plugin-broken", *real, "at least one plugin", "a library that offers none",
                   "install a repaired version of the plugin")
               .value());
}

void Registry::Impl::add(PluginEntry entry, std::size_t directory) {
  const Found* earlier = first(entry.kind, entry.id);
  if (earlier && earlier->directory == directory) {
    duplicates.push_back({entry.kind, entry.id, earlier->entry.library, entry.library, directory});
    refuse(entry.library, "", directory,
           Diagnostic{"duplicate-plugin",
                      fmt::format("plugin library {}: expected one {} '{}' a directory, found it in {} too",
                                  entry.library, to_string(entry.kind), entry.id, earlier->entry.library),
                      "remove one of the two files",
                      {},
                      Severity::error});
    return;
  }
  if (earlier)
    refuse(entry.library, "", directory,
           Diagnostic{"plugin-shadowed",
                      fmt::format("plugin library {}: the {} '{}' is not used, {} comes first in the search path",
                                  entry.library, to_string(entry.kind), entry.id, earlier->entry.library),
                      {},
                      {},
                      Severity::warning});
  found.push_back({std::move(entry), directory});
}

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

std::vector<std::string> Registry::Impl::libraries_in(const std::string& directory, std::error_code& ec) {
  std::vector<std::string> files;
  for (fs::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec))
    if (it->path().extension() == ".so") files.push_back(it->path().string());
  std::sort(files.begin(), files.end());  // which file is called the duplicate must not depend on the file system
  return files;
}

void Registry::scan_with_trial(const SearchPath& search) {
  constexpr std::chrono::seconds limit{3};  // loading takes milliseconds
  const std::string all = try_in_child([&search] { Registry().scan(search); }, limit);
  if (!all.empty())
    for (const std::string& directory : search.directories) {
      std::error_code ec;
      for (const std::string& file : Impl::libraries_in(directory, ec)) {
        const std::string real = fs::canonical(file, ec).string();
        if (ec || impl_->condemned.contains(real)) continue;
        std::string what = try_in_child([&] { Registry().load_file(real, search.strict); }, limit);
        if (!what.empty()) impl_->condemned.emplace(real, std::move(what));
      }
    }
  scan(search);
}

void Registry::scan(const SearchPath& search) {
  for (const std::string& name : search.directories) {
    std::error_code ec;
    fs::path real = fs::canonical(name, ec);
    std::string directory = ec ? name : real.string();
    if (std::find(impl_->directories.begin(), impl_->directories.end(), directory) != impl_->directories.end())
      continue;
    std::size_t index = impl_->directories.size();
    impl_->directories.push_back(directory);
    std::vector<std::string> files;
    if (!ec) files = Impl::libraries_in(directory, ec);
    if (ec) {
      impl_->refuse(directory, "", index,
                    Diagnostic{"plugin-path",
                               fmt::format("plugin directory {}: {}", directory, ec.message()),
                               "create it, or name another with --plugin-path",
                               {},
                               Severity::warning});
      continue;
    }
    for (const std::string& file : files) impl_->load(file, search.strict, index);
  }
}

void Registry::load_file(const std::string& path, bool strict) {
  std::string directory = fs::path(path).parent_path().string();
  auto known = std::find(impl_->directories.begin(), impl_->directories.end(), directory);
  auto index = static_cast<std::size_t>(known - impl_->directories.begin());
  if (known == impl_->directories.end()) impl_->directories.push_back(directory);
  impl_->load(path, strict, index);
}

const PluginEntry* Registry::find(PluginKind kind, std::string_view id) const {
  const Impl::Found* found = impl_->first(kind, id);
  if (!found || impl_->duplicate_of(kind, id, found->directory)) return nullptr;
  // A refused file in the same directory is another plugin's business; in an earlier one it was meant to win.
  if (found->directory > 0 && impl_->refusal_before(id, found->directory - 1)) return nullptr;
  return &found->entry;
}

std::vector<const PluginEntry*> Registry::all() const {
  std::vector<const PluginEntry*> out;
  for (const Impl::Found& f : impl_->found)
    if (find(f.entry.kind, f.entry.id) == &f.entry) out.push_back(&f.entry);
  std::sort(out.begin(), out.end(), [](const PluginEntry* a, const PluginEntry* b) {
    return std::pair(a->kind, std::string_view(a->id)) < std::pair(b->kind, std::string_view(b->id));
  });
  return out;
}

const std::vector<Registry::Refusal>& Registry::refusals() const {
  return impl_->refusals;
}

std::string Registry::where_looked() const {
  const std::vector<std::string_view> looked(impl_->directories.begin(), impl_->directories.end());
  return fmt::format("looked in {}; --plugin-path DIR adds a directory",
                     looked.empty() ? "no directory" : join(looked, ", "));
}

Diagnostic Registry::explain_missing(PluginKind kind, std::string_view id, const SourceSpan& where) const {
  std::string wanted = fmt::format("the {} '{}'", to_string(kind), printable(id));
  if (const Impl::Duplicate* d = impl_->duplicate_of(kind, id, SIZE_MAX))
    return {"duplicate-plugin", fmt::format("{} is in two libraries: {} and {}", wanted, d->first, d->second),
            "remove one of the two files", where, Severity::error};
  if (const Refusal* refusal = impl_->refusal_before(id, SIZE_MAX)) {
    Diagnostic why = refusal->why;
    why.text = fmt::format("{} cannot be used: {}", wanted, why.text);
    why.where = where;
    return why;
  }
  std::vector<std::string_view> ids;
  for (const PluginEntry* entry : all()) {
    if (entry->kind == kind)
      ids.push_back(entry->id);
    else if (entry->id == id)
      return {"plugin-missing",
              fmt::format("'{}' is {} {}, not {} {}", id, article(entry->kind), to_string(entry->kind), article(kind),
                          to_string(kind)),
              fmt::format("it belongs {}", place_of(entry->kind)), where, Severity::error};
  }
  std::string hint;
  if (std::string_view near = did_you_mean(id, ids); !near.empty()) hint = fmt::format("did you mean '{}'? ", near);
  hint += ids.empty() ? fmt::format("no {} is installed", to_string(kind))
                      : fmt::format("{}s here: {}", to_string(kind), join(ids, ", "));
  hint += "; " + where_looked();
  return {"plugin-missing", fmt::format("there is no {} '{}'", to_string(kind), printable(id)), hint, where,
          Severity::error};
}

}  // namespace sonde::core
