// The parser of tests/outside/mdns: no crash on any message, and names that a terminal can bear.
#include "../../outside/mdns/message.h"

#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto id = static_cast<uint16_t>(size < 2 ? 0 : data[0] << 8 | data[1]);
  int seen = 0;
  const auto found = [](void* count, const char* name) {
    ++*static_cast<int*>(count);
    const size_t length = std::strlen(name);
    if (length == 0 || length >= MDNS_NAME_SIZE || name[0] != '_') __builtin_trap();
    for (size_t i = 0; i < length; ++i)
      if (name[i] <= 0x20 || name[i] == 0x7f) __builtin_trap();
  };
  const int services = mdns_services(data, size, id, found, &seen);
  if (services != seen && !(services < 0 && seen == 0)) __builtin_trap();
  if (mdns_services(data, size, static_cast<uint16_t>(id + 1), found, &seen) != -1) __builtin_trap();
  return 0;
}
