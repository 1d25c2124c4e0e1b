#include "host.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace sonde::nmap_xml {

namespace {
constexpr std::size_t most_names = 64;  // addresses, names of one host

bool from_the_host(const std::string& state) {
  return state == "open" || state == "closed" || state == "unfiltered";
}

template <class T>
void take_if_empty(T& mine, T& other) {
  if (mine.empty()) mine = std::move(other);
}

void add_missing(Port& mine, Port&& other) {
  take_if_empty(mine.banner, other.banner);
  take_if_empty(mine.scripts, other.scripts);
  for (auto& member : other.members)
    if (std::none_of(mine.members.begin(), mine.members.end(), [&](const auto& m) { return m.first == member.first; }))
      mine.members.push_back(std::move(member));
}
}  // namespace

bool Host::answered() const {
  if (down()) return false;
  if (state == "up" && !reason.empty() && reason != "user-set") return true;
  return std::any_of(ports.begin(), ports.end(), [](const Port& p) { return from_the_host(p.state); }) ||
         std::any_of(others.begin(), others.end(),
                     [](const States& s) { return s.count > 0 && from_the_host(s.state); });
}

bool Host::informative() const {
  return !down() && (!os.empty() || !scripts.empty() || !mac.empty() || !names.empty() ||
                     std::any_of(ports.begin(), ports.end(), [](const Port& p) { return p.state == "open"; }));
}

void Host::merge(Host&& other) {
  if (other.down()) return;
  if (down() || state.empty() || (!answered() && other.answered())) {
    state = other.state;
    reason = other.reason;
  }
  take_if_empty(mac, other.mac);
  take_if_empty(vendor, other.vendor);
  take_if_empty(scripts, other.scripts);
  take_if_empty(os, other.os);
  take_if_empty(trace, other.trace);
  take_if_empty(uptime, other.uptime);
  take_if_empty(others, other.others);
  if (!distance) distance = other.distance;
  if (time == 0) time = other.time;
  for (const Address& a : other.addresses)
    if (addresses.size() < most_names && std::find(addresses.begin(), addresses.end(), a) == addresses.end())
      addresses.push_back(a);
  for (auto& name : other.names)
    if (names.size() < most_names && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  std::move(other.ports.begin(), other.ports.end(), std::back_inserter(ports));
}

void Host::fold_ports() {
  const auto key = [](const Port& p) { return std::tie(p.protocol, p.number); };
  std::stable_sort(ports.begin(), ports.end(), [&](const Port& a, const Port& b) {
    return key(a) != key(b) ? key(a) < key(b) : a.state == "open" && b.state != "open";
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (kept > 0 && key(ports[kept - 1]) == key(ports[i]))
      add_missing(ports[kept - 1], std::move(ports[i]));
    else if (kept++ != i)
      ports[kept - 1] = std::move(ports[i]);
  }
  ports.resize(kept);
}

}  // namespace sonde::nmap_xml
