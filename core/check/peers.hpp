// The other side of every connection in a check: servers on loopback of one manner, made where the plugin asks for one.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/ip_address.hpp"

namespace sonde::core::check {

enum class Manner : uint8_t {
  talking,    ///< greets, and repeats what it is told
  silent,     ///< takes connections and datagrams and says nothing
  dropping,   ///< does not even answer the SYN
  refusing,   ///< nothing listens
  resetting,  ///< resets each connection
  closing,    ///< says half a line and closes
  dripping,   ///< says a byte a second, for ever
  flooding,   ///< never stops talking
  garbage     ///< random octets, some of them behind a beginning that looks right
};
std::string_view to_string(Manner);  ///< "a silent peer"

struct Endpoint {
  IpAddress ip{};
  uint16_t port = 0;
};

class Peers {
 public:
  /// `own_network`: every port is free, and peers listen where they are asked for; else on ports that are free.
  Peers(Manner, uint64_t seed, bool own_network);
  ~Peers();
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  /// Where to connect in order to meet this manner at that place. Nothing: not on loopback, or it cannot be had.
  std::optional<Endpoint> at(const IpAddress&, uint16_t port, uint8_t proto);
  /// Whether a peer stands at that very place, for who opens sockets of its own.
  bool exactly_at(const IpAddress&, uint16_t port, uint8_t proto);
  /// Takes what has come and says what is due. True: something moved.
  bool pump(int64_t now);
  /// When a peer wants to speak next, INT64_MAX: only when spoken to.
  int64_t next() const;
  /// Ends all talks and places.
  void close();
  /// Connections that were taken.
  uint64_t connections() const { return connections_; }

 private:
  struct Place {
    IpAddress ip{};
    uint16_t port = 0;
    uint8_t proto = 0;
    Endpoint real{};
    int fd = -1;
  };
  struct Talk {  ///< a connection, or a datagram peer that is answered again
    int fd = -1;
    bool datagrams = false, greeted = false;
    std::vector<char> to;  ///< sockaddr of a datagram peer
    int64_t next = INT64_MAX;
    uint64_t said = 0;
  };
  bool open_place(Place&, uint16_t port);
  void fill_backlog(const Place&);
  bool accept_from(const Place&, int64_t now);
  bool hear_datagram(const Place&, int64_t now);
  bool serve(Talk&, int64_t now);
  bool say(Talk&, std::string_view);
  void hang_up(Talk&, bool reset);
  std::string garbage(std::string_view heard);

  const Manner manner_;
  const bool own_network_;
  std::mt19937_64 random_;
  std::vector<Place> places_;
  std::vector<Talk> talks_;
  std::vector<int> fillers_;
  uint64_t connections_ = 0;
};

}  // namespace sonde::core::check
