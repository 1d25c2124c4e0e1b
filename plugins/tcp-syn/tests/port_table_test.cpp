// The states of ports, and who is taken for a machine that answers for everything.
#include "tcp-syn/port_table.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace sonde::tcp_syn {
namespace {

const net::SipKey key = {1, 2};
const net::Ip one = net::mapped(net::Ip4{192, 0, 2, 1}), two = net::mapped(net::Ip4{192, 0, 2, 2});

std::set<uint16_t> ports_of(const Decoys& d) {
  return {d.ports.begin(), d.ports.begin() + d.count};
}

TEST(PortTable, KnowsWhereAPortStands) {
  const PortTable table({443, 22, 65535});
  EXPECT_EQ(table.place_of(443), 0u);
  EXPECT_EQ(table.place_of(65535), 2u);
  EXPECT_FALSE(table.place_of(80));
}

TEST(PortTable, AnAnswerReplacesOneThatWeighsLess) {
  PortTable table({22, 80});
  table.grow(2);
  EXPECT_TRUE(table.learn(1, 0, PortState::unreachable));
  EXPECT_TRUE(table.learn(1, 0, PortState::filtered));
  EXPECT_TRUE(table.learn(1, 0, PortState::open));
  EXPECT_FALSE(table.learn(1, 0, PortState::closed));
  EXPECT_FALSE(table.learn(1, 0, PortState::open)) << "no news";
  EXPECT_EQ(table.state(1, 0), PortState::open);
  EXPECT_EQ(table.state(1, 1), PortState::silent);
  EXPECT_EQ(table.state(0, 0), PortState::silent) << "another host";
}

TEST(PortTable, WhatWasKnownOfTheHostBeforeIsForgotten) {
  PortTable table({22});
  table.grow(1);
  table.learn(0, 0, PortState::closed);
  table.add_sent(0, 0, 1);
  table.clear(0);
  EXPECT_EQ(table.state(0, 0), PortState::silent);
  EXPECT_EQ(table.sent(0, 0), 0);
}

TEST(PortTable, CountsAttemptsAlsoThoseTakenBack) {
  PortTable table({22});
  table.grow(1);
  for (unsigned i = 0; i < most_tries; ++i) table.add_sent(0, 0, 1);
  EXPECT_EQ(table.sent(0, 0), most_tries);
  table.add_sent(0, 0, -1);
  EXPECT_EQ(table.sent(0, 0), most_tries - 1);
}

TEST(Decoys, AreThreeDifferentPortsThatNobodyAsksOrPrintsWith) {
  const PortTable table({22, 80});
  const auto first = ports_of(table.decoys_for(key, one));
  EXPECT_EQ(first.size(), 3u);
  for (const uint16_t port : first) EXPECT_TRUE(port >= 20000 && port < 30000) << port;
  EXPECT_EQ(ports_of(table.decoys_for(key, one)), first) << "a host keeps its own";
  EXPECT_NE(ports_of(table.decoys_for(key, two)), first);
}

TEST(Decoys, AreNotAmongTheAskedPorts) {
  std::vector<uint16_t> most;
  for (uint32_t port = 20000; port < 30000; ++port)
    if (port != 20007 && port != 29999) most.push_back(static_cast<uint16_t>(port));
  EXPECT_EQ(ports_of(PortTable(most).decoys_for(key, one)), (std::set<uint16_t>{20007, 29999}));
  std::vector<uint16_t> all(65535);
  std::iota(all.begin(), all.end(), uint16_t{1});
  const PortTable everything(all);
  EXPECT_EQ(everything.decoys_for(key, one).count, 0);
  EXPECT_EQ(everything.place_of(65535), 65534u);
}

TEST(AnswersForEverything, TheSuspicionNeedsMostPortsOpenAndNoneRefused) {
  EXPECT_TRUE(is_suspicious(5, 0, 5));
  EXPECT_TRUE(is_suspicious(3, 0, 5));
  EXPECT_TRUE(is_suspicious(1, 0, 1));
  EXPECT_FALSE(is_suspicious(2, 0, 4));
  EXPECT_FALSE(is_suspicious(4, 1, 5));
  EXPECT_FALSE(is_suspicious(0, 0, 5));
}

TEST(AnswersForEverything, OneLostAnswerDoesNotAcquitOneRefusalDoes) {
  using enum PortState;
  const auto verdict = [](std::vector<PortState> decoys) { return answers_for_everything(decoys); };
  EXPECT_TRUE(verdict({open, open, open}));
  EXPECT_TRUE(verdict({open, silent, open}));
  EXPECT_FALSE(verdict({open, silent, silent}));
  EXPECT_FALSE(verdict({open, open, closed}));
  EXPECT_FALSE(verdict({silent, silent, silent}));
  EXPECT_FALSE(verdict({closed, closed, closed}));
  EXPECT_TRUE(verdict({})) << "every port was asked, and most are open";
}

}  // namespace
}  // namespace sonde::tcp_syn
