// Frames from a link: ARP replies and Neighbour Advertisements.
#include "arp-oui/arp.hpp"
#include "arp-oui/mac_class.hpp"
#include "arp-oui/ndp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> frame(data, size);
  if (const auto reply = sonde::arp_oui::parse_arp_reply(frame)) sonde::arp_oui::classify(reply->mac);
  if (const auto advertisement = sonde::arp_oui::parse_advertisement(frame))
    sonde::arp_oui::classify(advertisement->mac.value_or(advertisement->frame_source));
  return 0;
}
