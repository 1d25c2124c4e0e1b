// Records by address, in memory and on disk: what goes in comes out, in order, joined; what is damaged is refused.
#include "inventory/host_store.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>

#include "facts.hpp"
#include "inventory/host_codec.hpp"
#include "listed.hpp"

namespace sonde::core {
namespace {

/// One of each kind of value, with what texts may hold.
std::vector<Fact> many_facts() {
  using std::string_literals::operator""s;
  return {
      {FieldTable::alive, 0, {}, Scalar::boolean(true)},
      {FieldTable::rtt_ms, 1, {}, Scalar::of(0.25)},
      {FieldTable::ports, core_stage, {}, Scalar::of(std::numeric_limits<uint64_t>::max())},
      {FieldTable::banners, 2, "22", Scalar::of("SSH-2.0\0\xff"s)},
      {FieldTable::services, 2, "443", Scalar::json("{\"name\":\"https\"}")},
      {FieldTable::ip, 3, {}, {SONDE_IP, 0, std::string(16, '\x7f')}},
      {FieldTable::snmp, 4, "sysUpTime", Scalar::of(int64_t{-1})},
  };
}

class Stores : public ::testing::TestWithParam<std::size_t> {};  // how much of it is in memory
INSTANTIATE_TEST_SUITE_P(InMemoryAndOnDisk, Stores, ::testing::Values(Spool::in_memory, std::size_t{64}));

TEST_P(Stores, GiveBackEachHostInTheOrderOfAddresses) {
  HostStore store(GetParam());
  const std::vector<Outcome> outcomes = {Outcome::positive, Outcome::none, Outcome::skipped_shutdown};
  const HostRecord first{ip("10.0.0.9"), many_facts(), outcomes}, second{ip("2001:db8::1"), {}, {}},
      third{ip("10.0.0.10"), {many_facts()[0]}, outcomes};
  store.add(second);
  store.add(third);
  store.add(first);
  store.sort();
  EXPECT_EQ(store.size(), 3u);
  EXPECT_EQ(listed(store), (std::vector<HostRecord>{first, third, second}));
}

TEST_P(Stores, JoinWhatIsSaidOfOneAddressInTheOrderInWhichItWasSaid) {
  HostStore store(GetParam());
  const std::vector<Fact> facts = many_facts();
  const std::span<const Fact> f(facts);
  store.add(ip("10.0.0.1"), f.subspan(0, 2), std::vector<Outcome>{Outcome::error});
  store.add(ip("10.0.0.2"), f);
  store.add(ip("10.0.0.1"), f.subspan(2));
  store.sort();
  EXPECT_EQ(store.size(), 2u);
  EXPECT_EQ(listed(store)[0], (HostRecord{ip("10.0.0.1"), facts, {Outcome::error}}));
}

TEST_P(Stores, ManyShareOneFile) {
  const auto spool = std::make_shared<Spool>(GetParam());
  const auto files = [] {
    const auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = files();
  std::vector<HostStore> stores;
  for (uint32_t n = 0; n < 1500; ++n) stores.emplace_back(spool);
  for (uint32_t n = 0; n < stores.size(); ++n) stores[n].add(IpAddress::v4(n + 1), many_facts());
  EXPECT_LE(files(), before + 1);
  for (uint32_t n = 0; n < stores.size(); ++n) {
    stores[n].sort();
    EXPECT_EQ(listed(stores[n]), (std::vector<HostRecord>{{IpAddress::v4(n + 1), many_facts(), {}}}));
  }
}

TEST_P(Stores, OfOutcomesTheLastThatSaysSomethingCounts) {
  HostStore store(GetParam());
  store.add(ip("10.0.0.1"), {}, std::vector<Outcome>{Outcome::error, Outcome::positive});
  store.add(ip("10.0.0.1"), {}, std::vector<Outcome>{Outcome::negative, Outcome::none, Outcome::no_answer});
  store.sort();
  EXPECT_EQ(listed(store)[0].outcomes,
            (std::vector<Outcome>{Outcome::negative, Outcome::positive, Outcome::no_answer}));
}

TEST_P(Stores, KnowWhichHostsAreNotSettled) {
  HostStore store(GetParam());
  store.add_unsettled({ip("10.0.0.3"), many_facts(), {}});
  store.add_unsettled({ip("10.0.0.1"), {}, {}});
  store.add_unsettled({ip("10.0.0.3"), {}, {}});
  store.sort();
  EXPECT_TRUE(store.in_pieces());
  EXPECT_EQ(store.unsettled(), (std::vector<IpAddress>{ip("10.0.0.1"), ip("10.0.0.3")}));
  store.add({ip("10.0.0.3"), {}, {}});
  store.sort();
  EXPECT_EQ(store.unsettled(), std::vector<IpAddress>{ip("10.0.0.1")});
  EXPECT_EQ(listed(store)[1].facts, many_facts());
}

TEST_P(Stores, FindAppends) {
  HostStore store(GetParam());
  store.add(ip("10.0.0.1"), many_facts());
  store.sort();
  std::vector<Fact> found = {many_facts()[1]};
  ASSERT_TRUE(store.find(ip("10.0.0.1"), found).has_value());
  ASSERT_EQ(found.size(), 1 + many_facts().size());
  EXPECT_EQ(found[0], many_facts()[1]);
  EXPECT_EQ(found[1], many_facts()[0]);
  ASSERT_TRUE(store.find(ip("10.0.0.2"), found).has_value());
  EXPECT_EQ(found.size(), 1 + many_facts().size());
  EXPECT_TRUE(store.has_field(FieldTable::snmp));
  EXPECT_FALSE(store.has_field(FieldTable::vendor));
}

TEST(HostStore, KeepsHostsThatAreLargerThanOneEntry) {
  HostStore store;
  std::vector<Fact> facts;
  for (int i = 0; i < 40; ++i)
    facts.push_back(
        {FieldTable::banners, 0, std::to_string(i), Scalar::of(std::string(1 << 20, static_cast<char>('a' + i % 26)))});
  store.add(ip("10.0.0.1"), facts);
  store.sort();
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(listed(store)[0].facts, facts);
}

TEST(HostStore, TellsHowManyTheDiskDidNotGiveBack) {
  HostStore store(64);
  for (uint32_t i = 0; i < 100; ++i) store.add(IpAddress::v4(i + 1), many_facts());
  store.sort();
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const std::string name = std::filesystem::read_symlink(entry.path(), ec).string();
    if (!ec && name.ends_with(" (deleted)")) {
      ASSERT_EQ(::ftruncate(std::stoi(entry.path().filename().string()), 1000), 0);
    }
  }
  std::size_t seen = 0;
  const auto read = store.each([&](const HostRecord& h) { seen += h.facts == many_facts(); });
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().id, "temporary-file");
  EXPECT_EQ(read.error().text, "the records of " + std::to_string(100 - seen) +
                                   " of 100 hosts in a temporary file of " + Spool::directory() +
                                   " cannot be read back");
  EXPECT_GT(seen, 0u);
  std::vector<Fact> facts;
  EXPECT_FALSE(store.find(IpAddress::v4(100), facts).has_value());
}

std::string encoded() {
  std::string bytes;
  append_outcomes(bytes, std::vector<Outcome>{Outcome::positive, Outcome::error});
  for (const Fact& fact : many_facts()) append_fact(bytes, fact);
  return bytes;
}

constexpr std::size_t field_count = FieldTable::snmp + 10;

TEST(HostCodec, RefusesWhatIsCutOrForeign) {
  std::vector<Outcome> outcomes;
  std::vector<Fact> facts;
  const std::string whole = encoded();
  ASSERT_TRUE(decode_host(whole, field_count, outcomes, facts));
  EXPECT_EQ(facts, many_facts());
  EXPECT_FALSE(decode_host(whole, FieldTable::snmp, outcomes, facts));  // a field that was never stored
  EXPECT_FALSE(decode_host("", field_count, outcomes, facts));
  EXPECT_FALSE(decode_host("\x01\x7f", field_count, outcomes, facts));  // no such outcome
  EXPECT_FALSE(decode_host(std::string(11, '\xff'), field_count, outcomes, facts));
  std::size_t whole_facts = 0;
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    facts.clear();
    if (decode_host(whole.substr(0, cut), field_count, outcomes, facts)) ++whole_facts;
    ASSERT_LE(facts.size(), many_facts().size());
  }
  EXPECT_EQ(whole_facts, many_facts().size());  // it may only end behind the outcomes and behind each fact but the last
}

TEST(HostCodec, SurvivesEveryFlippedBit) {
  const std::string whole = encoded();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    std::vector<Outcome> outcomes;
    std::vector<Fact> facts;
    decode_host(bytes, field_count, outcomes, facts);
    for (const Fact& fact : facts) ASSERT_LT(fact.field, field_count);
    for (const Outcome outcome : outcomes) ASSERT_LE(static_cast<uint8_t>(outcome), last_outcome);
  }
}

}  // namespace
}  // namespace sonde::core
