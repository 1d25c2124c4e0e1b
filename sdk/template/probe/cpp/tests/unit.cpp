// Input, act, expectation; a failure names its line.
#include "line.hpp"

#include <cstdio>
#include <string>

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)

int main() {
  CHECK(first_line("220 ready\r\nmore") == "220 ready");
  CHECK(first_line("\n") == "");
  CHECK(!first_line("220 rea"));
  CHECK(!first_line(""));
  CHECK(first_line(std::string(600, 'x')) == std::string(512, 'x'));
  return failures == 0 ? 0 : 1;
}
