#include "check/peers.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/convert.hpp"
#include "engine/sockets.hpp"

namespace sonde::core::check {
namespace {

constexpr int64_t second = 1'000'000'000;
constexpr uint64_t most_of_a_flood = uint64_t{64} << 20;
constexpr std::size_t most_talks = 4096;
constexpr std::string_view greeting = "220 sonde check, be greeted\r\n";

bool on_loopback(const IpAddress& ip) {
  return ip.is_v4() ? ip.v4_number() >> 24 == 127 : ip.number() == 1;
}

}  // namespace

std::string_view to_string(Manner m) {
  constexpr std::string_view names[] = {"a peer that talks", "a silent peer",    "a peer that drops packets",
                                        "a refusing peer",   "a resetting peer", "a peer that closes early",
                                        "a dripping peer",   "a flooding peer",  "a peer that sends garbage"};
  return names[static_cast<std::size_t>(m)];
}

Peers::Peers(Manner manner, uint64_t seed, bool own_network)
    : manner_(manner), own_network_(own_network), random_(seed) {}

Peers::~Peers() {
  close();
}

void Peers::close() {
  for (Talk& t : talks_)
    if (!t.datagrams) close_socket(t.fd, true);
  for (const Place& p : places_)
    if (p.fd >= 0) ::close(p.fd);
  for (const int fd : fillers_) ::close(fd);
  talks_.clear();
  places_.clear();
  fillers_.clear();
}

std::optional<Endpoint> Peers::at(const IpAddress& ip, uint16_t port, uint8_t proto) {
  if (!on_loopback(ip)) return std::nullopt;
  for (const Place& p : places_)
    if (p.ip == ip && p.port == port && p.proto == proto) return p.real;
  Place place{ip, port, proto, {ip, port}, -1};
  if (!(own_network_ && open_place(place, port)) && !open_place(place, 0)) return std::nullopt;
  places_.push_back(place);
  return place.real;
}

bool Peers::exactly_at(const IpAddress& ip, uint16_t port, uint8_t proto) {
  const auto found = at(ip, port, proto);
  return found && found->port == port;
}

bool Peers::open_place(Place& place, uint16_t port) {
  const bool tcp = place.proto == IPPROTO_TCP;
  const bool listens = manner_ != Manner::refusing && (tcp || manner_ != Manner::resetting);
  sockaddr_storage address;
  socklen_t size = to_sockaddr(place.ip, port, &address);
  const int fd = ::socket(address.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;
  if (tcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      (tcp && listens && ::listen(fd, manner_ == Manner::dropping ? 0 : SOMAXCONN) != 0) ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    ::close(fd);
    return false;
  }
  const uint16_t bound = address.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(address).sin_port
                                                      : reinterpret_cast<sockaddr_in6&>(address).sin6_port;
  place.real.port = ntohs(bound);
  place.fd = fd;
  if (!listens && !tcp) {  // a bound datagram socket would swallow what should be refused
    ::close(fd);
    place.fd = -1;
  }
  if (tcp && manner_ == Manner::dropping) fill_backlog(place);
  return true;
}

/// A queue that is full makes the kernel drop what else comes: the nearest to a silent host that loopback has.
void Peers::fill_backlog(const Place& place) {
  for (int i = 0; i < 3; ++i) {
    int refused = 0;
    if (const int fd = open_connection(place.real.ip, place.real.port, IPPROTO_TCP, &refused); fd >= 0)
      fillers_.push_back(fd);
  }
}

bool Peers::pump(int64_t now) {
  bool moved = false;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place place = places_[i];
    if (place.fd < 0 || manner_ == Manner::dropping || manner_ == Manner::refusing) continue;
    moved |= place.proto == IPPROTO_TCP ? accept_from(place, now) : hear_datagram(place, now);
  }
  for (std::size_t i = 0; i < talks_.size(); ++i) moved |= serve(talks_[i], now);
  std::erase_if(talks_, [](const Talk& t) { return t.fd < 0; });
  return moved;
}

int64_t Peers::next() const {
  int64_t at = INT64_MAX;
  for (const Talk& t : talks_) at = std::min(at, t.next);
  return at;
}

bool Peers::accept_from(const Place& place, int64_t now) {
  bool moved = false;
  for (int fd; (fd = ::accept4(place.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    moved = true;
    ++connections_;
    if (manner_ == Manner::resetting || talks_.size() >= most_talks) {
      close_socket(fd, true);
      continue;
    }
    Talk talk;
    talk.fd = fd;
    talk.next = now;
    talks_.push_back(std::move(talk));
  }
  return moved;
}

bool Peers::hear_datagram(const Place& place, int64_t now) {
  bool moved = false;
  std::array<char, 65536> buffer;
  for (;;) {
    sockaddr_storage from;
    socklen_t size = sizeof from;
    const ssize_t n = ::recvfrom(place.fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0) return moved;
    moved = true;
    if (manner_ == Manner::silent) continue;
    const auto* bytes = reinterpret_cast<const char*>(&from);
    const std::vector<char> to(bytes, bytes + size);
    const auto known = std::find_if(talks_.begin(), talks_.end(),
                                    [&](const Talk& t) { return t.datagrams && t.fd == place.fd && t.to == to; });
    Talk talk;
    talk.fd = place.fd;
    talk.datagrams = true;
    talk.to = to;
    const std::string_view heard(buffer.data(), static_cast<std::size_t>(n));
    switch (manner_) {
      case Manner::talking:
        say(talk, heard);
        break;
      case Manner::closing:
        say(talk, heard.substr(0, heard.size() / 2));
        break;
      case Manner::garbage:
        say(talk, garbage(heard));
        break;
      default:  // dripping, flooding: goes on by itself
        talk.next = now;
        if (known == talks_.end() && talks_.size() < most_talks) talks_.push_back(std::move(talk));
    }
  }
}

bool Peers::serve(Talk& talk, int64_t now) {
  bool moved = false;
  if (talk.datagrams) {
    if (talk.next > now) return false;
    if (manner_ == Manner::dripping) {
      talk.next = now + second;
      return say(talk, "x");
    }
    for (int i = 0; i < 64 && talk.said < most_of_a_flood; ++i) moved |= say(talk, std::string(512, 'x'));
    if (talk.said >= most_of_a_flood || !moved) talk.next = INT64_MAX;
    return moved;
  }
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t n = ::recv(talk.fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n <= 0) {
      hang_up(talk, false);
      return true;
    }
    moved = true;
    if (manner_ == Manner::talking) say(talk, {buffer.data(), static_cast<std::size_t>(n)});
    if (manner_ == Manner::garbage) say(talk, garbage({buffer.data(), static_cast<std::size_t>(n)}));
    if (talk.fd < 0) return true;
  }
  if (talk.next > now) return moved;
  talk.next = INT64_MAX;
  switch (manner_) {
    case Manner::talking:
      return say(talk, greeting);
    case Manner::closing:
      say(talk, greeting.substr(0, 9));
      if (talk.fd >= 0) ::shutdown(talk.fd, SHUT_WR);  // close() would reset where something was left unread
      return true;
    case Manner::garbage:
      return say(talk, garbage({}));
    case Manner::dripping:
      talk.next = now + second;
      return say(talk, "x");
    case Manner::flooding: {
      static const std::string much(65536, 'x');
      for (int i = 0; i < 4 && talk.fd >= 0 && talk.said < most_of_a_flood; ++i)
        if (!say(talk, much)) break;
      if (talk.fd >= 0 && talk.said < most_of_a_flood) talk.next = now;
      return true;
    }
    default:
      return moved;
  }
}

/// True: some of it left. An error ends the talk.
bool Peers::say(Talk& talk, std::string_view text) {
  const ssize_t n = talk.datagrams ? ::sendto(talk.fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                              reinterpret_cast<const sockaddr*>(talk.to.data()),
                                              static_cast<socklen_t>(talk.to.size()))
                                   : ::send(talk.fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n >= 0) {
    talk.said += std::max<std::size_t>(static_cast<std::size_t>(n), 1);
    return true;
  }
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS && !talk.datagrams) hang_up(talk, false);
  return false;
}

void Peers::hang_up(Talk& talk, bool reset) {
  if (!talk.datagrams) close_socket(talk.fd, reset);
  talk.fd = -1;
}

std::string Peers::garbage(std::string_view heard) {
  constexpr std::string_view beginnings[] = {"",
                                             "220 ",
                                             "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
                                             "SSH-",
                                             "\x16\x03\x03\xff\xff\x02",
                                             "\xff\xfd\x18\xff\xfa\x18",
                                             "{\"a\":[[[[",
                                             "\x30\x84\xff\xff\xff\xff"};
  std::string out(beginnings[random_() % std::size(beginnings)]);
  // What was asked comes back with a few octets turned: the nearest to an answer that a stranger can make up.
  if (!heard.empty() && random_() % 2 == 0) {
    out = heard.substr(0, 1 + random_() % heard.size());
    for (int i = 0; i < 3; ++i) out[random_() % out.size()] = static_cast<char>(random_());
  }
  const std::size_t more = random_() % 2048;
  for (std::size_t i = 0; i < more; ++i) out += static_cast<char>(random_());
  return out;
}

}  // namespace sonde::core::check
