// Which addresses may be touched at all. Asked when targets are compiled, and again wherever a socket or a permit is
// handed out (design promise 2).
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {

/// A prefix whose addresses an interface of this machine asks for by ARP or neighbour discovery (no loopback, no
/// tunnels). Read by connected_prefixes() (…_linux.cpp).
struct ConnectedPrefix {
  std::string interface;
  uint32_t ifindex = 0;
  IpAddress own{};
  Cidr prefix{};
};
/// A Diagnostic when the kernel does not tell: without them broadcasts would be asked and neighbour tables filled.
Result<std::vector<ConnectedPrefix>> connected_prefixes();

enum class Verdict : uint8_t { allowed, excluded, forbidden, needs_allow_public, broadcast, print_port };

class Scope {
 public:
  struct Rules {
    bool allow_public = false;
    bool allow_print_ports = false;
  };
  Scope() : Scope({}, {}, {}) {}
  Scope(AddressSet exclusions, Rules rules, std::vector<ConnectedPrefix> connected);

  /// Judges after canonicalising: v4-mapped is v4; 64:ff9b::/96, 2002::/16 and 2001::/32 by the address inside.
  /// forbidden: 0/8, 224/4, 240/4, 255.255.255.255, ::, ff00::/8. Public: not in the IANA special-purpose registries as
  /// not globally reachable (private, loopback, link-local, CGN, ULA, documentation, benchmarking are not public).
  Verdict judge(const IpAddress&) const;
  /// As judge(), and print_port for TCP (proto 6) 515 and 9100-9107 unless allowed.
  Verdict judge(const IpAddress&, uint8_t proto, uint16_t port) const;
  const AddressSet& exclusions() const { return exclusions_; }
  /// Of connected IPv4 networks, and of the loopback network.
  const AddressSet& broadcasts() const { return broadcasts_; }
  const Rules& rules() const { return rules_; }
  /// The longest connected prefix that holds the address (on-link), or nullptr. Own addresses and loopback are on-link
  /// to none.
  const ConnectedPrefix* on_link(const IpAddress&) const;

 private:
  AddressSet exclusions_, broadcasts_;
  Rules rules_{};
  std::vector<ConnectedPrefix> connected_;
};

/// 64:ff9b::/96, 2002::/16 and 2001::/32: whose addresses hold an IPv4 address that they lead to.
const std::vector<AddressRange>& embedding_blocks();

/// TCP 515 and 9100-9107, where many printers print every byte that comes.
bool is_print_port(uint64_t port);

/// Not reserved by IANA for something that is not globally reachable; no canonicalising.
bool is_public(const IpAddress&);

/// "public address; allow_public: true permits it" and so on: for messages and for SONDE_E_DENIED.
std::string_view describe(Verdict);

}  // namespace sonde::core
