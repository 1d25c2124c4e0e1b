// The test server's loop and message building.
#include "dns_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace sonde::rdns {
namespace {

void append_u16(std::string& out, size_t v) {
  out += static_cast<char>(v >> 8 & 0xff);
  out += static_cast<char>(v & 0xff);
}

}  // namespace

std::string wire_name(const std::string& name) {
  std::string out;
  for (size_t from = 0; from < name.size();) {
    size_t dot = std::min(name.find('.', from), name.size());
    out += static_cast<char>(dot - from);
    out += name.substr(from, dot - from);
    from = dot + 1;
  }
  return out + '\0';
}

DnsServer::DnsServer(Handler handler) : handler_(std::move(handler)) {
  // TCP takes the port that UDP was given; when another program has it, the next one is tried.
  for (int attempt = 0; attempt < 20 && tcp_ < 0; ++attempt) {
    if (udp_ >= 0) ::close(udp_);
    udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int room = 4 << 20;
    ::setsockopt(udp_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(udp_, reinterpret_cast<sockaddr*>(&at), size) != 0) continue;
    ::getsockname(udp_, reinterpret_cast<sockaddr*>(&at), &size);
    int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (::bind(tcp, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::listen(tcp, 16) == 0) {
      tcp_ = tcp;
      port_ = ntohs(at.sin_port);
    } else {
      ::close(tcp);
    }
  }
  if (tcp_ < 0) throw std::runtime_error("no port for the test server");
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  stop_ = true;
  thread_.join();
  ::close(udp_);
  ::close(tcp_);
}

void DnsServer::serve() {
  char buffer[4096];
  while (!stop_) {
    pollfd polled[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    ::poll(polled, 2, 20);
    for (int n = 0; n < 1000 && polled[0].revents; ++n) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      ssize_t got = ::recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0) break;
      if (auto text = reply({buffer, static_cast<size_t>(got)}, false))
        ::sendto(udp_, text->data(), text->size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
    if (!polled[1].revents) continue;
    int fd = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got > 2) {
      if (auto text = reply({buffer + 2, static_cast<size_t>(got - 2)}, true)) {
        std::string framed;
        append_u16(framed, text->size());
        framed += *text;
        if (::send(fd, framed.data(), framed.size(), MSG_NOSIGNAL) < 0) stop_ = true;
      }
    }
    ::close(fd);
  }
}

std::optional<std::string> DnsServer::reply(const std::string& query, bool tcp) {
  ++queries_;
  Question question;
  question.tcp = tcp;
  size_t at = 12;
  while (at < query.size() && query[at] != 0) {
    auto size = static_cast<size_t>(query[at]);
    if (!question.name.empty()) question.name += '.';
    for (char c : query.substr(at + 1, size)) question.name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    at += size + 1;
  }
  if (at + 5 > query.size()) return std::nullopt;
  question.type = static_cast<uint16_t>(static_cast<uint8_t>(query[at + 1]) << 8 | static_cast<uint8_t>(query[at + 2]));
  auto answer = handler_(question);
  if (!answer) return std::nullopt;
  std::string out = query.substr(0, 2);
  out += static_cast<char>(0x81 | (answer->truncated ? 2 : 0));
  out += static_cast<char>(0x80 | answer->rcode);
  append_u16(out, 1);
  append_u16(out, answer->records.size());
  out += std::string(4, '\0');
  out += query.substr(12, at + 5 - 12);
  for (const auto& [type, data] : answer->records) {
    append_u16(out, 0xc00c);
    append_u16(out, type);
    append_u16(out, 1);
    out += std::string(4, '\0');
    append_u16(out, data.size());
    out += data;
  }
  return out;
}

}  // namespace sonde::rdns
