// Input, act, expectation; a failure names its line.
#include "cell.hpp"

#include <cstdio>

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)

static std::string cell(std::string_view text) {
  std::string out;
  append_cell(out, text);
  return out;
}

static std::string cell(uint32_t type, std::string_view text) {
  std::string out;
  sonde_value value{};
  value.type = type;
  value.as.s = sonde::str(text);
  append_value(out, value);
  return out;
}

int main() {
  CHECK(cell("OpenSSH 9.2") == "OpenSSH 9.2");
  CHECK(cell("a\tb\nc") == "a\\x09b\\x0ac");
  CHECK(cell("\x1b[2J") == "\\x1b[2J");
  CHECK(cell("C:\\") == "C:\\x5c");
  CHECK(cell("") == "");
  CHECK(cell(SONDE_TEXT, "a\tb") == "a\\x09b");
  CHECK(cell(SONDE_JSON, "{\t\"a\":\n1}") == "{\\x09\"a\":\\x0a1}");
  return failures == 0 ? 0 : 1;
}
