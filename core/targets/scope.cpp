// Judging one address: exclusions first, then what is never touched, then broadcast, then public.
#include "targets/scope.hpp"

namespace sonde::core {
namespace {

constexpr uint8_t proto_tcp = 6;

/// The IPv4 address that an IPv6 one leads to: NAT64, 6to4, Teredo (whose client address is stored inverted).
const IpAddress* embedded(const IpAddress& a, IpAddress& storage) {
  if (a.is_v4()) return nullptr;
  const uint128 n = a.number();
  const auto top = static_cast<uint64_t>(n >> 64);
  const auto low = static_cast<uint64_t>(n);
  if (top == 0x0064ff9b00000000ULL && low >> 32 == 0) {
    storage = IpAddress::v4(static_cast<uint32_t>(low));
  } else if (top >> 48 == 0x2002) {
    storage = IpAddress::v4(static_cast<uint32_t>(top >> 16));
  } else if (top >> 32 == 0x20010000) {
    storage = IpAddress::v4(~static_cast<uint32_t>(low));
  } else {
    return nullptr;
  }
  return &storage;
}

bool is_forbidden(const IpAddress& a) {
  if (!a.is_v4()) return a.number() == 0 || a.bytes()[0] == 0xff;
  const uint32_t n = a.v4_number();
  return n >> 24 == 0 || n >> 28 >= 14;  // 0/8, 224/4, 240/4 with 255.255.255.255
}

bool is_loopback(const IpAddress& a) {
  return a.is_v4() ? a.v4_number() >> 24 == 127 : a.number() == 1;
}

}  // namespace

const std::vector<AddressRange>& embedding_blocks() {
  static const std::vector<AddressRange> blocks = [] {
    std::vector<AddressRange> out;
    for (const char* text : {"64:ff9b::/96", "2002::/16", "2001::/32"}) {
      const Cidr block = Cidr::parse(text).value();
      out.push_back({block.first(), block.last()});
    }
    return out;
  }();
  return blocks;
}

bool is_print_port(uint64_t port) {
  return port == 515 || (port >= 9100 && port <= 9107);
}

Scope::Scope(AddressSet exclusions, Rules rules, std::vector<ConnectedPrefix> connected)
    : exclusions_(std::move(exclusions)), rules_(rules), connected_(std::move(connected)) {
  exclusions_.normalise();
  for (const ConnectedPrefix& c : connected_)
    if (c.prefix.network.is_v4() && c.prefix.length <= 30) broadcasts_.add(c.prefix.last());
  broadcasts_.add(IpAddress::v4(0x7fffffff));
  broadcasts_.normalise();
}

Verdict Scope::judge(const IpAddress& given) const {
  if (exclusions_.contains(given)) return Verdict::excluded;
  IpAddress inner;
  const IpAddress* inside = embedded(given, inner);
  const IpAddress& a = inside != nullptr ? *inside : given;
  if (inside != nullptr && exclusions_.contains(a)) return Verdict::excluded;
  if (is_forbidden(a)) return Verdict::forbidden;
  if (broadcasts_.contains(a)) return Verdict::broadcast;
  if (!rules_.allow_public && is_public(a)) return Verdict::needs_allow_public;
  return Verdict::allowed;
}

Verdict Scope::judge(const IpAddress& a, uint8_t proto, uint16_t port) const {
  const Verdict v = judge(a);
  if (v == Verdict::allowed && proto == proto_tcp && !rules_.allow_print_ports && is_print_port(port))
    return Verdict::print_port;
  return v;
}

const ConnectedPrefix* Scope::on_link(const IpAddress& a) const {
  if (is_loopback(a)) return nullptr;
  const ConnectedPrefix* longest = nullptr;
  for (const ConnectedPrefix& c : connected_) {
    if (c.own == a) return nullptr;
    if (c.prefix.contains(a) && (longest == nullptr || c.prefix.length > longest->prefix.length)) longest = &c;
  }
  return longest;
}

std::string_view describe(Verdict v) {
  switch (v) {
    case Verdict::allowed:
      return "allowed";
    case Verdict::excluded:
      return "excluded by the pipeline";
    case Verdict::forbidden:
      return "never scanned: unspecified, multicast, reserved or broadcast address";
    case Verdict::needs_allow_public:
      return "public address; allow_public: true permits it";
    case Verdict::broadcast:
      return "broadcast address of a connected network";
    case Verdict::print_port:
      return "printer port; allow_print_ports: true permits it";
  }
  return "unknown";
}

}  // namespace sonde::core
