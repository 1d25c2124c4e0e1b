// Input, act, expectation; a failure names its line.
#include "hosts.hpp"

#include <cstdio>

static int failures = 0;
#define CHECK(condition) \
  if (!(condition)) ++failures, std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition)

int main() {
  Host host;
  CHECK(read_line("192.0.2.10 printer-1  second floor \r", host) == Line::host);
  CHECK(host.ip[10] == 0xff && host.ip[12] == 192 && host.ip[15] == 10);
  CHECK(host.name == "printer-1" && host.note == "second floor");
  CHECK(read_line("\t2001:db8::1", host) == Line::host);
  CHECK(host.ip[0] == 0x20 && host.ip[10] == 0 && host.ip[15] == 1 && host.name.empty() && host.note.empty());
  for (const char* text : {"", "  ", "\r", "# 192.0.2.10", "  #"}) CHECK(read_line(text, host) == Line::blank);
  for (const char* text : {"192.0.2", "printer-1 192.0.2.10", "192.0.2.10/24", "2001:db8::1%eth0"})
    CHECK(read_line(text, host) == Line::wrong);
  return failures == 0 ? 0 : 1;
}
