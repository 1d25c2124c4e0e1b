// Error texts without what belongs to one target alone.
#include "inventory/reasons.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

TEST(Reasons, AddressesInAllTheirForms) {
  EXPECT_EQ(general_reason("connect to 127.0.0.1: Network is unreachable"),
            "connect to <address>: Network is unreachable");
  EXPECT_EQ(general_reason("connect to 127.0.0.1:443: refused"), "connect to <address>: refused");
  EXPECT_EQ(general_reason("connect to [2001:db8::1]:443: refused"), "connect to <address>: refused");
  EXPECT_EQ(general_reason("fe80::1%eth0, fe80::1 (10.0.0.0/8)."), "<address>, <address> (<address>).");
  EXPECT_EQ(general_reason("10.0.0.7 is not the target of this task"), "<address> is not the target of this task");
  EXPECT_EQ(general_reason("the card 24:5e:be:11:22:33 lies"), "the card <mac> lies");
  EXPECT_EQ(general_reason("c-ares cannot ask for 1.0.0.127.in-addr.arpa"), "c-ares cannot ask for <name>");
}

TEST(Reasons, CountsOfOneTarget) {
  EXPECT_EQ(general_reason("3 of 5 ports were not asked to the end: connect to 10.0.0.7: Network is down"),
            "some of 5 ports were not asked to the end: connect to <address>: Network is down");
  EXPECT_EQ(general_reason("port 8443 is closed, port 22 too"), "port <n> is closed, port <n> too");
}

TEST(Reasons, WhatIsTheSameForAllStays) {
  for (const char* text : {"the plugin did not return within its deadline", "run() returned -3", "errno 113",
                           "version 1.2.3 is too old", "10 s is too short", "", "  two  blanks  ", "a::", "1:2"})
    EXPECT_EQ(general_reason(text), text);
}

TEST(Reasons, HostileTextIsBounded) {
  for (const char c : {' ', ':', 'a', '\xff'}) EXPECT_LE(general_reason(std::string(100'000, c)).size(), 306u);
  std::string words;
  for (int i = 0; i < 10'000; ++i) words += "word ";
  EXPECT_LE(general_reason(words).size(), 306u);
}

}  // namespace
}  // namespace sonde::core
