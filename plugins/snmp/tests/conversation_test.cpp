// The order of questions, and what agents with all their habits lead to. The clock is the test's.
#include "conversation.hpp"

#include <gtest/gtest.h>

#include "agent.hpp"
#include "names.hpp"

namespace sonde::snmp {
namespace {

using wire::Agent;
constexpr int64_t ms = 1'000'000;

Credential community(const char* text, const char* version = "2c") {
  return make_credential({version, text, "", "", "", "", ""}, "x");
}
Credential user(const char* name) {
  return make_credential({"3", "", name, "", "labauthpass", "", ""}, "x");
}

struct Talk {
  Options options;
  Traffic traffic{{}, OnTheWay(1)};
  Agent agent;
  int64_t clock = 0;
  size_t sent = 0, lost = 0;  ///< `lost`: so many first packets never arrive
  size_t stuck = 0;           ///< so many first packets never leave
  std::optional<Conversation> conversation;

  Talk() {
    options.timeout = 1000 * ms;
    options.tries = 2;
    for (const NamedObject& object : system_objects())
      options.wanted.push_back({std::string(object.name), parse_oid(object.oid).value(), object.meaning});
  }
  const Findings& run() {
    conversation.emplace(options, traffic, net::SipKey{1, 2}, std::array<uint8_t, 16>{}, clock);
    for (int i = 0; i < 10000 && !conversation->finished(); ++i) {
      clock = std::max(clock, conversation->next_due());
      Conversation::Exchange* exchange = conversation->due(clock);
      if (exchange == nullptr) break;
      if (exchange->over()) {
        conversation->unanswered(*exchange, clock);
        continue;
      }
      if (stuck > 0) {
        --stuck;
        conversation->stuck(*exchange, clock);
        continue;
      }
      const std::string message = exchange->message;
      conversation->sent(*exchange, clock);
      if (++sent <= lost) continue;
      if (const auto answer = agent.answer(message))
        conversation->receive({reinterpret_cast<const uint8_t*>(answer->data()), answer->size()}, clock);
    }
    EXPECT_TRUE(conversation->finished());
    return conversation->findings();
  }
  std::string value(const char* key) const {
    for (const auto& [wanted, found] : conversation->findings().values)
      if (wanted->key == key) return value_text(found, wanted->meaning);
    return "not there";
  }
  std::string table(const char* key) const {
    for (const auto& [name, rows] : conversation->findings().tables)
      if (name == key) return rows;
    return "not there";
  }
};

TEST(Conversation, ACommunityAndDiscoveryBesideIt) {
  Talk talk;
  talk.options.credentials = {community("public")};
  const Findings& found = talk.run();
  ASSERT_NE(found.accepted, nullptr);
  EXPECT_EQ(found.values.size(), 5u) << "sysLocation is not there";
  EXPECT_EQ(talk.value("sysName"), "core-switch");
  EXPECT_EQ(talk.conversation->engine().id, wire::engine_id);
  EXPECT_EQ(talk.sent, 2u);
  EXPECT_EQ(talk.clock, 0);
}
TEST(Conversation, NoDiscoveryWhenItIsSwitchedOff) {
  Talk talk;
  talk.options.credentials = {community("public")};
  talk.options.discover = false;
  talk.run();
  EXPECT_FALSE(talk.conversation->engine().known());
  EXPECT_EQ(talk.sent, 1u);
}
TEST(Conversation, SilenceWaitsTheWholeTime) {
  Talk talk;
  talk.agent.community = "other";
  talk.agent.engine.clear();
  talk.options.credentials = {community("public"), community("second")};
  const Findings& found = talk.run();
  EXPECT_FALSE(found.answered);
  EXPECT_EQ(talk.sent, 6u) << "discovery and two communities, twice each";
  EXPECT_EQ(talk.clock, 4000 * ms);
}
TEST(Conversation, APacketThatThisMachineKeptIsNoTry) {
  Talk talk;
  talk.agent.community = "other";
  talk.options.credentials = {community("public")};
  talk.options.discover = false;
  talk.stuck = 1;
  EXPECT_FALSE(talk.run().answered);
  EXPECT_EQ(talk.sent, 2u) << "asked as often as was promised";
  EXPECT_FALSE(talk.conversation->was_stuck());
}
TEST(Conversation, AQuestionThatCannotLeaveIsGivenUpAndProvesNothing) {
  Talk talk;
  talk.options.credentials = {community("public")};
  talk.options.discover = false;
  talk.stuck = 2;
  EXPECT_FALSE(talk.run().answered);
  EXPECT_EQ(talk.sent, 0u);
  EXPECT_TRUE(talk.conversation->was_stuck());
}
TEST(Conversation, WhatWasKeptOnceIsOwedUntilAllItsTriesHaveLeft) {
  Talk talk;
  talk.options.credentials = {community("public")};
  talk.options.discover = false;
  Conversation conversation(talk.options, talk.traffic, {1, 2}, {}, 0);
  EXPECT_TRUE(conversation.owes_question());
  Conversation::Exchange& question = *conversation.due(0);
  conversation.sent(question, 0);
  EXPECT_FALSE(conversation.owes_question());
  conversation.stuck(question, 1000 * ms);
  EXPECT_TRUE(conversation.owes_question());
  EXPECT_GT(conversation.next_due(), 1000 * ms);
  conversation.sent(question, 1200 * ms);
  EXPECT_FALSE(conversation.owes_question());
}
TEST(Conversation, TheNextCredentialAsksEachObjectOnce) {
  Talk talk;
  talk.options.credentials = {community("wrong"), community("public")};
  talk.options.discover = false;
  const Findings& found = talk.run();
  ASSERT_NE(found.accepted, nullptr);
  EXPECT_EQ(found.accepted->community, "public");
  EXPECT_EQ(found.values.size(), 5u);
  EXPECT_EQ(talk.sent, 3u) << "one community twice, the other once";
}
TEST(Conversation, DiscoveryAloneIsAnAnswer) {
  Talk talk;
  const Findings& found = talk.run();
  EXPECT_TRUE(found.answered);
  EXPECT_TRUE(found.values.empty());
  EXPECT_EQ(talk.conversation->engine().boots, 7u);
  EXPECT_EQ(talk.sent, 1u);
}
TEST(Conversation, ALostQuestionIsRepeated) {
  Talk talk;
  talk.options.credentials = {community("public")};
  talk.lost = 2;
  EXPECT_NE(talk.run().accepted, nullptr);
  EXPECT_EQ(talk.clock, 1000 * ms);
}
TEST(Conversation, KnownRoundTripsBringARepetitionForwardButNotTheEnd) {
  Talk talk;
  for (int i = 0; i < 16; ++i) talk.traffic.round_trips.add(2 * ms);
  talk.options.credentials = {community("public")};
  talk.lost = 2;
  EXPECT_NE(talk.run().accepted, nullptr);
  EXPECT_EQ(talk.clock, 200 * ms);

  Talk silent;
  for (int i = 0; i < 16; ++i) silent.traffic.round_trips.add(2 * ms);
  silent.options.credentials = {community("public")};
  silent.options.discover = false;
  silent.agent.community = "other";
  EXPECT_FALSE(silent.run().answered);
  EXPECT_EQ(silent.sent, 2u);
  EXPECT_EQ(silent.clock, 1200 * ms) << "200 ms, and the whole timeout after the last packet";
}
TEST(Conversation, ASlowAgentIsNotAskedTwiceWhileItThinks) {
  Talk talk;
  for (int i = 0; i < 16; ++i) talk.traffic.round_trips.add(2 * ms);
  talk.options.credentials = {community("public")};
  talk.options.discover = false;
  talk.options.tables = {find_table("arp")};
  Conversation walk(talk.options, talk.traffic, {1, 2}, {}, 0);
  Conversation::Exchange* values = walk.due(0);
  ASSERT_NE(values, nullptr);
  walk.sent(*values, 0);
  const auto answer = talk.agent.answer(values->message);
  ASSERT_TRUE(answer);
  walk.receive({reinterpret_cast<const uint8_t*>(answer->data()), answer->size()}, 400 * ms);
  Conversation::Exchange* next = walk.due(400 * ms);
  ASSERT_NE(next, nullptr);
  next->tries = 2;  // as it has without GETBULK
  walk.sent(*next, 400 * ms);
  EXPECT_EQ(walk.next_due(), 1200 * ms) << "twice what its slowest answer took, not the 200 ms of the others";
}
TEST(Conversation, UsersGoFirstAndEachOnce) {
  Talk talk;
  talk.options.credentials = in_order({community("public"), user("one"), user("two")});
  const Findings& found = talk.run();
  ASSERT_NE(found.accepted, nullptr);
  EXPECT_EQ(found.accepted->community, "public");
  EXPECT_EQ(found.refusals, (std::vector<std::string>{"v3 user one: unknown user", "v3 user two: unknown user"}));
  EXPECT_EQ(talk.sent, 4u) << "discovery, two users, one community";
}
TEST(Conversation, WhereNobodySpeaksV3UsersAreNotTried) {
  Talk talk;
  talk.agent.engine.clear();
  talk.options.credentials = in_order({user("one"), community("public")});
  const Findings& found = talk.run();
  ASSERT_NE(found.accepted, nullptr);
  EXPECT_TRUE(found.refusals.empty());
  EXPECT_EQ(talk.sent, 3u);
}
TEST(Conversation, RefusalsAreToldApart) {
  const std::pair<int, const char*> reasons[] = {{1, "v3 user one: security level not permitted"},
                                                 {5, "v3 user one: wrong auth_key or auth_protocol"},
                                                 {6, "v3 user one: wrong priv_key or priv_protocol"},
                                                 {2, "v3 user one: not in its time window"}};
  for (const auto& [counter, text] : reasons) {
    Talk talk;
    talk.agent.refusal = counter;
    talk.options.credentials = {user("one")};
    EXPECT_EQ(talk.run().refusals, std::vector<std::string>{text});
    EXPECT_EQ(talk.sent, 2u);
  }
}
TEST(Conversation, V1LeavesOutWhatIsNotThere) {
  Talk talk;
  talk.agent.versions = {0};
  talk.options.credentials = {community("public", "1")};
  EXPECT_EQ(talk.run().values.size(), 5u);
  EXPECT_EQ(talk.value("sysName"), "core-switch");
}
TEST(Conversation, TooBigIsAskedInHalves) {
  Talk talk;
  talk.agent.most_objects = 2;
  talk.options.credentials = {community("public")};
  EXPECT_EQ(talk.run().values.size(), 5u);
}
TEST(Conversation, AnObjectThatFailsIsFoundAndLeftOut) {
  Talk talk;
  talk.agent.sore = {1, 3, 6, 1, 2, 1, 1, 2, 0};
  talk.options.credentials = {community("public"), community("second")};
  const Findings& found = talk.run();
  EXPECT_EQ(found.values.size(), 4u);
  EXPECT_EQ(talk.value("sysObjectID"), "not there");
  EXPECT_EQ(talk.value("sysName"), "core-switch");
  for (const wire::Asked& asked : talk.agent.heard) EXPECT_NE(asked.community, "second");
}
TEST(Conversation, WhoTookACredentialGetsNoOther) {
  Talk talk;
  talk.options.credentials = {community("public"), community("second")};
  for (uint32_t i = 1; i <= 7; ++i) {
    const Oid oid = {1, 3, 6, 1, 4, 1, 9, i, 0};
    talk.options.wanted.push_back({to_text(oid), oid, Meaning::unknown});
  }
  talk.agent.sore = talk.options.wanted.back().oid;  // alone in its question
  const Findings& found = talk.run();
  ASSERT_NE(found.accepted, nullptr);
  EXPECT_EQ(found.accepted->community, "public");
  EXPECT_EQ(found.values.size(), 5u);
  for (const wire::Asked& asked : talk.agent.heard) EXPECT_NE(asked.community, "second");
}
TEST(Conversation, AnErrorToEverythingIsToldAndTheNextCredentialTried) {
  Talk talk;
  talk.agent.most_objects = 0;
  talk.options.credentials = {community("public")};
  EXPECT_EQ(talk.run().refusals, std::vector<std::string>{"v2c: error 1"});
  EXPECT_EQ(talk.sent, 9u) << "discovery, six objects, three, and each alone";
}
TEST(Conversation, ManyObjectsGoInSeveralQuestions) {
  Talk talk;
  talk.options.credentials = {community("public")};
  for (uint32_t i = 1; i <= 30; ++i) {
    Oid oid = {1, 3, 6, 1, 4, 1, 9, i, 0};
    talk.agent.objects[oid] = wire::number(i);
    talk.options.wanted.push_back({to_text(oid), oid, Meaning::unknown});
  }
  EXPECT_EQ(talk.run().values.size(), 35u);
  EXPECT_EQ(talk.value("1.3.6.1.4.1.9.30.0"), "30");
  EXPECT_EQ(talk.sent, 4u);
}
TEST(Conversation, ACommunityThatMayReadNothing) {
  Talk talk;
  talk.agent.objects.clear();
  talk.options.credentials = {community("public")};
  const Findings& found = talk.run();
  EXPECT_TRUE(found.answered);
  EXPECT_EQ(found.accepted, nullptr);
  EXPECT_EQ(found.refusals, std::vector<std::string>{"v2c: none of the objects may be read"});
}

struct TableTalk : Talk {
  TableTalk() {
    options.credentials = {community("public")};
    options.tables = {find_table("arp")};
    for (int i = 1; i <= 25; ++i)
      agent.set(("1.3.6.1.2.1.4.22.1.2.2.192.0.2." + std::to_string(i)).c_str(),
                wire::text(std::string("\x00\x11\x32\x00\x00", 5) + static_cast<char>(i)));
  }
  size_t rows() const {
    const std::string json = table("arp");
    size_t n = 0;
    for (size_t at = json.find("\"mac\""); at != std::string::npos; at = json.find("\"mac\"", at + 1)) ++n;
    return n;
  }
};

TEST(ConversationTable, ByGetBulk) {
  TableTalk talk;
  EXPECT_TRUE(talk.run().incomplete.empty());
  EXPECT_EQ(talk.rows(), 25u);
  EXPECT_EQ(talk.agent.heard.back().tag, 0xa5);
  EXPECT_EQ(talk.sent, 5u) << "two to begin with, three for 25 rows";
}
TEST(ConversationTable, HalvedWhereTenAreTooMany) {
  TableTalk talk;
  talk.agent.most_repetitions = 2;
  talk.run();
  EXPECT_EQ(talk.rows(), 25u);
  EXPECT_EQ(talk.agent.heard.back().repetitions, 2);
  EXPECT_EQ(talk.clock, 2000 * ms) << "10 and 5 were waited for";
}
TEST(ConversationTable, ByGetNextWhereBulkIsDropped) {
  TableTalk talk;
  talk.agent.most_repetitions = 0;
  EXPECT_TRUE(talk.run().incomplete.empty());
  EXPECT_EQ(talk.rows(), 25u);
  EXPECT_EQ(talk.agent.heard.back().tag, 0xa1);
}
TEST(ConversationTable, ByGetNextInV1) {
  TableTalk talk;
  talk.options.credentials = {community("public", "1")};
  EXPECT_TRUE(talk.run().incomplete.empty());
  EXPECT_EQ(talk.rows(), 25u);
}
TEST(ConversationTable, CirclesEnd) {
  TableTalk talk;
  talk.agent.in_circles = true;
  const Findings& found = talk.run();
  ASSERT_EQ(found.incomplete.size(), 1u);
  EXPECT_EQ(found.incomplete[0].second, "its objects do not increase");
  EXPECT_LT(talk.sent, 10u);
}
TEST(ConversationTable, Limits) {
  TableTalk talk;
  talk.options.limits.rows = 4;
  const Findings& found = talk.run();
  EXPECT_EQ(talk.rows(), 4u);
  ASSERT_EQ(found.incomplete.size(), 1u);
  EXPECT_EQ(found.incomplete[0], std::make_pair(std::string("arp"), std::string("more than 4 rows")));
}
TEST(ConversationTable, BytesAreCountedOverAllTables) {
  TableTalk talk;
  talk.options.limits.bytes = 100;
  talk.options.tables.push_back(find_table("lldp"));
  const Findings& found = talk.run();
  const std::vector<std::pair<std::string, std::string>> expected = {{"arp", "more bytes than max_bytes"},
                                                                     {"lldp", "max_bytes was reached"}};
  EXPECT_EQ(found.incomplete, expected);
  EXPECT_EQ(talk.sent, 3u) << "nothing is asked for that would not be kept";
}
TEST(ConversationTable, WhatCameBeforeTheEndIsKept) {
  TableTalk talk;
  talk.options.tables.push_back(find_table("lldp"));
  talk.conversation.emplace(talk.options, talk.traffic, net::SipKey{1, 2}, std::array<uint8_t, 16>{}, 0);
  for (int i = 0; i < 4; ++i) {
    Conversation::Exchange* exchange = talk.conversation->due(0);
    ASSERT_NE(exchange, nullptr);
    const std::string message = exchange->message;
    talk.conversation->sent(*exchange, 0);
    const auto answer = talk.agent.answer(message);
    talk.conversation->receive({reinterpret_cast<const uint8_t*>(answer->data()), answer->size()}, 0);
  }
  talk.conversation->stop("the time was up");
  EXPECT_TRUE(talk.conversation->finished());
  EXPECT_EQ(talk.rows(), 20u);
  const auto& incomplete = talk.conversation->findings().incomplete;
  ASSERT_EQ(incomplete.size(), 2u);
  EXPECT_EQ(incomplete[1], std::make_pair(std::string("lldp"), std::string("the time was up")));
}

}  // namespace
}  // namespace sonde::snmp
