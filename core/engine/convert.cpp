#include "engine/convert.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/text.hpp"

namespace sonde::core {

sonde_err to_scalar(const sonde_value& v, uint32_t field_type, Scalar* out) {
  if (field_type != SONDE_NULL && v.type != field_type) return SONDE_E_TYPE;
  out->type = v.type;
  out->number = 0;
  out->text.clear();
  const std::string_view text = v.as.s.ptr ? std::string_view(v.as.s.ptr, v.as.s.len) : std::string_view();
  switch (v.type) {
    case SONDE_BOOL: out->number = v.as.u != 0 ? 1 : 0; return SONDE_OK;
    case SONDE_I64:
    case SONDE_U64:
    case SONDE_TIME: out->number = v.as.u; return SONDE_OK;
    case SONDE_F64:
      if (!std::isfinite(v.as.f)) return SONDE_E_INVALID;  // JSON has no word for it
      out->number = std::bit_cast<uint64_t>(v.as.f);
      return SONDE_OK;
    case SONDE_TEXT: out->text = is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text); return SONDE_OK;
    case SONDE_BYTES: out->text = text; return SONDE_OK;
    case SONDE_IP: out->text.assign(reinterpret_cast<const char*>(v.as.ip), sizeof v.as.ip); return SONDE_OK;
    case SONDE_JSON:
      if (!parse_json(text)) return SONDE_E_INVALID;
      out->text = text;
      return SONDE_OK;
    default: return SONDE_E_TYPE;
  }
}

sonde_value to_abi(const Scalar& s) {
  sonde_value v{};
  v.type = s.type;
  switch (s.type) {
    case SONDE_TEXT:
    case SONDE_BYTES:
    case SONDE_JSON: v.as.s = {s.text.data(), s.text.size()}; break;
    case SONDE_IP: std::memcpy(v.as.ip, s.text.data(), std::min(s.text.size(), sizeof v.as.ip)); break;
    default: v.as.u = s.number;
  }
  return v;
}

sonde_err store_fact(const Field& field, FieldId id, uint8_t stage, std::string_view key, const sonde_value& value,
                     std::vector<Fact>& facts, std::size_t first) {
  if (field.shape == SONDE_MAP ? key.empty() : !key.empty()) return SONDE_E_INVALID;
  Scalar scalar;
  if (sonde_err e = to_scalar(value, field.type, &scalar); e != SONDE_OK) return e;
  std::string clean_key = is_valid_utf8(key) ? std::string(key) : to_valid_utf8(key);
  for (std::size_t i = first; i < facts.size(); ++i) {
    Fact& f = facts[i];
    if (f.field != id || f.key != clean_key) continue;
    if (field.shape != SONDE_LIST) {
      f.value = std::move(scalar);
      return SONDE_OK;
    }
    if (f.value == scalar) return SONDE_OK;  // a set
  }
  facts.push_back(Fact{id, stage, std::move(clean_key), std::move(scalar)});
  return SONDE_OK;
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
      seen = field.shape == SONDE_SCALAR || (field.shape == SONDE_MAP ? facts[j].key == facts[i].key
                                                                     : facts[j].value == facts[i].value);
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
