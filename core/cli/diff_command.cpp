// sonde diff OLD NEW, or of a history its newest and what that is measured by, with the exit codes of diff(1).
#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/inventory_files.hpp"

namespace sonde::core::cli {
namespace {

/// The files meant by the arguments, of which either may be a directory. What is wrong goes to `out`.
std::pair<std::string, std::string> files_of(const DiffArguments& arguments, Diagnostics& out) {
  if (arguments.after.empty()) {
    if (std::error_code failed; !std::filesystem::exists(arguments.before, failed) && !failed) {
      out.error("file-unreadable", {}, "there is no file or directory " + printable(arguments.before),
                "sonde diff DIR compares the newest of a history with the complete one before; sonde diff OLD NEW two "
                "inventories");
      return {};
    }
    if (!is_directory(arguments.before)) {
      out.error(
          "bad-argument", {}, "sonde diff needs NEW: the newer inventory",
          "expected: sonde diff OLD NEW, or sonde diff DIR for the newest of a history and the complete one before");
      return {};
    }
    auto two = newest_two(arguments.before);
    if (two) return *two;
    out.add(two.error());
    return {};
  }
  const auto file = [&](const std::string& name) {
    if (!is_directory(name)) return name;
    auto newest = newest_inventory(name);
    if (newest) return *newest;
    out.add(newest.error());
    return std::string();
  };
  std::string before = file(arguments.before);
  return {std::move(before), file(arguments.after)};
}

}  // namespace

int execute(const DiffArguments& arguments) {
  constexpr int equal = 0, differ = 1, trouble = 2;
  Diagnostics out;
  const auto refuse = [&] {
    print_error(out.render_sorted(colour_on_stderr()));
    return trouble;
  };
  const auto [older, newer] = files_of(arguments, out);
  if (out.has_errors()) return refuse();
  const bool one_file = older == newer;
  const auto read = [&](const std::string& path) {
    auto snapshot = read_snapshot(path);
    // One wrong file named twice is told once.
    if (!snapshot && snapshot.error().id == "file-unreadable" && snapshot.error().hint.empty())
      snapshot.error().hint =
          "`sonde history DIR` lists dated inventories; a run writes its own below its output directory";
    if (!snapshot && !(out.has_errors() && one_file)) out.add(snapshot.error());
    return snapshot;
  };
  const auto before = read(older), after = read(newer);
  if (out.has_errors()) return refuse();
  if (older != arguments.before || newer != arguments.after)
    print_error(printable(older) + " and " + printable(newer) + ":\n");
  const auto compared = compare(*before, *after);
  if (!compared) {
    out.add(compared.error());
    return refuse();
  }
  const Delta& delta = *compared;
  std::string text = render(delta, arguments.format, arguments.format == DeltaFormat::text && colour_on_stdout());
  if (!text.empty() && text.back() != '\n') text += '\n';
  print(text);
  return delta.empty() ? equal : differ;
}

}  // namespace sonde::core::cli
