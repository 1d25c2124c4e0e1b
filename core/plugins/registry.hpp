// The plugins this process can use: library files found, checked, loaded, and their descriptors copied into own types.
#pragma once
#include <sonde/exporter.h>
#include <sonde/plugin.h>
#include <sonde/probe.h>
#include <sonde/source.h>

#include <memory>
#include <string>
#include <vector>

#include "config/schema.hpp"

namespace sonde::core {

enum class PluginKind : uint8_t {
  probe = SONDE_KIND_PROBE,
  exporter = SONDE_KIND_EXPORTER,
  source = SONDE_KIND_SOURCE
};
std::string_view to_string(PluginKind);

struct FieldInfo {
  std::string name, help;
  uint32_t type = 0, shape = 0, flags = 0;
};

/// One plugin of one library, checked: every pointer that the core will call is there, every size understood.
struct PluginEntry {
  PluginKind kind{};
  std::string id, version, summary, license, url;
  std::string library;  ///< absolute path
  std::string schema_text;
  Schema schema;
  std::vector<FieldInfo> inputs, outputs;
  uint32_t needs = 0, flags = 0, max_batch = 0, max_in_flight = 0, max_instances = 0, timeout_ms = 0;
  uint32_t abi_minor = 0;
  const sonde_plugin* plugin = nullptr;
  const sonde_probe* probe = nullptr;  ///< by kind; a plugin with a shorter table got NULLs appended
  const sonde_exporter* exporter = nullptr;
  const sonde_source* source = nullptr;
  bool blocking() const { return (flags & SONDE_P_BLOCKING) != 0; }
};

struct SearchPath {
  std::vector<std::string> directories;  ///< --plugin-path, SONDE_PLUGIN_PATH, the installed directory, in this order
  bool strict = false;                   ///< root or AT_SECURE: every component root-owned, not writable by others
};
/// Reads SONDE_PLUGIN_PATH (ignored under AT_SECURE, as are `from_command_line`).
SearchPath default_search_path(const std::vector<std::string>& from_command_line);

/// What was installed beside this program, such as "sonde/template" of the data directory; "" when the program cannot
/// tell where it is.
std::string installed_data(std::string_view below);

/// Libraries stay loaded for the life of the process.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;
  /// Looks at every *.so of every directory. A file that is refused is recorded with its Diagnostic, not reported:
  /// it matters only if a pipeline asks for it (`list` shows all).
  void scan(const SearchPath&);
  /// The same, but each library is loaded in a child first: one that crashes or hangs is refused, and the others are
  /// there. For commands that only look; costs a fork, and one a library when something is wrong.
  void scan_with_trial(const SearchPath&);
  /// Loads one library file (absolute path).
  void load_file(const std::string& path, bool strict);
  const PluginEntry* find(PluginKind kind, std::string_view id) const;
  std::vector<const PluginEntry*> all() const;  ///< by kind, then id
  struct Refusal {
    std::string file;
    Diagnostic why;
  };
  const std::vector<Refusal>& refusals() const;
  /// "looked in DIR, DIR; ...", and how to have it look elsewhere.
  std::string where_looked() const;
  /// Why there is no such plugin: the refusal of a file of that name, a suggestion, or where was looked.
  Diagnostic explain_missing(PluginKind kind, std::string_view id, const SourceSpan& where) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::core
