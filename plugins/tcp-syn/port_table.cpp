#include "tcp-syn/port_table.hpp"

#include <algorithm>
#include <utility>

namespace sonde::tcp_syn {
namespace {

// Below what systems give to clients and to RPC, above what has a name.
constexpr uint32_t first_decoy = 20000, decoy_range = 10000;

}  // namespace

PortTable::PortTable(std::vector<uint16_t> ports) : ports_(std::move(ports)), places_(0x10000, nowhere) {
  for (size_t i = 0; i < ports_.size(); ++i) places_[ports_[i]] = static_cast<uint16_t>(i);
}

std::optional<uint32_t> PortTable::place_of(uint16_t port) const {
  const uint16_t place = places_[port];
  return place == nowhere ? std::nullopt : std::optional<uint32_t>(place);
}

Decoys PortTable::decoys_for(const net::SipKey& key, const net::Ip& ip) const {
  Decoys out;
  uint64_t hash = net::siphash(key, ip);
  while (out.count < most_decoys) {
    const uint32_t start = static_cast<uint32_t>(hash % decoy_range);
    bool found = false;
    for (uint32_t i = 0; i < decoy_range && !found; ++i) {
      const auto port = static_cast<uint16_t>(first_decoy + (start + i) % decoy_range);
      const auto end = out.ports.begin() + out.count;
      found = places_[port] == nowhere && std::find(out.ports.begin(), end, port) == end;
      if (found) *end = port;
    }
    if (!found) break;
    ++out.count;
    hash >>= 16;
  }
  return out;
}

void PortTable::grow(size_t hosts) {
  if (cells_.size() < hosts * width()) cells_.resize(hosts * width());
}

void PortTable::clear(uint32_t host) {
  std::fill_n(cells_.begin() + static_cast<std::ptrdiff_t>(host * width()), width(), Cell{});
}

bool PortTable::learn(uint32_t host, uint32_t place, PortState state) {
  Cell& c = cell(host, place);
  if (c.state >= state) return false;
  c.state = state;
  return true;
}

void PortTable::add_sent(uint32_t host, uint32_t place, int n) {
  Cell& c = cell(host, place);
  c.sent = static_cast<uint8_t>((static_cast<unsigned>(c.sent + n)) & most_sent);
}

// A lost answer must not acquit; a refused port does, since a machine that answers for everything refuses nothing.
bool answers_for_everything(std::span<const PortState> decoys) {
  const auto open = std::count(decoys.begin(), decoys.end(), PortState::open);
  const auto closed = std::count(decoys.begin(), decoys.end(), PortState::closed);
  return closed == 0 && 2 * static_cast<size_t>(open) >= decoys.size();
}

}  // namespace sonde::tcp_syn
