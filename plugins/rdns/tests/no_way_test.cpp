// Servers that this machine itself keeps the probe from asking: in networks and under limits of their own.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <map>

#include "own_network.hpp"
#include "probe_setup.hpp"
#include "shard_host.hpp"

namespace sonde::rdns {
namespace {

using namespace std::chrono_literals;
using testing::ShardHost;

constexpr const char* no_route =
    "the DNS question to 192.0.2.53 was refused by this machine: Network is unreachable; expected a route to it (ip "
    "route "
    "get 192.0.2.53)";

/// As on a kernel without IPv6, or under RestrictAddressFamilies=. For the rest of this process.
bool forbid_ipv6_sockets(int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {std::size(code), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(RdnsNoWay, AServerThatThisMachineHasNoWayToIsAnErrorAndSaysNothingOfTheTarget) {
  const bool possible = testing::in_own_network([] {
    ShardHost host(options({"192.0.2.53"}, false, 100));  // no route leads there
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    host.add_v4(127, 0, 0, 1);
    EXPECT_TRUE(host.run(5s));
    EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_ERROR});
    EXPECT_EQ(host.result(0).failure, no_route);
    EXPECT_TRUE(host.result(0).put.empty());
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

TEST(RdnsNoWay, ASecondServerAnswersForOneThatThisMachineHasNoWayTo) {
  const bool possible = testing::in_own_network([] {
    DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
    ShardHost host(options({"192.0.2.53", server.address()}, false, 100));
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    host.add_v4(127, 0, 2, 3);
    EXPECT_TRUE(host.run(5s));
    EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_POSITIVE});
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

TEST(RdnsNoWay, ASecondServerAnswersForOneOfAFamilyThatThisMachineLacks) {
  for (const int error : {EAFNOSUPPORT, EPROTONOSUPPORT, EPERM}) {
    const bool possible = testing::in_own_network([error] {
      if (!forbid_ipv6_sockets(error)) return false;
      DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
      ShardHost host(options({"[::1]:5399", server.address()}, false, 100));
      EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
      host.add_v4(127, 0, 2, 3);
      EXPECT_TRUE(host.run(5s));
      EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_POSITIVE}) << std::strerror(error);
      return true;
    });
    if (!possible) GTEST_SKIP() << "no network namespace can be made here, or system calls not be filtered";
  }
}

TEST(RdnsNoWay, WhatCouldNotLeaveIsNotCountedAsAPacket) {
  const bool possible = testing::in_own_network([] {
    DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
    ShardHost host(options({"192.0.2.53", server.address()}, false, 100));
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    for (uint8_t i = 0; i < 40; ++i) host.add_v4(127, 0, 0, i);
    EXPECT_TRUE(host.run(5s));
    EXPECT_EQ(host.paced, server.queries());
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

// net.ipv6.conf.*.disable_ipv6: there are sockets, but no address to send from.
TEST(RdnsNoWay, ASecondServerAnswersForOneThatThisMachineHasNoAddressToAskFrom) {
  const bool possible = testing::in_own_network([] {
    DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
    ShardHost host(options({"[::1]:5399", server.address()}, false, 100));
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    host.add_v4(127, 0, 2, 3);
    EXPECT_TRUE(host.run(5s));
    EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_POSITIVE});
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

TEST(RdnsNoWay, ADeadlineAfterwardsIsToldOfTheServerThatWasAskedLast) {
  const bool possible = testing::in_own_network([] {
    DnsServer silent([](const Question&) { return std::nullopt; });
    ShardHost host(options({"192.0.2.53", silent.address()}, false, 200));
    host.task_timeout = 300'000'000;
    host.pace_limit = 1;  // not used up by what cannot leave: one asks the second server at the end of the first
                          // timeout, the other waits for the rate
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    host.add_v4(127, 0, 0, 1);
    host.add_v4(127, 0, 0, 2);
    EXPECT_TRUE(host.run(5s));
    EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_NO_ANSWER}) << host.result(0).failure;
    EXPECT_EQ(host.result(0).put, (std::map<uint32_t, std::string>{{dns, R"({"status":"timeout"})"}}));
    EXPECT_EQ(host.result(1).outcome, uint32_t{SONDE_ERROR});
    EXPECT_EQ(host.result(1).failure, no_route);
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

/// A server that says nothing, and to which a router on the way can be had to turn a question back.
class FarServer {
 public:
  FarServer() {
    socklen_t size = sizeof address_;
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(udp_, reinterpret_cast<sockaddr*>(&address_), size), 0);
    EXPECT_EQ(::getsockname(udp_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
  }
  ~FarServer() {
    ::close(udp_);
    ::close(raw_);
  }
  FarServer(const FarServer&) = delete;
  FarServer& operator=(const FarServer&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }
  unsigned queries() {
    char any[512];
    for (socklen_t size = sizeof asker_;
         ::recvfrom(udp_, any, sizeof any, 0, reinterpret_cast<sockaddr*>(&asker_), &size) > 0; size = sizeof asker_)
      ++queries_;
    return queries_;
  }
  /// ICMP "administratively prohibited", for a question from where the last one came from. False: no raw sockets here.
  bool turn_back() const {
    struct {
      icmphdr icmp{};
      iphdr ip{};
      udphdr udp{};
    } message;
    message.icmp.type = ICMP_DEST_UNREACH;
    message.icmp.code = ICMP_PKT_FILTERED;
    message.ip.version = 4;
    message.ip.ihl = 5;
    message.ip.protocol = IPPROTO_UDP;
    message.ip.tot_len = htons(sizeof message.ip + sizeof message.udp);
    message.ip.saddr = message.ip.daddr = htonl(INADDR_LOOPBACK);
    message.udp.source = asker_.sin_port;
    message.udp.dest = address_.sin_port;
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof message; i += 2) {
      uint16_t word = 0;
      std::memcpy(&word, reinterpret_cast<const char*>(&message) + i, sizeof word);
      sum += word;
    }
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    message.icmp.checksum = static_cast<uint16_t>(~sum);
    return ::sendto(raw_, &message, sizeof message, 0, reinterpret_cast<const sockaddr*>(&asker_), sizeof asker_) > 0;
  }

 private:
  int udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int raw_ = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  sockaddr_in address_{}, asker_{};
  unsigned queries_ = 0;
};

// Such a message is told by whichever call on the socket comes next. By the next question's, it is not of that one.
TEST(RdnsNoWay, WhatARouterTurnedBackIsNotSaidOfThisMachine) {
  const bool possible = testing::in_own_network([] {
    FarServer server;
    ShardHost host(options({server.address()}, false, 200).set("tries", int64_t{1}));
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    host.add_v4(127, 0, 0, 1);
    host.offer();
    EXPECT_EQ(server.queries(), 1u);
    if (!server.turn_back()) return false;
    host.add_v4(127, 0, 0, 2);
    host.offer();
    EXPECT_EQ(server.queries(), 2u);
    EXPECT_TRUE(host.run(5s));
    const std::map<uint32_t, std::string> silence{{dns, R"({"status":"timeout"})"}};
    for (const unsigned i : {0u, 1u}) {
      EXPECT_EQ(host.result(i).outcome, uint32_t{SONDE_NO_ANSWER}) << host.result(i).failure;
      EXPECT_EQ(host.result(i).put, silence);
    }
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

}  // namespace
}  // namespace sonde::rdns
