// sonde plugin new KIND NAME: a project out of the installed templates, which know an installed SDK and nothing else.
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "inventory/fields.hpp"
#include "plugins/registry.hpp"

namespace sonde::core::cli {
namespace {

namespace fs = std::filesystem;

/// The rule of the ABI for ids.
bool is_plugin_id(std::string_view name) {
  return !name.empty() && name.size() <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// The files of `from` and below, with the plugin's name for that of the template.
Result<void> copy_template(const fs::path& from, const fs::path& to, const std::string& placeholder,
                           const std::string& name) {
  std::error_code ec;
  for (fs::recursive_directory_iterator entry(from, ec), end; !ec && entry != end; entry.increment(ec)) {
    if (!entry->is_regular_file()) continue;
    const fs::path target = to / entry->path().lexically_relative(from);
    auto text = read_file(entry->path());
    if (!text) return tl::unexpected(text.error());
    if (auto made = make_directories(target.parent_path()); !made) return made;
    if (auto done = write_file_atomically(target, replaced(*std::move(text), placeholder, name)); !done) return done;
  }
  if (ec) return failure("file-unreadable", "cannot read " + from.string() + ": " + ec.message());
  return {};
}

Result<void> create_project(const PluginNewArguments& arguments, const fs::path& directory) {
  if (!is_plugin_id(arguments.name))
    return failure("plugin-name", "'" + printable(arguments.name) + "' is no name of a plugin",
                   "expected 1 to 32 lower case letters, digits and dashes, a letter first, such as tls-cert");
  // Its own fields would be "ports.NAME", and the record has a member "ports" already.
  if (const FieldTable fields; arguments.kind != "exporter" && fields.find(arguments.name) != no_field)
    return failure("plugin-name",
                   "a " + arguments.kind + " cannot be called '" + arguments.name + "': that is a well-known field",
                   "call it after what it asks, such as " + arguments.name + "-" + arguments.kind);
  std::error_code ec;
  if (fs::symlink_status(directory, ec).type() != fs::file_type::not_found)
    return failure("file-exists", printable(directory.string()) + " is there already",
                   "nothing was written; choose another place with --output DIR");

  const fs::path templates = fs::path(installed_data("sonde/template")) / arguments.kind;
  const fs::path parts[] = {templates / "common", templates / arguments.language};
  for (const fs::path& part : parts)
    if (!fs::is_directory(part, ec))
      return failure("template-missing", "there is no directory " + printable(part.string()),
                     "install the package sonde-sdk, or all of sonde with `cmake --install`");

  // Beside its place, then renamed: a project is there as a whole or not at all.
  const fs::path beside = directory.string() + ".new";
  if (fs::symlink_status(beside, ec).type() != fs::file_type::not_found)
    return failure("file-exists", printable(beside.string()) + " is there already, where the project is to be made",
                   "nothing was written; remove it, or choose another place with --output DIR");
  for (const fs::path& part : parts)
    if (auto copied = copy_template(part, beside, "my-" + arguments.kind, arguments.name); !copied) {
      fs::remove_all(beside, ec);
      return copied;
    }
  fs::rename(beside, directory, ec);
  if (ec) {
    const std::string why = ec.message();
    fs::remove_all(beside, ec);
    return failure("output-unwritable", "cannot put in place " + printable(directory.string()) + ": " + why);
  }
  return {};
}

/// A plugin of that id and kind that this sonde has already: of two, the first in the search path wins.
void warn_of_namesake(const PluginNewArguments& arguments) {
  Registry registry;
  registry.scan_with_trial(default_search_path({}));
  const PluginKind kind = arguments.kind == "probe"    ? PluginKind::probe
                          : arguments.kind == "source" ? PluginKind::source
                                                       : PluginKind::exporter;
  const PluginEntry* there = registry.find(kind, arguments.name);
  if (!there) return;
  Diagnostic warning{"plugin-shadowed",
                     "there is " + std::string(kind == PluginKind::exporter ? "an " : "a ") + arguments.kind + " '" +
                         arguments.name + "' already: " + printable(there->library),
                     "with --plugin-path build yours comes first; choose another name unless it is to replace that one",
                     {},
                     Severity::warning};
  print_error(render(warning, colour_on_stderr()));
}

/// What cmake must be told when sonde lies where it does not look by itself: "" or the option.
std::string prefix_option() {
  const fs::path data = installed_data("");  // PREFIX/share
  const fs::path prefix = (data.has_filename() ? data : data.parent_path()).parent_path();
  if (data.empty() || prefix == "/usr" || prefix == "/usr/local") return "";
  const std::string path = prefix.string();
  const bool plain = std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::strchr("/._-+", c);
  });
  return " -DCMAKE_PREFIX_PATH=" + (plain ? path : "'" + replaced(path, "'", "'\\''") + "'");
}

}  // namespace

int execute(const PluginNewArguments& arguments) {
  const std::string directory = arguments.directory.empty() ? arguments.name : arguments.directory;
  fs::path place = fs::path(directory).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();  // "DIR/"
  if (auto created = create_project(arguments, place); !created) {
    print_error(render(created.error(), colour_on_stderr()));
    return static_cast<int>(message(created.error().id).exit);
  }
  warn_of_namesake(arguments);
  print("The " + arguments.kind + " '" + arguments.name + "' is in " + printable(directory) +
        ". Next:\n\n"
        "  cd " +
        printable(directory) +
        "\n"
        "  cmake -B build" +
        prefix_option() +
        " && cmake --build build\n"
        "  ctest --test-dir build --output-on-failure\n"
        "  sonde plugin check build/" +
        arguments.name + (arguments.kind == "source" ? ".so --set file=hosts.txt\n" : ".so\n") + "  sonde describe " +
        arguments.name +
        " --plugin-path build\n"
        "  sonde run sample.sonde.yaml --plugin-path build\n");
  return 0;
}

}  // namespace sonde::core::cli
