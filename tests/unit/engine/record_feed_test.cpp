// Records that are folded ahead of their writer: all of them, in order, with a thread and without, also when somebody
// leaves in the middle.
#include "engine/record_feed.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "../no_threads.hpp"
#include "base/spool.hpp"

namespace sonde::core {
namespace {

class Feed : public ::testing::TestWithParam<uint32_t> {  // how many hosts there are
 protected:
  Feed() : Feed(Spool::in_memory) {}
  explicit Feed(std::size_t in_memory) : hosts(in_memory) {
    context.fields = &fields;
    context.stage_plugins = {"rdns"};
    context.stage_writes_alive = {false};
  }
  void fill(uint32_t n) {
    for (uint32_t i = n; i > 0; --i)  // the store sorts
      hosts.add(IpAddress::v4(i), std::vector<Fact>{{FieldTable::reverse_dns, 0, {}, Scalar::of(name_of(i))}});
    hosts.sort();
  }
  static std::string name_of(uint32_t i) { return "host-" + std::to_string(i) + ".example"; }
  /// The batches until the last one, each record checked.
  uint32_t read_all(RecordFeed& feed) {
    uint32_t seen = 0;
    for (std::vector<FoldedRecord> batch; feed.next(batch);) {
      EXPECT_FALSE(batch.empty());
      for (const FoldedRecord& record : batch) {
        ++seen;
        EXPECT_EQ(record.ip, IpAddress::v4(seen));
        const FoldedField* name = record.find(FieldTable::reverse_dns);
        EXPECT_TRUE(name && name->items.front().value.text == name_of(seen)) << seen;
      }
    }
    return seen;
  }

  FieldTable fields;
  FoldContext context;
  HostStore hosts;
};

INSTANTIATE_TEST_SUITE_P(NoneOneBatchAndMany, Feed, ::testing::Values(0, 1, 256, 257, 5000));

TEST_P(Feed, GivesEachHostOnceInTheOrderOfAddresses) {
  fill(GetParam());
  RecordFeed feed(hosts, context);
  EXPECT_EQ(read_all(feed), GetParam());
  EXPECT_TRUE(feed.outcome().has_value());
  std::vector<FoldedRecord> batch;
  EXPECT_FALSE(feed.next(batch)) << "it stays at its end";
}

TEST_P(Feed, WorksWhereTheSystemHasNoThread) {
  fill(GetParam());
  const NoThreads no_threads;
  RecordFeed feed(hosts, context);
  EXPECT_EQ(read_all(feed), GetParam());
}

TEST_P(Feed, MayBeLeftInTheMiddle) {
  fill(GetParam());
  RecordFeed feed(hosts, context);
  std::vector<FoldedRecord> batch;
  EXPECT_EQ(feed.next(batch), GetParam() != 0);
}

TEST_F(Feed, AHostOfManyFactsDoesNotComeWithHundredsLikeIt) {
  std::vector<Fact> many;
  for (uint32_t port = 1; port <= 5000; ++port) many.push_back({FieldTable::ports, 0, {}, Scalar::of(uint64_t{port})});
  for (uint32_t i = 1; i <= 300; ++i) hosts.add(IpAddress::v4(i), many);
  hosts.sort();
  RecordFeed feed(hosts, context);
  std::size_t seen = 0;
  for (std::vector<FoldedRecord> batch; feed.next(batch);) {
    EXPECT_LE(batch.size(), 2u);
    seen += batch.size();
  }
  EXPECT_EQ(seen, 300u);
}

class FeedOnDisk : public Feed {
 protected:
  FeedOnDisk() : Feed(std::size_t{64}) {}
};

TEST_F(FeedOnDisk, CountsWhatTheDiskDidNotGiveBack) {
  fill(2000);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const std::string name = std::filesystem::read_symlink(entry.path(), ec).string();
    if (!ec && name.ends_with(" (deleted)")) {
      ASSERT_EQ(::ftruncate(std::stoi(entry.path().filename().string()), 1000), 0);
    }
  }
  RecordFeed feed(hosts, context);
  std::size_t seen = 0;
  for (std::vector<FoldedRecord> batch; feed.next(batch);) seen += batch.size();
  ASSERT_FALSE(feed.outcome().has_value());
  EXPECT_EQ(feed.outcome().error().text.find("the records of " + std::to_string(2000 - seen) + " of 2000 hosts"), 0u)
      << feed.outcome().error().text;
}

}  // namespace
}  // namespace sonde::core
