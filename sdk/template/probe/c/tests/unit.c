/* Input, act, expectation; a failure names its line. */
#include "line.h"

#include <stdio.h>
#include <string.h>

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)
#define INCOMPLETE ((size_t)-1)

int main(void) {
  CHECK(first_line("220 ready\r\nmore", 15, 512) == 9);
  CHECK(first_line("\n", 1, 512) == 0);
  CHECK(first_line("220 rea", 7, 512) == INCOMPLETE);
  CHECK(first_line("", 0, 512) == INCOMPLETE);
  CHECK(first_line("too long a line\n", 16, 8) == 8);
  return failures == 0 ? 0 : 1;
}
