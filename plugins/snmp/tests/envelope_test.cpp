// Messages from outside: what is read, and every way to be broken.
#include "envelope.hpp"

#include <gtest/gtest.h>

#include "messages.hpp"

namespace sonde::snmp {
namespace {

using namespace wire;  // NOLINT

std::optional<Envelope> read(const std::string& message) {
  return read_envelope({reinterpret_cast<const uint8_t*>(message.data()), message.size()});
}
const std::string sys_name = binding("1.3.6.1.2.1.1.5.0", text("core"));

TEST(Envelope, V2c) {
  const auto e = read(response(0x12345678, sys_name));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->version, Envelope::Version::v2c);
  EXPECT_EQ(e->pdu, tag_response);
  EXPECT_EQ(e->request_id, 0x12345678);
}
TEST(Envelope, V3Report) {
  const auto e = read(report(77, 4));
  ASSERT_TRUE(e);
  EXPECT_EQ(e->version, Envelope::Version::v3);
  EXPECT_EQ(e->pdu, tag_report);
  EXPECT_EQ(e->message_id, 77);
  EXPECT_EQ(e->engine_id, engine_id);
  EXPECT_EQ(e->boots, 7u);
  EXPECT_EQ(e->time, 1000u);
  EXPECT_FALSE(e->authenticated());
}
TEST(Envelope, LengthsNeedNotBeMinimal) {
  std::string message = response(5, sys_name);
  message = std::string("\x30\x84\x00\x00\x00", 5) + static_cast<char>(message[1]) + message.substr(2);
  EXPECT_TRUE(read(message));
}
TEST(Envelope, EveryCutIsBroken) {
  for (const std::string& whole : {response(5, sys_name), report(77, 4)})
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read(whole.substr(0, size))) << size;
}
TEST(Envelope, SomethingBehindTheEnd) {
  EXPECT_FALSE(read(response(5, sys_name) + "x"));
}
TEST(Envelope, AbsurdLengths) {
  EXPECT_FALSE(read(std::string("\x30\x84\xff\xff\xff\xff", 6)));
  EXPECT_FALSE(read(std::string("\x30\x85\x00\x00\x00\x00\x01\x00", 8)));
  EXPECT_FALSE(read(std::string("\x30\x80\x02\x01\x01\x00\x00", 7))) << "indefinite";
}
TEST(Envelope, WhatIsNoAnswer) {
  EXPECT_FALSE(read(community_message(1, "public", pdu(0xa0, 5, 0, 0, sys_name)))) << "a GET";
  EXPECT_FALSE(read(community_message(1, "public", pdu(0xa3, 5, 0, 0, sys_name)))) << "a SET";
  EXPECT_FALSE(read(community_message(2, "public", pdu(0xa2, 5, 0, 0, sys_name)))) << "no version 2";
  EXPECT_FALSE(read(v3_message(5, engine_id, "", pdu(0xa2, 5, 0, 0, sys_name), 2))) << "encrypted, unauthenticated";
  EXPECT_FALSE(read(v3_message(5, std::string(33, 'e'), "", pdu(0xa2, 5, 0, 0, sys_name)))) << "a long engine id";
  EXPECT_FALSE(read(v3_message(5, engine_id, "", pdu(0xa2, 5, 0, 0, sys_name), 0, -1)));
}
TEST(Envelope, BrokenBindings) {
  EXPECT_FALSE(read(response(5, tlv(0x30, name("1.3.6.1"))))) << "no value";
  EXPECT_FALSE(read(response(5, tlv(0x30, name("1.3.6.1") + text("a") + text("b"))))) << "two values";
  EXPECT_FALSE(read(response(5, tlv(0x30, tlv(0x06, "\x2b\x86") + text("a"))))) << "a number without its end";
  EXPECT_FALSE(read(response(5, tlv(0x30, tlv(0x06, "\x2b\x90\x80\x80\x80\x00") + text("a"))))) << "above 32 bits";
  EXPECT_FALSE(read(response(5, tlv(0x30, tlv(0x06, std::string(200, '\x01')) + text("a"))))) << "200 numbers";
  std::string many;
  for (size_t i = 0; i <= most_bindings; ++i) many += binding("1.3.6.1", number(1));
  EXPECT_FALSE(read(response(5, many)));
  EXPECT_TRUE(read(response(5, "")));
}

}  // namespace
}  // namespace sonde::snmp
