#include "engine/convert.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace sonde::core {

sonde_value to_abi(const Scalar& s) {
  sonde_value v{};
  v.type = s.type;
  switch (s.type) {
    case SONDE_TEXT:
    case SONDE_BYTES:
    case SONDE_JSON:
      v.as.s = {s.text.data(), s.text.size()};
      break;
    case SONDE_IP:
      std::memcpy(v.as.ip, s.text.data(), std::min(s.text.size(), sizeof v.as.ip));
      break;
    default:
      v.as.u = s.number;
  }
  return v;
}

void field_items(const Field& field, FieldId id, std::span<const Fact> facts, std::vector<uint32_t>& items) {
  items.clear();
  for (std::size_t i = 0; i < facts.size(); ++i)
    if (facts[i].field == id) items.push_back(static_cast<uint32_t>(i));
  if (items.size() < 2) return;
  if (field.shape == SONDE_SCALAR) return items.resize(1);
  // Equal ones side by side, the earliest first; then back into the order of the stages.
  const bool map = field.shape == SONDE_MAP;
  const auto identity = [&](uint32_t i) {
    const Fact& f = facts[i];
    return map ? std::tuple(std::string_view(f.key), uint32_t{0}, uint64_t{0})
               : std::tuple(std::string_view(f.value.text), f.value.type, f.value.number);
  };
  std::stable_sort(items.begin(), items.end(), [&](uint32_t a, uint32_t b) { return identity(a) < identity(b); });
  const auto same = [&](uint32_t a, uint32_t b) { return identity(a) == identity(b); };
  items.erase(std::unique(items.begin(), items.end(), same), items.end());
  std::sort(items.begin(), items.end());
}

const std::vector<uint32_t>& FieldItems::of(sonde_task task, const Field& field, FieldId id,
                                            std::span<const Fact> known) {
  auto it = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.field == id; });
  if (it == kept_.end()) it = kept_.insert(it, Kept{id, 0, {}});
  if (it->task != task) {
    field_items(field, id, known, it->items);
    it->task = task;
  }
  return it->items;
}

sonde_err write_target(const IpAddress& ip, std::string_view name, sonde_target* out) {
  sonde_target t{};
  const uint32_t size = std::min<uint32_t>(out->size, sizeof t);
  t.size = size;
  std::copy(ip.bytes().begin(), ip.bytes().end(), t.ip);
  t.scope_id = ip.zone();
  t.name = {name.data(), name.size()};
  std::memcpy(out, &t, size);
  return SONDE_OK;
}

sonde_target read_target(const sonde_target& in) {
  sonde_target t{};
  std::memcpy(&t, &in, std::min<std::size_t>(in.size, sizeof t));
  return t;
}

IpAddress address_of(const sonde_target& t) {
  std::array<uint8_t, 16> bytes;
  std::copy(std::begin(t.ip), std::end(t.ip), bytes.begin());
  return IpAddress(bytes, t.scope_id);
}

uint32_t to_sockaddr(const IpAddress& ip, uint16_t port, sockaddr_storage* out) {
  std::memset(out, 0, sizeof *out);
  if (ip.is_v4()) {
    auto* a = reinterpret_cast<sockaddr_in*>(out);
    a->sin_family = AF_INET;
    a->sin_port = htons(port);
    a->sin_addr.s_addr = htonl(ip.v4_number());
    return sizeof *a;
  }
  auto* a = reinterpret_cast<sockaddr_in6*>(out);
  a->sin6_family = AF_INET6;
  a->sin6_port = htons(port);
  std::copy(ip.bytes().begin(), ip.bytes().end(), a->sin6_addr.s6_addr);
  a->sin6_scope_id = ip.zone();
  return sizeof *a;
}

}  // namespace sonde::core
