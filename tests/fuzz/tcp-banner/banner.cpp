// Cleaning, telnet and the recogniser: whatever comes in, what comes out is bounded and free of controls.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "clean.hpp"
#include "recognise.hpp"
#include "telnet.hpp"

using namespace sonde::tcp_banner;

namespace {
void require_clean(std::string_view text) {
  if (text.size() > banner_bound) std::abort();
  for (char c : text) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) std::abort();
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto port = static_cast<uint16_t>(data[0] << 8 | data[1]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  require_clean(one_line(bytes));
  if (without_negotiation(bytes).size() > bytes.size()) std::abort();
  greeting_complete(bytes);
  const Service service = recognise(port, bytes);
  for (const auto* text : {&service.product, &service.version, &service.extra, &service.banner, &service.http_location,
                           &service.http_realm}) {
    require_clean(*text);
  }
  return 0;
}
