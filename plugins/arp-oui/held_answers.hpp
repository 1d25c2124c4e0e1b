// Answers that wait a moment before they are told: whether a hardware address stands for one host or, as a proxy's, for
// many shows only when its other answers have come. Without the wait the first few would carry the proxy's vendor, and
// which those are would change from run to run.
#pragma once
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "common-linux/attempts.hpp"
#include "common-linux/mac.hpp"

namespace sonde::arp_oui {

struct HeldAnswer {
  sonde_task task = 0;
  net::Mac mac{};
};

class HeldAnswers {
 public:
  static constexpr uint32_t many = 4;  // more addresses than these behind one card are a proxy's

  explicit HeldAnswers(int64_t wait) : wait_(wait) {}

  // One more IPv4 address answered from this card. The number is for take().
  uint32_t add(sonde_task task, const net::Mac& mac, int64_t now) {
    ++addresses_of_[net::number(mac)];
    const uint32_t index = held_.open(task, mac);
    held_.sent(index, now, 0, wait_);
    return index;
  }
  bool shared(const net::Mac& mac) const {
    const auto it = addresses_of_.find(net::number(mac));
    return it != addresses_of_.end() && it->second > many;
  }
  // The next one that has waited long enough.
  std::optional<HeldAnswer> take_due(int64_t now) {
    const auto next = held_.next_end(now);
    if (next.what != net::Attempts<net::Mac>::Due::give_up) return std::nullopt;
    return take(next.slot, held_[next.slot].task);
  }
  std::optional<HeldAnswer> take(uint32_t index, sonde_task task) {
    const auto* slot = held_.find(index);
    if (!slot || slot->task != task) return std::nullopt;
    const HeldAnswer answer = {slot->task, slot->question};
    held_.close(index);
    return answer;
  }
  int64_t due() { return held_.end_due(); }

 private:
  int64_t wait_;
  net::Attempts<net::Mac> held_{1};
  std::unordered_map<uint64_t, uint32_t> addresses_of_;
};

}  // namespace sonde::arp_oui
