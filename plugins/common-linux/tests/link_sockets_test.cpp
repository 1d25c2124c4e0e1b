// Which links get packet sockets, and what is told of those that get none.
#include "common-linux/link_sockets.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "common-linux/bpf.hpp"
#include "testing/shard_host.hpp"

namespace sonde::net {
namespace {

const Ip own6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const LinkProtocol four = {0x0800, "IPv4", bpf::drop_all()}, six = {0x86dd, "IPv6", bpf::drop_all()};

// So many Ethernet links with an IPv4 address, the first with an IPv6 one as well.
Network links(uint32_t count) {
  Network n;
  for (uint32_t i = 1; i <= count; ++i) {
    n.links.push_back({i, 1500, "eth" + std::to_string(i), Mac{2, 0, 0, 0, 0, 2}, true, false, true});
    n.addresses.push_back({i, mapped(Ip4{10, 0, static_cast<uint8_t>(i), 1}), 120, true, false});
  }
  n.addresses.push_back({1, own6, 64, true, false});
  n.index();
  return n;
}

struct Machine : testing::ShardHost {
  Machine() {
    raw = [this](int, int protocol, uint32_t link, int& fd) -> sonde_err {
      asked.emplace_back(link, protocol);
      if (answer == SONDE_OK) fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      return answer;
    };
  }
  LinkSockets open(const Network& network) { return open_link_sockets({context(), table()}, network, four, six); }

  sonde_err answer = SONDE_OK;
  std::vector<std::pair<uint32_t, int>> asked;
};

TEST(LinkSockets, OneForEachLinkAndFamilyWithAnAddress) {
  Machine machine;
  Network network = links(2);
  network.links[1].up = false;
  const LinkSockets all = machine.open(network);
  EXPECT_EQ(machine.asked, (std::vector<std::pair<uint32_t, int>>{{1, 0x0800}, {1, 0x86dd}}));
  ASSERT_EQ(all.sockets.size(), 2u);
  EXPECT_TRUE(all.sockets[0].four);
  EXPECT_FALSE(all.sockets[1].four);
  EXPECT_TRUE(all.refused.empty());
  EXPECT_TRUE(all.too_many.empty());
}

TEST(LinkSockets, WhatHasNoneIsNamedWithTheReason) {
  Machine machine;
  machine.answer = SONDE_E_AGAIN;
  LinkSockets all = machine.open(links(1));
  EXPECT_FALSE(all.denied);
  EXPECT_EQ(all.refused, (std::vector<std::string>{"eth1 (IPv4, no descriptor or memory is left)",
                                                   "eth1 (IPv6, no descriptor or memory is left)"}));
  machine.answer = SONDE_E_DENIED;
  all = machine.open(links(1));
  EXPECT_TRUE(all.denied);
  EXPECT_EQ(all.refused.size(), 2u);
}

TEST(LinkSockets, OneCapForAllOfThem) {
  Machine machine;
  const LinkSockets all = machine.open(links(most_link_sockets));  // and one more, for IPv6
  EXPECT_EQ(all.sockets.size(), most_link_sockets);
  EXPECT_EQ(all.too_many, (std::vector<std::string>{"eth128 (IPv4)"}));
  EXPECT_TRUE(all.refused.empty()) << "this machine would have let us";
}

}  // namespace
}  // namespace sonde::net
