// sonde plugin check: whether a library keeps to the contract of the ABI.
#include "check/check.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"

namespace sonde::core::cli {

int execute(const PluginCheckArguments& arguments) {
  if (arguments.list) {
    print(check::test_table());
    return 0;
  }
  check::CheckRequest request;
  request.file = arguments.file;
  request.only = arguments.only;
  request.kind = arguments.kind;
  request.sets = arguments.sets;
  request.seed = arguments.seed;
  if (arguments.time_limit_s != 0) request.time_limit = std::chrono::seconds(arguments.time_limit_s);
  const auto report = check::run_check(request);
  if (!report) {
    print_error(render(report.error(), colour_on_stderr()));
    return static_cast<int>(Exit::usage);
  }
  print(arguments.json ? in_json(*report) : in_text(*report, colour_on_stdout()));
  return report->passed() ? 0 : static_cast<int>(Exit::trouble);
}

}  // namespace sonde::core::cli
