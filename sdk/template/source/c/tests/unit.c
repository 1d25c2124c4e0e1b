/* Input, act, expectation; a failure names its line. */
#include "hosts.h"

#include <stdio.h>
#include <string.h>

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)

static int is(const char* found, size_t size, const char* expected) {
  return size == strlen(expected) && memcmp(found, expected, size) == 0;
}
static int read_text(const char* text, host_line* out) {
  return read_host(text, strlen(text), out);
}

int main(void) {
  host_line host;
  CHECK(read_text("192.0.2.10 printer-1  second floor \r\n", &host) == LINE_HOST);
  CHECK(host.ip[10] == 0xff && host.ip[12] == 192 && host.ip[15] == 10);
  CHECK(is(host.name, host.name_size, "printer-1") && is(host.note, host.note_size, "second floor"));
  CHECK(read_text("\t2001:db8::1\n", &host) == LINE_HOST);
  CHECK(host.ip[0] == 0x20 && host.ip[10] == 0 && host.ip[15] == 1 && host.name_size == 0 && host.note_size == 0);
  CHECK(read_text("", &host) == LINE_BLANK);
  CHECK(read_text(" \r\n", &host) == LINE_BLANK);
  CHECK(read_text("# 192.0.2.10\n", &host) == LINE_BLANK);
  CHECK(read_text("192.0.2\n", &host) == LINE_WRONG);
  CHECK(read_text("printer-1 192.0.2.10\n", &host) == LINE_WRONG);
  CHECK(read_text("192.0.2.10/24\n", &host) == LINE_WRONG);
  CHECK(read_text("2001:db8::1%eth0\n", &host) == LINE_WRONG);
  CHECK(read_host("192.0.2.1\0", 10, &host) == LINE_WRONG);
  return failures == 0 ? 0 : 1;
}
