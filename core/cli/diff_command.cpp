// sonde diff OLD NEW, with the exit codes of diff(1).
#include "cli/commands.hpp"
#include "cli/console.hpp"

namespace sonde::core::cli {

int execute(const DiffArguments& arguments) {
  constexpr int equal = 0, differ = 1, trouble = 2;
  Diagnostics out;
  const auto read = [&](const std::string& path) {
    auto snapshot = read_snapshot(path);
    // One wrong file named twice is told once.
    if (!snapshot && snapshot.error().id == "file-unreadable" && snapshot.error().hint.empty())
      snapshot.error().hint =
          "`sonde history DIR` lists dated inventories; a run writes its own below its output directory";
    if (!snapshot && !(out.has_errors() && arguments.before == arguments.after)) out.add(snapshot.error());
    return snapshot;
  };
  const auto before = read(arguments.before), after = read(arguments.after);
  if (out.has_errors()) {
    print_error(out.render_sorted(colour_on_stderr()));
    return trouble;
  }
  const Delta delta = compare(*before, *after);
  std::string text = render(delta, arguments.format, arguments.format == DeltaFormat::text && colour_on_stdout());
  if (!text.empty() && text.back() != '\n') text += '\n';
  print(text);
  return delta.empty() ? equal : differ;
}

}  // namespace sonde::core::cli
