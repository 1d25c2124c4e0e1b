// The conversation with rtnetlink.
#include "common-linux/netlink_linux.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sonde/plugin.hpp>

#include <cerrno>
#include <cstring>

#include "common-linux/netlink.hpp"

namespace sonde::net {
namespace {

constexpr int most_restarts = 16;     // of a dump that the kernel marks as torn because its table changed meanwhile
constexpr int answer_wait_ms = 1000;  // the kernel answers at once; this only guards against one that never does

[[noreturn]] void fail(const char* what, int error) {
  throw Failure(SONDE_E_IO, std::string("rtnetlink: ") + what + ": " + std::strerror(error) +
                                "; expected the kernel to list its links, addresses, routes and neighbours (a seccomp "
                                "filter or service unit may forbid AF_NETLINK)");
}

}  // namespace

NetlinkReader::NetlinkReader() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
  if (!socket_) fail("cannot be opened", errno);
}

void NetlinkReader::dump(uint16_t type, Network& into) {
  const Network before = into;
  std::vector<uint8_t> buffer(64 * 1024);
  for (int round = 1;; ++round) {
    const auto request = dump_request(type, ++sequence_);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (::sendto(socket_.fd(), request.data(), request.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel) <
        0)
      fail("the request was refused", errno);
    // To its end even when it is torn: while a dump goes on, the kernel refuses to begin another (EBUSY).
    bool torn = false;
    for (;;) {
      pollfd wait = {socket_.fd(), POLLIN, 0};
      if (::poll(&wait, 1, answer_wait_ms) == 0) fail("no answer", ETIMEDOUT);
      sockaddr_nl from{};
      socklen_t from_size = sizeof from;
      const ssize_t n = ::recvfrom(socket_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n < 0) fail("the answer cannot be read", errno);
      if (from.nl_pid != 0) continue;  // another process, not the kernel
      if (static_cast<size_t>(n) > buffer.size()) fail("an answer is longer than its buffer", EMSGSIZE);
      const DumpProgress progress = parse_dump(std::span(buffer).first(static_cast<size_t>(n)), sequence_, into);
      if (progress.state == DumpState::malformed) fail("an answer does not fit its announced length", EBADMSG);
      if (progress.state == DumpState::failed) fail("the dump was refused", progress.error);
      torn = torn || progress.torn;
      if (progress.state == DumpState::done) break;
    }
    if (!torn) return;
    if (round == most_restarts) fail("the tables change faster than they can be read", EAGAIN);
    into = before;
  }
}

Network NetlinkReader::read_all() {
  Network network;
  for (uint16_t table : {uint16_t{RTM_GETLINK}, uint16_t{RTM_GETADDR}, uint16_t{RTM_GETROUTE}, uint16_t{RTM_GETNEIGH}})
    dump(table, network);
  network.index();
  return network;
}

bool NetlinkReader::refresh_neighbours(Network& network) noexcept {
  try {
    Network fresh;
    dump(RTM_GETNEIGH, fresh);
    fresh.index();
    network.neighbours = std::move(fresh.neighbours);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace sonde::net
