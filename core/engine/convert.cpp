#include "engine/convert.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

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

namespace {
/// Calls visit(fact) for each item in order until it returns true.
template <class F>
void each_item(const Field& field, FieldId id, std::span<const Fact> facts, F&& visit) {
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].field != id) continue;
    bool seen = false;
    for (std::size_t j = 0; j < i && !seen; ++j) {
      if (facts[j].field != id) continue;
      seen = field.shape == SONDE_SCALAR ||
             (field.shape == SONDE_MAP ? facts[j].key == facts[i].key : facts[j].value == facts[i].value);
    }
    if (!seen && visit(facts[i])) return;
  }
}
}  // namespace

uint32_t count_items(const Field& field, FieldId id, std::span<const Fact> facts) {
  uint32_t n = 0;
  each_item(field, id, facts, [&](const Fact&) { return ++n, false; });
  return n;
}

const Fact* find_item(const Field& field, FieldId id, std::span<const Fact> facts, uint32_t item) {
  const Fact* found = nullptr;
  each_item(field, id, facts, [&](const Fact& f) { return item-- == 0 ? (found = &f, true) : false; });
  return found;
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
