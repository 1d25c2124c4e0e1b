// Servers that this machine itself keeps the probe from asking: in networks and under limits of their own.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "own_network.hpp"
#include "probe_setup.hpp"
#include "shard_host.hpp"

namespace sonde::rdns {
namespace {

using namespace std::chrono_literals;
using testing::ShardHost;

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
    EXPECT_EQ(host.result(0).failure, "DNS server 192.0.2.53: Network is unreachable");
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
    host.pace_limit = 3;  // one asks the second server at the end of the first timeout, the other waits for the rate
    EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
    host.add_v4(127, 0, 0, 1);
    host.add_v4(127, 0, 0, 2);
    EXPECT_TRUE(host.run(5s));
    EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_NO_ANSWER}) << host.result(0).failure;
    EXPECT_EQ(host.result(0).put, (std::map<uint32_t, std::string>{{dns, R"({"status":"timeout"})"}}));
    EXPECT_EQ(host.result(1).outcome, uint32_t{SONDE_ERROR});
    EXPECT_EQ(host.result(1).failure, "DNS server 192.0.2.53: Network is unreachable");
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

}  // namespace
}  // namespace sonde::rdns
