// What is known of each port of each host that is being asked, an octet a port; and the ports that only a machine which
// answers for everything would have open. Pure state.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common-linux/ip.hpp"
#include "common-linux/siphash.hpp"

namespace sonde::tcp_syn {

// In order of weight: an answer that weighs more replaces one that weighs less.
enum class PortState : uint8_t {
  silent,
  withheld,     // as silent; but behind a SYN that left, this machine let another one not out
  unreachable,  // an ICMP error that may pass; still waited for
  refused,      // this machine let no SYN to it out; nothing was asked
  filtered,     // an ICMP error that does not pass
  closed,
  open
};
constexpr bool is_settled(PortState s) {
  return s >= PortState::refused;
}

constexpr bool has_said_nothing(PortState s) {
  return s <= PortState::withheld;
}

// Ports of one host on which nothing listens as far as anybody knows. Who accepts those accepts everything.
inline constexpr size_t most_decoys = 3;
struct Decoys {
  std::array<uint16_t, most_decoys> ports{};
  uint8_t count = 0;
};

class PortTable {
 public:
  // The asked ports in their order, each once.
  explicit PortTable(std::vector<uint16_t> ports);

  std::span<const uint16_t> asked() const { return ports_; }
  // Places of a host: its asked ports, then its decoys.
  size_t width() const { return ports_.size() + most_decoys; }
  // Where an asked port stands.
  std::optional<uint32_t> place_of(uint16_t port) const;
  // The same each time under this key, different for each host; fewer than three only when nearly all ports are asked.
  Decoys decoys_for(const net::SipKey&, const net::Ip&) const;

  // Room for that many hosts; what is there stays.
  void grow(size_t hosts);
  void clear(uint32_t host);

  PortState state(uint32_t host, uint32_t place) const { return cell(host, place).state; }
  // True when that is news.
  bool learn(uint32_t host, uint32_t place, PortState);
  // Attempts that left for it, of most_sent at most.
  uint8_t sent(uint32_t host, uint32_t place) const { return cell(host, place).sent; }
  void add_sent(uint32_t host, uint32_t place, int n);

  static constexpr unsigned most_sent = 31;

 private:
  struct Cell {
    PortState state : 3 = PortState::silent;
    uint8_t sent : 5 = 0;  // most_sent
  };
  const Cell& cell(uint32_t host, uint32_t place) const { return cells_[host * width() + place]; }
  Cell& cell(uint32_t host, uint32_t place) { return cells_[host * width() + place]; }

  static constexpr uint16_t nowhere = 0xffff;
  std::vector<uint16_t> ports_;
  std::vector<uint16_t> places_;  // by port
  std::vector<Cell> cells_;
};
inline constexpr unsigned most_tries = 16;

// More than half of the asked ports are open and none refuses: worth asking the decoys.
constexpr bool is_suspicious(size_t open, size_t closed, size_t asked) {
  return closed == 0 && 2 * open > asked;
}
// Whether that host answers for every port. Without decoys (all ports were asked) the suspicion decides.
bool answers_for_everything(std::span<const PortState> decoys);

}  // namespace sonde::tcp_syn
