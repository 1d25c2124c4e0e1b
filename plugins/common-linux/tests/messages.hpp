// Builds rtnetlink messages for tests, attribute by attribute.
#pragma once
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace sonde::net {

class Message {
 public:
  template <class Fixed>
  Message(uint16_t type, uint32_t sequence, const Fixed& fixed, uint16_t flags = NLM_F_MULTI) {
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_seq = sequence;
    head.nlmsg_flags = flags;
    append(&head, sizeof head);
    append(&fixed, sizeof fixed);
    pad();
  }
  Message& attribute(uint16_t type, const std::vector<uint8_t>& value) {
    rtattr head{};
    head.rta_type = type;
    head.rta_len = static_cast<uint16_t>(sizeof head + value.size());
    append(&head, sizeof head);
    append(value.data(), value.size());
    pad();
    return *this;
  }
  Message& number(uint16_t type, uint32_t value) {
    std::vector<uint8_t> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return attribute(type, bytes);
  }
  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> out = bytes_;
    const auto length = static_cast<uint32_t>(out.size());
    std::memcpy(out.data(), &length, sizeof length);
    return out;
  }

 private:
  void append(const void* from, size_t n) {
    const auto* p = static_cast<const uint8_t*>(from);
    bytes_.insert(bytes_.end(), p, p + n);
  }
  void pad() { bytes_.resize((bytes_.size() + 3) & ~size_t{3}); }
  std::vector<uint8_t> bytes_;
};

}  // namespace sonde::net
