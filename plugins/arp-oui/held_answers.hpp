// Answers that wait a moment before they are told: whether a hardware address stands for one host or, as a proxy's, for
// many shows only when its other answers have come. Without the wait the first few would carry the proxy's vendor, and
// which those are would change from run to run.
#pragma once
#include <sonde/plugin.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "common-linux/mac.hpp"
#include "common-linux/turn_queue.hpp"

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
    held_.push_back({{task, mac}, now + wait_, false});
    return first_ + static_cast<uint32_t>(held_.size()) - 1;
  }
  bool shared(const net::Mac& mac) const {
    const auto it = addresses_of_.find(net::number(mac));
    return it != addresses_of_.end() && it->second > many;
  }
  // The next one that has waited long enough.
  std::optional<HeldAnswer> take_due(int64_t now) {
    if (due() > now) return std::nullopt;
    return take(first_, held_.front().answer.task);
  }
  std::optional<HeldAnswer> take(uint32_t number, sonde_task task) {
    const uint32_t index = number - first_;
    if (index >= held_.size() || held_[index].told || held_[index].answer.task != task) return std::nullopt;
    held_[index].told = true;
    return held_[index].answer;
  }
  int64_t due() {
    for (; !held_.empty() && held_.front().told; ++first_) held_.pop_front();
    return held_.empty() ? net::never : held_.front().due;
  }

 private:
  struct Held {
    HeldAnswer answer;
    int64_t due;
    bool told;
  };
  int64_t wait_;
  std::deque<Held> held_;  // all wait equally long, so the first is due first
  uint32_t first_ = 0;     // its number
  std::unordered_map<uint64_t, uint32_t> addresses_of_;
};

}  // namespace sonde::arp_oui
