// Coding through net-snmp: what is sent, what is believed of what comes back. Authenticated and encrypted messages are
// exchanged with a real agent in the lab.
#include "message.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.hpp>

#include <array>

#include "messages.hpp"

namespace sonde::snmp {
namespace {

using namespace wire;  // NOLINT

Credential community() {
  Credential out;
  out.community = "public";
  return out;
}
Fate decoded(const std::string& message, const Request& request, const Credential& credential, Engine& engine,
             Reply& reply) {
  return decode({reinterpret_cast<const uint8_t*>(message.data()), message.size()}, request, credential, engine, 0,
                reply);
}
Fate fate(const std::string& message, const Request& request, const Credential& credential, Engine engine = {}) {
  Reply reply;
  return decoded(message, request, credential, engine, reply);
}
Request get(int32_t id) {
  return {Operation::get, id, {parse_oid("1.3.6.1.2.1.1.5.0").value()}, 0};
}
const std::string sys_name = binding("1.3.6.1.2.1.1.5.0", text("core"));

TEST(Encode, Get) {
  const Asked asked = read_question(encode(get(0x01020304), community(), {}, 0));
  EXPECT_EQ(asked.version, 1);
  EXPECT_EQ(asked.community, "public");
  EXPECT_EQ(asked.tag, 0xa0);
  EXPECT_EQ(asked.id, 0x01020304);
  EXPECT_EQ(asked.oids, std::vector<std::string>{"1.3.6.1.2.1.1.5.0"});
}
TEST(Encode, BulkOfManyColumns) {
  Request request{Operation::get_bulk, 9, {}, 10};
  for (uint32_t i = 1; i <= 40; ++i) request.oids.push_back({1, 3, 6, 1, 2, 1, 2, 2, 1, i, 4294967295u});
  const Asked asked = read_question(encode(request, community(), {}, 0));
  EXPECT_EQ(asked.tag, 0xa5);
  EXPECT_EQ(asked.repetitions, 10);
  ASSERT_EQ(asked.oids.size(), 40u);
  EXPECT_EQ(asked.oids[39], "1.3.6.1.2.1.2.2.1.40.4294967295");
}
TEST(Encode, DiscoveryNamesNobody) {
  Request nothing;
  nothing.id = 77;
  const Asked asked = read_question(encode(nothing, discovery(), {}, 0));
  EXPECT_EQ(asked.version, 3);
  EXPECT_EQ(asked.id, 77);
  EXPECT_EQ(asked.community, "") << "no engine id";
}
TEST(Encode, AUserSignsForItsEngineAlone) {
  const Credential user = make_credential({"3", "", "lab", "SHA-256", "labauthpass", "AES", "labprivpass"}, "x");
  const Engine one{engine_id, 3, 100, 0, true}, two{engine_id + "2", 3, 100, 0, true};
  const std::string message = encode(get(5), user, one, 7'000'000'000);
  EXPECT_EQ(read_question(message).community, engine_id);
  EXPECT_EQ(message.find("labauthpass"), std::string::npos);
  EXPECT_NE(message.substr(message.size() - 20), encode(get(5), user, two, 0).substr(message.size() - 20));
  EXPECT_THROW(encode(get(5), user, {}, 0), Failure) << "no engine, no key";
}
TEST(Decode, Values) {
  const std::string values = sys_name + binding("1.3.6.1.2.1.1.3.0", number(4294967295, 0x43)) +
                             binding("1.3.6.1.2.1.1.2.0", name("1.3.6.1.4.1.8072.3.2.10")) +
                             binding("1.3.6.1.1", tlv(0x40, std::string("\xc0\x00\x02\x01", 4))) +
                             binding("1.3.6.1.2", tlv(0x46, std::string("\x00\xff\xff\xff\xff\xff\xff\xff\xff", 9))) +
                             binding("1.3.6.1.3", number(-5)) + binding("1.3.6.1.4", tlv(0x80, "")) +
                             binding("1.3.6.1.5", tlv(0x81, "")) + binding("1.3.6.1.6", tlv(0x82, "")) +
                             binding("1.3.6.1.7", tlv(0x44, std::string("\x9f\x78\x04\x40\x20\x00\x00", 7)));
  Reply reply;
  Engine engine;
  ASSERT_EQ(decoded(response(5, values), get(5), community(), engine, reply), Fate::taken);
  ASSERT_EQ(reply.bindings.size(), 10u);
  const auto value = [&](size_t i) { return value_text(reply.bindings[i].value); };
  EXPECT_EQ(value(0), "core");
  EXPECT_EQ(value(1), "4294967295");
  EXPECT_EQ(value(2), "1.3.6.1.4.1.8072.3.2.10");
  EXPECT_EQ(value(3), "192.0.2.1");
  EXPECT_EQ(value(4), "18446744073709551615");
  EXPECT_EQ(value(5), "-5");
  for (size_t i : {6u, 7u, 8u}) EXPECT_FALSE(reply.bindings[i].value.there());
  EXPECT_EQ(reply.bindings[8].value.kind, Value::Kind::end);
  EXPECT_EQ(value(9), "2.5") << "an Opaque float";
}
TEST(Decode, WhatDoesNotBelong) {
  EXPECT_EQ(fate(response(6, sys_name), get(5), community()), Fate::foreign) << "another request id";
  EXPECT_EQ(fate(community_message(0, "public", pdu(0xa2, 5, 0, 0, sys_name)), get(5), community()), Fate::foreign);
  EXPECT_EQ(fate(report(5, 3), get(5), community()), Fate::foreign);
  EXPECT_EQ(fate("nonsense", get(5), community()), Fate::broken);
  EXPECT_EQ(fate("", get(5), community()), Fate::broken);
}
TEST(Decode, DiscoveryTellsTheEngine) {
  Engine engine;
  Reply reply;
  Request nothing;
  nothing.id = 77;
  ASSERT_EQ(decoded(report(77, 4), nothing, discovery(), engine, reply), Fate::taken);
  EXPECT_EQ(reply.report, Report::unknown_engine);
  EXPECT_EQ(engine.id, engine_id);
  EXPECT_EQ(engine.boots, 7u);
  EXPECT_EQ(engine.time_at(3'000'000'000), 1003u);
  EXPECT_FALSE(engine.authentic);
  EXPECT_EQ(fate(report(78, 4), nothing, discovery()), Fate::foreign);
}
TEST(Decode, RefusalsAreToldApart) {
  const Credential user = make_credential({"3", "", "lab", "", "labauthpass", "", ""}, "x");
  const Engine engine{engine_id, 7, 1000, 0, false};
  const std::pair<int, Report> reports[] = {{1, Report::wrong_level},  {2, Report::not_in_time},
                                            {3, Report::unknown_user}, {4, Report::unknown_engine},
                                            {5, Report::wrong_digest}, {6, Report::decryption}};
  for (const auto& [which, expected] : reports) {
    Reply reply;
    Engine copy = engine;
    ASSERT_EQ(decoded(report(5, which, "lab"), get(5), user, copy, reply), Fate::taken) << which;
    EXPECT_EQ(reply.report, expected);
    EXPECT_FALSE(copy.authentic) << "nobody signed it";
  }
}
TEST(Decode, AnUnsignedAnswerToASignedQuestionIsNoAnswer) {
  const Credential user = make_credential({"3", "", "lab", "", "labauthpass", "", ""}, "x");
  const Engine engine{engine_id, 7, 1000, 0, true};
  EXPECT_EQ(fate(v3_message(5, engine_id, "lab", pdu(0xa2, 5, 0, 0, sys_name)), get(5), user, engine), Fate::foreign);
  EXPECT_EQ(fate(v3_message(5, engine_id, "lab", pdu(0xa2, 5, 0, 0, sys_name), 1), get(5), user, engine), Fate::forged)
      << "says that it is signed";
}
TEST(Decode, NothingOfOneHostIsLeftForTheNext) {
  // Two devices with one engine id: the clock of the first must not make the second one's messages too old.
  const Credential open = make_credential({"3", "", "lab", "", "", "", ""}, "x");
  for (const int64_t boots : {900, 7}) {
    Engine engine{engine_id, static_cast<uint32_t>(boots), 1000, 0, false};
    const std::string answer = v3_message(5, engine_id, "lab", pdu(0xa2, 5, 0, 0, sys_name), 0, boots);
    EXPECT_EQ(fate(answer, get(5), open, engine), Fate::taken) << boots;
  }
  const Credential other = make_credential({"3", "", "stranger", "", "", "", ""}, "x");
  EXPECT_EQ(
      fate(v3_message(5, engine_id, "lab", pdu(0xa2, 5, 0, 0, sys_name)), get(5), other, {engine_id, 7, 1, 0, false}),
      Fate::foreign);
}
TEST(RequestId, DependsOnAllOfIt) {
  const std::array<uint8_t, 16> a{1}, b{2};
  const net::SipKey key{1, 2};
  EXPECT_NE(request_id(key, a, 1), request_id({2, 2}, a, 1));
  EXPECT_NE(request_id(key, a, 1), request_id({1, 3}, a, 1));
  EXPECT_NE(request_id(key, a, 1), request_id(key, b, 1));
  EXPECT_NE(request_id(key, a, 1), request_id(key, a, 2));
  EXPECT_GT(request_id(key, a, 1), 0);
  EXPECT_EQ(request_id(key, a, 1), request_id(key, a, 1));
}

}  // namespace
}  // namespace sonde::snmp
