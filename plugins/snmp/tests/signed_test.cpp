// Signed messages, made here as RFC 3414 says: whose clock is believed, and what net-snmp is left with behind a call.
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <gtest/gtest.h>
#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/scapi.h>
#include <net-snmp/library/snmpusm.h>

#include <array>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "conversation.hpp"
#include "library.hpp"
#include "messages.hpp"

namespace sonde::snmp {
namespace {

using namespace wire;  // NOLINT

constexpr const char* phrase = "labauthpass";
const std::string sys_name = binding("1.3.6.1.2.1.1.5.0", text("core"));

u_char* bytes(std::string& text) {
  return reinterpret_cast<u_char*>(text.data());
}
Credential user(const char* key = phrase) {
  return make_credential({"3", "", "lab", "SHA", key, "", ""}, "x");
}
std::span<const uint8_t> octets(const std::string& message) {
  return {reinterpret_cast<const uint8_t*>(message.data()), message.size()};
}

/// Of the user "lab" with HMAC-SHA-96.
std::string signed_message(int64_t id, const std::string& content, int64_t boots, int64_t time) {
  constexpr size_t digest_size = 12;
  const std::string header = tlv(0x30, number(id) + number(65507) + text(std::string(1, '\1')) + number(3));
  const std::string empty_digest = text(std::string(digest_size, '\0'));
  const std::string usm =
      tlv(0x30, text(engine_id) + number(boots) + number(time) + text("lab") + empty_digest + text(""));
  std::string out = tlv(0x30, number(3) + header + text(usm) + tlv(0x30, text(engine_id) + text("") + content));

  const Algorithm sha = library::auth_algorithm("SHA");
  std::string key = library::key_of(sha, phrase), local(USM_AUTH_KU_LEN, '\0'), engine = engine_id;
  const std::lock_guard<std::mutex> held(library::lock());
  size_t oid_size = 0, local_size = local.size(), size = digest_size;
  oid* digest = sc_get_auth_oid(sha.number, &oid_size);
  EXPECT_EQ(generate_kul(digest, static_cast<u_int>(oid_size), bytes(engine), engine.size(), bytes(key), key.size(),
                         bytes(local), &local_size),
            SNMPERR_SUCCESS);
  std::array<u_char, digest_size> mac{};
  EXPECT_EQ(sc_generate_keyed_hash(digest, oid_size, bytes(local), static_cast<u_int>(local_size), bytes(out),
                                   static_cast<u_int>(out.size()), mac.data(), &size),
            SNMPERR_SUCCESS);
  const size_t at = out.find(empty_digest) + 2;
  return out.replace(at, digest_size, reinterpret_cast<const char*>(mac.data()), digest_size);
}
std::string signed_response(int64_t id, int64_t boots, int64_t time) {
  return signed_message(id, pdu(0xa2, id, 0, 0, sys_name), boots, time);
}
std::string signed_not_in_time(int64_t id, int64_t boots, int64_t time) {
  return signed_message(id, pdu(0xa8, 0, 0, 0, binding("1.3.6.1.6.3.15.1.1.2.0", number(1, 0x41))), boots, time);
}
Fate fate(const std::string& message, Engine& engine, const Credential& credential = user()) {
  Reply reply;
  return decode(octets(message), {Operation::get, 5, {}, 0}, credential, engine, 0, reply);
}

TEST(Signed, AreTakenAndSetTheClock) {
  Engine engine{engine_id, 7, 1000, 0, false};
  EXPECT_EQ(fate(signed_response(5, 7, 1020), engine), Fate::taken);
  EXPECT_TRUE(engine.authentic);
  EXPECT_EQ(engine.time, 1020u);
}
TEST(Signed, WithAnotherKeyAreForged) {
  Engine engine{engine_id, 7, 1000, 0, false};
  EXPECT_EQ(fate(signed_response(5, 7, 1020), engine, user("another-pass")), Fate::forged);
  EXPECT_FALSE(engine.authentic);
}
TEST(Signed, OldOnesAreForged) {
  const Engine known{engine_id, 7, 1000, 0, true};
  for (const auto& [boots, time] : {std::pair{6, 1000}, std::pair{7, 800}}) {
    Engine engine = known;
    EXPECT_EQ(fate(signed_response(5, boots, time), engine), Fate::forged) << boots << ' ' << time;
    EXPECT_EQ(engine.boots, 7u);
    EXPECT_EQ(engine.time, 1000u);
  }
}
TEST(Signed, ACloneOfAnEngineHasItsOwnClock) {
  for (const uint32_t boots : {900u, 7u}) {
    Engine engine{engine_id, boots, 1000, 0, true};
    EXPECT_EQ(fate(signed_response(5, boots, 1001), engine), Fate::taken) << boots;
  }
}
TEST(Signed, AClockThatWasOffIsSetOnce) {
  Options options;
  options.timeout = 1'000'000'000;
  options.credentials = {user()};
  options.wanted = {{"sysName", parse_oid("1.3.6.1.2.1.1.5.0").value(), Meaning::text}};
  Traffic traffic{{}, OnTheWay(1)};
  Conversation talk(options, traffic, {1, 2}, {}, 0);
  const auto ask = [&] {
    Conversation::Exchange* exchange = talk.due(0);
    EXPECT_NE(exchange, nullptr);
    if (exchange != nullptr) talk.sent(*exchange, 0);
    return exchange == nullptr ? int64_t{0} : exchange->request.id;
  };
  EXPECT_EQ(talk.receive(octets(report(ask(), 4)), 0), Fate::taken);
  EXPECT_EQ(talk.receive(octets(signed_not_in_time(ask(), 9, 5000)), 0), Fate::taken);
  EXPECT_EQ(talk.engine().boots, 9u);
  EXPECT_EQ(talk.receive(octets(signed_response(ask(), 9, 5000)), 0), Fate::taken);
  ASSERT_NE(talk.findings().accepted, nullptr);
  EXPECT_TRUE(talk.findings().refusals.empty());
  EXPECT_EQ(talk.findings().values.size(), 1u);
}
TEST(Signed, AClockThatStaysOffIsGivenUp) {
  Options options;
  options.timeout = 1'000'000'000;
  options.credentials = {user()};
  options.wanted = {{"sysName", parse_oid("1.3.6.1.2.1.1.5.0").value(), Meaning::text}};
  Traffic traffic{{}, OnTheWay(1)};
  Conversation talk(options, traffic, {1, 2}, {}, 0);
  int asked = 0;
  for (; asked < 20 && !talk.finished(); ++asked) {
    Conversation::Exchange* exchange = talk.due(0);
    ASSERT_NE(exchange, nullptr);
    talk.sent(*exchange, 0);
    const int64_t id = exchange->request.id;
    talk.receive(octets(asked == 0 ? report(id, 4) : signed_not_in_time(id, 9, 5000)), 0);
  }
  EXPECT_EQ(asked, 5) << "discovery, the question, and three more";
  EXPECT_EQ(talk.findings().refusals, std::vector<std::string>{"v3 user lab: not in its time window"});
}

/// Users and clocks that the library holds; the user without a name is its own.
bool library_is_empty() {
  const std::lock_guard<std::mutex> held(library::lock());
  std::string engine = engine_id, other = engine_id + "2";
  const usmUser* first = usm_get_userList();
  return (first == nullptr || (first->next == nullptr && (first->name == nullptr || *first->name == '\0'))) &&
         search_enginetime_list(bytes(engine), static_cast<u_int>(engine.size())) == nullptr &&
         search_enginetime_list(bytes(other), static_cast<u_int>(other.size())) == nullptr;
}

TEST(Library, KeepsNothingOfAnyMessage) {
  Engine engine{engine_id, 7, 1000, 0, true};
  encode({Operation::get, 5, {}, 0}, user(), engine, 0);
  EXPECT_TRUE(library_is_empty()) << "a question";
  EXPECT_EQ(fate(signed_response(5, 7, 1000), engine), Fate::taken);
  EXPECT_TRUE(library_is_empty()) << "an answer";
  std::string forged = signed_response(5, 7, 1000);
  forged.back() = static_cast<char>(forged.back() ^ 1);
  EXPECT_EQ(fate(forged, engine), Fate::forged);
  EXPECT_TRUE(library_is_empty()) << "a forged answer";
  Engine unknown;
  EXPECT_EQ(fate(report(5, 4), unknown, discovery()), Fate::taken);
  EXPECT_TRUE(library_is_empty()) << "a discovery";
}
TEST(Library, ReportsNothingToWhoAsksForIt) {
  // Flag 4: net-snmp would send a Report for what it refuses, had it a session.
  const std::string response = pdu(0xa2, 5, 0, 0, sys_name);
  for (const char* name : {"lab", "stranger"}) {
    for (char flags : {char{4}, char{5}}) {
      Engine engine{engine_id, 7, 1000, 0, true};
      EXPECT_NE(fate(v3_message(5, engine_id, name, response, flags), engine), Fate::taken);
      EXPECT_TRUE(library_is_empty()) << name << int{flags};
    }
  }
}
TEST(Library, ServesManyShardsAtOnce) {
  // One user of one engine, and another key in each thread.
  const Engine engine{engine_id, 7, 1000, 0, true}, later{engine_id, 7, 1001, 0, true};
  const Request request{Operation::get, 5, {parse_oid("1.3.6.1.2.1.1.5.0").value()}, 0};
  std::vector<Credential> users;
  std::vector<std::set<std::string>> expected;  // a second may pass inside a call
  for (const char* key : {"labauthpass", "another-pass", "a-third-pass", "the-fourth-pass"}) {
    users.push_back(user(key));
    expected.emplace_back();
    for (const Engine* clock : {&engine, &engine, &later, &later})
      expected.back().insert(encode(request, users.back(), *clock, 0));
  }
  ASSERT_NE(expected[0], expected[1]);
  std::vector<int> wrong(users.size());
  std::vector<std::thread> shards;
  for (size_t i = 0; i < users.size(); ++i)
    shards.emplace_back([&, i] {
      for (int n = 0; n < 500; ++n) wrong[i] += expected[i].count(encode(request, users[i], engine, 0)) == 0;
    });
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(wrong, std::vector<int>(users.size()));
  EXPECT_TRUE(library_is_empty());
}

}  // namespace
}  // namespace sonde::snmp
