// One connection: bytes to its Dialogue, and the Dialogue's steps to the wire. At most one read an event, so that no
// host that floods keeps the loop from the others.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fields.hpp"
#include "http.hpp"
#include "probe.hpp"

namespace sonde::tcp_banner {
namespace {

// For "Host:". The zone of a link-local address means nothing to the server.
std::string address_text(const sonde_target& target) {
  char text[INET6_ADDRSTRLEN] = "";
  if (IN6_IS_ADDR_V4MAPPED(reinterpret_cast<const in6_addr*>(target.ip))) {
    ::inet_ntop(AF_INET, target.ip + 12, text, sizeof text);
    return text;
  }
  ::inet_ntop(AF_INET6, target.ip, text, sizeof text);
  return "[" + std::string(text) + "]";
}

bool is_default_port(const Question& question) {
  return question.port == (question.first == First::tls_http ? 443 : 80);
}

}  // namespace

void TcpBanner::handle_io(Connection& connection, uint32_t events) {
  using State = Connection::State;
  switch (connection.state) {
    case State::turn:
    case State::pause:
      break;
    case State::connecting: {
      const int error = (events & SONDE_IO_ERROR) != 0 ? SONDE_IO_ERRNO(events) : 0;
      const ConnectResult result = connect_result(error, connection.wire.fd);
      if (result == ConnectResult::open)
        connected(connection);
      else if (result == ConnectResult::shortage)
        shortage(connection);
      else
        settle(connection, result);
      break;
    }
    case State::clear:
      if ((events & SONDE_IO_WRITE) != 0) flush(connection);
      if ((events & (SONDE_IO_READ | SONDE_IO_ERROR)) != 0) read_clear(connection);
      break;
    case State::tls_queue:
      finish(connection);
      break;  // only an error is watched for: the peer has gone
    case State::handshake:
      handle_hello_answer(connection, events);
      break;
    case State::tls:
      if ((events & SONDE_IO_WRITE) != 0) flush(connection);
      if ((events & (SONDE_IO_READ | SONDE_IO_ERROR)) != 0) read_tls(connection);
      break;
  }
}

void TcpBanner::handle_timer(Connection& connection) {
  using State = Connection::State;
  switch (connection.state) {
    case State::turn:
    case State::tls_queue:
      break;
    case State::pause:
      dial(connection);
      break;
    case State::connecting:
      settle(connection, ConnectResult::silent);
      break;
    case State::handshake:
      finish(connection);
      break;
    case State::clear:
    case State::tls:
      if (sonde_.now() >= connection.ends_at)
        finish(connection);
      else
        follow(connection, connection.dialogue.silence());
      break;
  }
}

void TcpBanner::connected(Connection& connection) {
  Host& host = *connection.host;
  const Task task(sonde_, host.task);
  host.any_open = true;
  task.put(alive, true);
  task.put(ports, connection.question.port);
  connection.state = Connection::State::clear;
  connection.ends_at = sonde_.now() + options_.total;
  follow(connection, connection.dialogue.opened());
}

void TcpBanner::follow(Connection& connection, Step step) {
  const int64_t wait = step.wait == Wait::answer ? options_.timeout : options_.idle;
  switch (step.act) {
    case Act::listen:
      watch_for(connection, SONDE_IO_READ);
      arm(connection, wait);
      break;
    case Act::send_http:
      watch_for(connection, SONDE_IO_READ);
      arm(connection, wait);
      send_request(connection);
      break;
    case Act::start_tls:
      begin_tls(connection);
      break;
    case Act::finish:
      finish(connection);
      break;
  }
}

void TcpBanner::send_request(Connection& connection) {
  const Host& host = *connection.host;
  std::string authority = host.name.empty() ? address_text(host.target) : host.name;
  if (!is_default_port(connection.question)) authority += ":" + std::to_string(connection.question.port);
  connection.outbox = http_request(authority);
  flush(connection);
}

// An error is no news here: the read that follows meets it too, after what the peer said before.
void TcpBanner::flush(Connection& connection) {
  if (connection.outbox.empty()) return;
  if (connection.tls) {
    const TlsSession::State state = connection.tls->write(connection.outbox);
    if (state == TlsSession::State::wants_write) {
      watch_for(connection, SONDE_IO_READ | SONDE_IO_WRITE);
      return;
    }
    if (state != TlsSession::State::wants_read) connection.outbox.clear();
  } else {
    const ssize_t n =
        ::send(connection.wire.fd, connection.outbox.data(), connection.outbox.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
      watch_for(connection, SONDE_IO_READ | SONDE_IO_WRITE);
      return;
    }
    connection.outbox.erase(0, n > 0 ? static_cast<std::size_t>(n) : connection.outbox.size());
  }
  watch_for(connection, connection.outbox.empty() ? SONDE_IO_READ : SONDE_IO_READ | SONDE_IO_WRITE);
}

void TcpBanner::read_clear(Connection& connection) {
  const ssize_t n =
      ::recv(connection.wire.fd, buffer_.data(), std::min(buffer_.size(), connection.dialogue.room()), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  if (n <= 0) {
    connection.peer_closed = true;
    finish(connection);
    return;
  }
  follow(connection, connection.dialogue.heard({buffer_.data(), static_cast<std::size_t>(n)}));
}

void TcpBanner::finish(Connection& connection) {
  Host& host = *connection.host;
  const Question question = connection.question;
  leave_tls(connection);
  const Dialogue& dialogue = connection.dialogue;
  const bool alert = dialogue.answered_by_tls();
  if (options_.manner.tls && !question.again && (alert || (connection.peer_closed && dialogue.may_be_tls()))) {
    host.later.push_back({question.port, First::tls_http, 1, true, alert});
  } else {
    const TlsSummary only_an_alert;
    const bool alert_alone = !connection.tls_summary && (alert || question.speaks_tls);
    const Service service = alert ? Service{} : recognise(question.port, dialogue.bytes());
    if (!service.banner.empty()) {
      Task(sonde_, host.task).put(banners, std::to_string(question.port), service.banner);
    }
    put_service(host, question.port, service, alert_alone ? &only_an_alert : connection.tls_summary.get());
  }
  // When we end it, a reset: the peer may still be sending, and a TIME_WAIT would keep one of our ports.
  give_back(connection, !connection.peer_closed);
}

void TcpBanner::put_service(Host& host, uint16_t port, const Service& service, const TlsSummary* tls) {
  Task(sonde_, host.task).put(services, std::to_string(port) + "/tcp", service_json(service, tls));
}

void TcpBanner::arm(Connection& connection, int64_t wait) {
  sonde_.timer(std::min(sonde_.now() + wait, connection.ends_at), connection.handle, connection.timer);
}

void TcpBanner::watch_for(Connection& connection, uint32_t events) {
  if (connection.watched == events) return;
  connection.watched = events;
  sonde_.rewatch(connection.wire.id, events);
}

}  // namespace sonde::tcp_banner
