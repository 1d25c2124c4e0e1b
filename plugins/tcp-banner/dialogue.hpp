// What is said on one connection, without the connection: bytes, silence and the end go in, the next step comes out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ports.hpp"

namespace sonde::tcp_banner {

/// How a run asks; from the options.
struct Manner {
  bool banner = true, probe = true, tls = true;
  std::size_t max_bytes = 4096;
};

enum class Act : uint8_t { listen, send_http, start_tls, finish };
/// How long the next bytes may take: an answer to what we did, or the rest of what began already.
enum class Wait : uint8_t { answer, idle };
struct Step {
  Act act;
  Wait wait = Wait::idle;
  friend bool operator==(const Step&, const Step&) = default;
};

class Dialogue {
 public:
  Dialogue() = default;
  Dialogue(First first, const Manner& manner) : first_(first), manner_(manner) {}

  Step opened();                        ///< the connection stands
  Step secured(std::string_view alpn);  ///< the TLS handshake is done
  Step heard(std::string_view bytes);   ///< clear text, in or out of TLS
  Step silence();                       ///< the wait ran out

  std::string_view bytes() const { return bytes_; }
  std::size_t room() const { return manner_.max_bytes - bytes_.size(); }
  /// A request in the clear was answered by a TLS alert.
  bool answered_by_tls() const;
  /// The peer closed. Whether TLS is worth a connection of its own: TLS servers answer HTTP by an alert, or hang up.
  bool may_be_tls() const { return answered_by_tls() || (asked_http_ && !secured_ && bytes_.empty()); }

 private:
  First first_ = First::unknown;
  Manner manner_{};
  bool asked_http_ = false, secured_ = false;
  std::string bytes_;
};

}  // namespace sonde::tcp_banner
