// Reverse names and hostile replies.
#include "dns_message.hpp"

#include <gtest/gtest.h>

#include "dns_server.hpp"

namespace sonde::rdns {
namespace {

Address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

struct Answered {
  std::string owner;
  uint16_t type;
  std::string data;
};
std::string u16(size_t v) {
  return {static_cast<char>(v >> 8), static_cast<char>(v & 0xff)};
}
std::string message(const std::string& question, const std::vector<Answered>& records) {
  std::string out = std::string("\x12\x34\x81\x80", 4) + u16(1) + u16(records.size()) + std::string(4, '\0');
  out += wire_name(question) + u16(type_ptr) + u16(1);
  for (const auto& r : records)
    out += r.owner + u16(r.type) + u16(1) + std::string(4, '\0') + u16(r.data.size()) + r.data;
  return out;
}
std::span<const uint8_t> bytes(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

const std::string question = "1.2.0.192.in-addr.arpa";
const std::string self("\xc0\x0c", 2);  // a pointer to the question
using Names = std::vector<std::string>;

TEST(ReverseName, ByOctetsAndByNibbles) {
  EXPECT_EQ(reverse_name(v4(192, 168, 1, 10)), "10.1.168.192.in-addr.arpa");
  Address v6{0x20, 0x01, 0x0d, 0xb8};
  v6[15] = 0x1f;
  EXPECT_EQ(reverse_name(v6), "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(PtrNames, SeveralAreSortedAndDistinct) {
  auto m = message(question, {{self, type_ptr, wire_name("b.example")},
                              {self, type_ptr, wire_name("A.example")},
                              {self, type_ptr, wire_name("B.EXAMPLE")}});
  EXPECT_EQ(ptr_names(bytes(m), question), (Names{"A.example", "B.EXAMPLE"}));
}

TEST(PtrNames, ClasslessDelegationIsFollowed) {
  std::string alias = "1.0-127.2.0.192.in-addr.arpa";
  auto m =
      message(question, {{self, type_cname, wire_name(alias)}, {wire_name(alias), type_ptr, wire_name("h.example")}});
  EXPECT_EQ(ptr_names(bytes(m), question), Names{"h.example"});
}

TEST(PtrNames, RecordsOfOtherOwnersAreNoAnswer) {
  auto m = message(question, {{wire_name("9.2.0.192.in-addr.arpa"), type_ptr, wire_name("evil.example")}});
  EXPECT_EQ(ptr_names(bytes(m), question), Names{});
}

TEST(PtrNames, HostileLabelsAreEscaped) {
  std::string data(
      "\x07"
      "a.b\\ \x1b\xff"
      "\x01"
      "c"
      "\x00",
      11);
  EXPECT_EQ(ptr_names(bytes(message(question, {{self, type_ptr, data}})), question),
            Names{"a\\.b\\\\\\032\\027\\255.c"});
}

TEST(PtrNames, MalformedRepliesAreRefused) {
  std::string own_pointer = message(question, {{self, type_ptr, ""}});
  std::string loop = message(question, {{self, type_ptr, u16(0xc000 | (own_pointer.size()))}});
  EXPECT_EQ(ptr_names(bytes(loop), question), std::nullopt);
  std::string longest;
  for (int i = 0; i < 5; ++i) longest += '\x3f' + std::string(63, 'a');
  EXPECT_EQ(ptr_names(bytes(message(question, {{self, type_ptr, longest + '\0'}})), question), std::nullopt);
  EXPECT_EQ(ptr_names(bytes(message(question, {{self, type_ptr, "\x40" + std::string(65, 'a')}})), question),
            std::nullopt);
  // The name must fill its record.
  EXPECT_EQ(ptr_names(bytes(message(question, {{self, type_ptr, wire_name("a") + "x"}})), question), std::nullopt);
  EXPECT_EQ(ptr_names({}, question), std::nullopt);
}

TEST(PtrNames, EveryCutIsRefused) {
  std::string whole = message(question, {{self, type_ptr, wire_name("h.example")}});
  for (size_t n = 0; n < whole.size(); ++n)
    EXPECT_EQ(ptr_names(bytes(whole.substr(0, n)), question), std::nullopt) << n;
}

TEST(PtrNames, AliasesThatGoRoundEnd) {
  std::string other = wire_name("x.example");
  auto m = message(question, {{self, type_cname, other}, {other, type_cname, self}});
  EXPECT_EQ(ptr_names(bytes(m), question), Names{});
}

TEST(PtrNames, TheRootIsNoName) {
  EXPECT_EQ(ptr_names(bytes(message(question, {{self, type_ptr, std::string(1, '\0')}})), question), Names{});
}

TEST(Addresses, OfTheRightTypeAndLength) {
  auto m =
      message("h.example", {{self, type_a, std::string("\x7f\0\0\x02", 4)}, {self, type_aaaa, std::string(16, '\1')}});
  EXPECT_EQ(addresses(bytes(m), "H.example", type_a), std::vector<Address>{v4(127, 0, 0, 2)});
  EXPECT_EQ(addresses(bytes(m), "h.example", type_aaaa)->size(), 1u);
  auto bad = message("h.example", {{self, type_a, "abc"}});
  EXPECT_EQ(addresses(bytes(bad), "h.example", type_a), std::nullopt);
}

TEST(PlainName, WhatMayBeAskedForInTurn) {
  EXPECT_TRUE(is_plain_name("printer_1.Example-2"));
  EXPECT_FALSE(is_plain_name("a\\.b"));
  EXPECT_FALSE(is_plain_name(""));
}

}  // namespace
}  // namespace sonde::rdns
