// A file of the IEEE's registry, and look-ups in whatever it holds.
#include <cstring>
#include <string>

#include "arp-oui/oui.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sonde::net::Mac mac{};
  std::memcpy(mac.data(), data, size < 6 ? size : 6);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool with_header : {false, true}) {
    sonde::arp_oui::OuiTableBuilder builder;
    const std::string header = "Registry,Assignment,Organization Name,Organization Address\n";
    builder.add_csv(with_header ? header + std::string(text) : std::string(text));
    builder.build().vendor(mac);
  }
  return 0;
}
