// A TLS client on a connected descriptor, stepped by the loop. It wants to know, not to trust: every version and cipher
// that still can be spoken, no verification.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "certificate.hpp"
#include "socket_bio.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace sonde::tcp_banner {

struct TlsSummary {
  std::string version;  ///< "TLSv1.3"; empty: the handshake did not come that far
  std::string cipher, alpn;
  std::string alert;  ///< why the server refused; it spoke TLS all the same
  std::optional<Certificate> certificate;
};

/// Constant once made; one an instance.
class TlsContext {
 public:
  TlsContext();  ///< throws sonde::Failure
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return ctx_; }

 private:
  ssl_ctx_st* ctx_;
};

class TlsSession {
 public:
  enum class State : uint8_t { wants_read, wants_write, ready, ended };

  /// `name` for SNI; empty: none. `http`: offer http/1.1 by ALPN.
  TlsSession(const TlsContext&, int fd, const std::string& name, bool http);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// As much of the handshake as there are bytes for, within a bound. ready: established.
  State handshake();
  /// ready: `got` has bytes (of `buffer`). More may be waiting inside while pending().
  State read(char* buffer, std::size_t size, std::size_t& got);
  bool pending() const;
  /// ready: all of it was taken.
  State write(std::string_view bytes);
  bool established() const { return established_; }
  /// Why the server refused, when it said so.
  const std::string& alert() const { return alert_; }
  /// What is known so far, also of a handshake that failed.
  TlsSummary summary() const;

  /// Whether the first bytes in answer to a hello can be TLS: a handshake or an alert record.
  static bool looks_like_tls(std::string_view bytes);

 private:
  State after(int result);
  SocketEnd end_;
  ssl_st* ssl_ = nullptr;
  std::string alert_;
  bool established_ = false;
};

}  // namespace sonde::tcp_banner
