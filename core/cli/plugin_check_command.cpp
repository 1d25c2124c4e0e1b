// sonde plugin check: whether a library, or each of a directory, keeps to the contract of the ABI.
#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "check/check.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"

namespace sonde::core::cli {
namespace {

namespace fs = std::filesystem;

check::CheckRequest request_of(const PluginCheckArguments& arguments, const std::string& file) {
  check::CheckRequest request;
  request.file = file;
  request.only = arguments.only;
  request.kind = arguments.kind;
  request.sets = arguments.sets;
  request.seed = arguments.seed;
  if (arguments.time_limit_s != 0) request.time_limit = std::chrono::seconds(arguments.time_limit_s);
  return request;
}

/// What a run would look at in that directory, by name.
std::vector<std::string> libraries_in(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code ec;
  for (fs::directory_iterator entry(directory, ec), end; !ec && entry != end; entry.increment(ec))
    if (entry->path().extension() == ".so" && !entry->is_directory(ec)) out.push_back(entry->path().string());
  std::sort(out.begin(), out.end());
  return out;
}

int check_directory(const PluginCheckArguments& arguments) {
  const std::vector<std::string> files = libraries_in(arguments.file);
  if (files.empty()) {
    print_error(render(failure("bad-argument", "no library (*.so) is in " + printable(arguments.file),
                               "name the library of a plugin, or the directory that it was built into")
                           .value(),
                       colour_on_stderr()));
    return static_cast<int>(Exit::usage);
  }
  Value::Array reports;
  bool passed = true, all_begun = true;
  for (const std::string& file : files) {
    const auto report = check::run_check(request_of(arguments, file));
    passed &= report && report->passed();
    all_begun &= report.has_value();
    if (!report) print_error(render(report.error(), colour_on_stderr()));
    if (arguments.json) {
      Value not_begun{Value::Object{}};
      not_begun.set("file", Value(file));
      not_begun.set("error", Value(report ? std::string() : report.error().text));
      reports.push_back(report ? in_value(*report) : std::move(not_begun));
    } else {
      print("== " + printable(file) + "\n" + (report ? in_text(*report, colour_on_stdout()) : "not checked\n"));
    }
  }
  if (arguments.json) {
    Value out{Value::Object{}};
    out.set("directory", Value(arguments.file));
    out.set("passed", Value(passed));
    out.set("libraries", Value(std::move(reports)));
    print(to_json(out, 2) + "\n");
  }
  return static_cast<int>(!all_begun ? Exit::usage : passed ? Exit::ok : Exit::trouble);
}

}  // namespace

int execute(const PluginCheckArguments& arguments) {
  if (arguments.list) {
    print(check::test_table());
    return 0;
  }
  std::error_code ec;
  if (fs::is_directory(arguments.file, ec)) return check_directory(arguments);
  const auto report = check::run_check(request_of(arguments, arguments.file));
  if (!report) {
    print_error(render(report.error(), colour_on_stderr()));
    return static_cast<int>(Exit::usage);
  }
  print(arguments.json ? to_json(in_value(*report), 2) + "\n" : in_text(*report, colour_on_stdout()));
  return report->passed() ? 0 : static_cast<int>(Exit::trouble);
}

}  // namespace sonde::core::cli
