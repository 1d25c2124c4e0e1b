// Two descriptors, and the environment that says how to treat them.
#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/diagnostic.hpp"
#include "base/text.hpp"

namespace sonde::core::cli {
namespace {

int output_error = 0;

bool no_colour() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || *term == '\0' || std::strcmp(term, "dumb") == 0;
}

}  // namespace

bool stdout_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}
bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1 && !is_dumb();
}
bool colour_on_stdout() {
  return stdout_is_terminal() && !is_dumb() && !no_colour();
}
bool colour_on_stderr() {
  return stderr_is_terminal() && !no_colour();
}

std::size_t terminal_width(int fd) {
  constexpr std::size_t usual = 80;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return size.ws_col;
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && output_error == 0) output_error = errno;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (;;) {
    const auto feed = text.find('\n');
    out += printable(text.substr(0, feed));
    if (feed == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(feed + 1);
  }
}

void print_error(std::string_view text) {
  std::fflush(stdout);  // in order, when both go to one place
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR) return;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool finish_output() {
  if (std::fflush(stdout) != 0 && output_error == 0) output_error = errno;
  if (output_error == 0 || output_error == EPIPE) return true;
  print_error(render(
      {"output-unwritable", std::string("cannot write to the standard output: ") + std::strerror(output_error), ""},
      colour_on_stderr()));
  return false;
}

}  // namespace sonde::core::cli
