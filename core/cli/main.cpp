// sonde: reads the command line, executes the command, and turns whatever went wrong into an exit code.
#include <malloc.h>

#include <csignal>
#include <exception>

#include "base/messages.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"

int main(int argc, char** argv) {
  using namespace sonde::core;
  // A reader that leaves (`sonde list | head`) is met as an error of write(), not as a death without a word.
  std::signal(SIGPIPE, SIG_IGN);
#ifdef M_MMAP_THRESHOLD
  // What is larger goes back to the system when it is freed. Without this glibc raises the threshold with the first
  // one, and each array that grows by doubling leaves holes as large as itself.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  int code = static_cast<int>(Exit::trouble);
  bool comparing = false;
  try {
    auto parsed = cli::parse_command_line(argc, argv);
    if (const int* done = std::get_if<int>(&parsed)) {
      code = *done;
    } else {
      // To diff(1) and whoever calls it, 1 means "changed": trouble is 2 there, whatever it is.
      comparing = std::holds_alternative<cli::DiffArguments>(std::get<cli::Command>(parsed));
      if (comparing) code = 2;
      code = std::visit([](const auto& arguments) { return cli::execute(arguments); }, std::get<cli::Command>(parsed));
    }
  } catch (const std::exception& e) {
    cli::print_error(std::string("sonde: internal error: ") + e.what() + "\n");
  }
  if (!cli::finish_output()) code = comparing ? 2 : code == 0 ? static_cast<int>(Exit::output) : code;
  return code;
}
