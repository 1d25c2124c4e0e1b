// TLS on a connection. Handshakes cost 40 KB and half a millisecond each, so only some run at once; the others wait,
// their clocks stopped.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "probe.hpp"

namespace sonde::tcp_banner {
namespace {

constexpr std::size_t sessions_at_once = 128;
constexpr int reads_an_event = 4;

// SNI is for names; an address in it is forbidden (RFC 6066), and some servers end the handshake over it.
std::string name_for_sni(const std::string& name) {
  unsigned char ignored[sizeof(in6_addr)];
  const bool literal = name.find(':') != std::string::npos || ::inet_pton(AF_INET, name.c_str(), ignored) == 1;
  return literal || name.size() > 253 ? std::string() : name;
}

}  // namespace

void TcpBanner::begin_tls(Connection& connection) {
  if (tls_sessions_ >= sessions_at_once) {
    connection.state = Connection::State::tls_queue;
    connection.ends_at = INT64_MAX;
    watch_for(connection, 0);
    sonde_.untimer(connection.timer);
    tls_queue_.push_back(connection.handle);
    return;
  }
  const Host& host = *connection.host;
  try {
    connection.tls = std::make_unique<TlsSession>(*tls_context_, connection.wire.fd, name_for_sni(host.name),
                                                  connection.question.first == First::tls_http);
  } catch (const Failure& failure) {
    sonde_.log(SONDE_LOG_WARN, failure.what(), host.task);
    finish(connection);
    return;
  }
  ++tls_sessions_;
  connection.state = Connection::State::handshake;
  connection.ends_at = sonde_.now() + options_.total;
  arm(connection, options_.timeout);
  step_handshake(connection);
}

// Before the first step on an answer: whether it is TLS at all. A server that speaks in the clear on this port has said
// something worth reading, which OpenSSL would swallow.
void TcpBanner::handle_hello_answer(Connection& connection, uint32_t events) {
  if (!connection.answered_hello && (events & (SONDE_IO_READ | SONDE_IO_ERROR)) != 0) {
    char first[3];
    const ssize_t n = ::recv(connection.wire.fd, first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (n <= 0) {
      connection.peer_closed = true;
      finish(connection);
      return;
    }
    if (!TlsSession::looks_like_tls({first, static_cast<std::size_t>(n)})) {
      leave_tls(connection);
      connection.state = Connection::State::clear;
      watch_for(connection, SONDE_IO_READ);
      read_clear(connection);
      return;
    }
    connection.answered_hello = true;
  }
  step_handshake(connection);
}

void TcpBanner::step_handshake(Connection& connection) {
  switch (connection.tls->handshake()) {
    case TlsSession::State::wants_read:
      watch_for(connection, SONDE_IO_READ);
      arm(connection, options_.timeout);
      break;
    case TlsSession::State::wants_write:
      watch_for(connection, SONDE_IO_READ | SONDE_IO_WRITE);
      break;
    case TlsSession::State::ended:
      finish(connection);
      break;
    case TlsSession::State::ready:
      connection.state = Connection::State::tls;
      connection.tls_summary = std::make_unique<TlsSummary>(connection.tls->summary());
      follow(connection, connection.dialogue.secured(connection.tls_summary->alpn));
  }
}

void TcpBanner::read_tls(Connection& connection) {
  for (int i = 0; i < reads_an_event; ++i) {
    std::size_t got = 0;
    const std::size_t want = std::min(buffer_.size(), connection.dialogue.room());
    const TlsSession::State state = connection.tls->read(buffer_.data(), want, got);
    if (state == TlsSession::State::ended) {
      connection.peer_closed = true;
      finish(connection);
      return;
    }
    if (state != TlsSession::State::ready) {
      // A request that met a key update goes out when the read has moved on.
      if (!connection.outbox.empty()) flush(connection);
      return;
    }
    const Step step = connection.dialogue.heard({buffer_.data(), got});
    follow(connection, step);
    if (step.act == Act::finish || !connection.tls->pending()) return;
  }
}

void TcpBanner::leave_tls(Connection& connection) {
  if (!connection.tls) return;
  if (connection.tls_summary == nullptr && connection.answered_hello) {
    connection.tls_summary = std::make_unique<TlsSummary>(connection.tls->summary());
  }
  // TLS 1.3 refuses a client without a certificate after the handshake, in answer to the first bytes.
  if (connection.tls_summary) connection.tls_summary->alert = connection.tls->alert();
  connection.tls.reset();
  --tls_sessions_;
}

void TcpBanner::serve_tls_queue() {
  while (tls_sessions_ < sessions_at_once && !tls_queue_.empty()) {
    Connection* connection = connections_.find(tls_queue_.front());
    tls_queue_.pop_front();
    if (connection == nullptr || connection->state != Connection::State::tls_queue) continue;
    const uint64_t handle = connection->host->handle;
    if (Task(sonde_, connection->host->task).deadline() == 0) {
      abandon(*connection->host);
      continue;
    }
    begin_tls(*connection);
    if (Host* host = hosts_.find(handle)) advance(*host);
  }
}

}  // namespace sonde::tcp_banner
