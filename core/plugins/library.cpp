// Boost.DLL behind one function; its exceptions and its unloading destructor stay here.
#include "plugins/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

#include <filesystem>
#include <mutex>
#include <vector>

#include "base/text.hpp"
#include "plugins/file_checks.hpp"

namespace sonde::core {
namespace {

/// Owns the libraries and is itself never destroyed, so that none is unloaded at exit either.
void keep_loaded(boost::dll::shared_library library) {
  static std::mutex mutex;
  static auto& all = *new std::vector<boost::dll::shared_library>;
  std::lock_guard lock(mutex);
  all.push_back(std::move(library));
}

/// What the dynamic loader said, without Boost's words around it.
std::string reason_in(const std::string& what) {
  constexpr std::string_view marker = "dlerror system message: ";
  std::size_t at = what.find(marker);
  if (at == std::string::npos) return printable(what);
  std::string reason = what.substr(at + marker.size());
  if (std::size_t end = reason.rfind(')'); end != std::string::npos) reason.resize(end);
  return printable(reason);
}

}  // namespace

Result<PluginEntryPoint> open_library(const std::string& path) {
  namespace dll = boost::dll;
  const std::string symbol = fmt::format("sonde_plugin_v{}", SONDE_ABI_MAJOR);
  try {
    dll::shared_library library(std::filesystem::path(path), dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    if (!library.has(symbol))
      return refused("plugin-symbol", path, fmt::format("the entry {}", symbol), "a library without one",
                     "remove it from the plugin directory: it is no sonde plugin");
    PluginEntryPoint entry = &library.get<const sonde_plugin*(uint32_t)>(symbol);
    keep_loaded(std::move(library));
    return entry;
  } catch (const std::exception& e) {
    return refused("plugin-broken", path, "a library that can be loaded", reason_in(e.what()),
                   "install the libraries that it needs (ldd shows them), or a plugin built for this system");
  }
}

}  // namespace sonde::core
