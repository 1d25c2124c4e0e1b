/* Input, act, expectation; a failure names its line. */
#include "cell.h"

#include <stdlib.h>
#include <string.h>

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)

static int is(const char* text, const char* expected) {
  char found[100] = "";
  FILE* out = tmpfile();
  if (!out) abort();
  write_cell(out, text, strlen(text));
  rewind(out);
  found[fread(found, 1, sizeof found - 1, out)] = '\0';
  fclose(out);
  return strcmp(found, expected) == 0;
}

int main(void) {
  CHECK(is("OpenSSH 9.2", "OpenSSH 9.2"));
  CHECK(is("a\tb\nc", "a\\x09b\\x0ac"));
  CHECK(is("\033[2J", "\\x1b[2J"));
  CHECK(is("C:\\", "C:\\x5c"));
  CHECK(is("", ""));
  return failures == 0 ? 0 : 1;
}
