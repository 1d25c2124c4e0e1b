// What arrives on ICMP sockets: replies and errors with quoted packets, as both families deliver them and as frames.
#include <cstdlib>

#include "icmp/echo.hpp"
#include "icmp/quoted.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sonde::icmp;
  const std::span<const uint8_t> packet(data, size);
  const EchoIdentity self = {{1, 2}, 0xbeef};
  const auto inside = sonde::net::strip_ip4(packet, 1);
  const auto frame = sonde::net::read_frame(packet);
  for (const auto& icmp : {inside.value_or(packet), frame ? frame->payload : packet, packet}) {
    if (const auto claim = read_claim(icmp)) proves(*claim, {}, self, true);
    for (const auto& quoted : {read_error4(icmp), read_error6(icmp)})
      if (quoted) {
        proves(quoted->claim, quoted->to, self, true);
        if (!sonde::net::describe_error(true, quoted->type, quoted->code)) std::abort();
      }
  }
  return 0;
}
