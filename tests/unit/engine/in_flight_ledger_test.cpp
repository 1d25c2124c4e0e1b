// What counts as in flight.
#include "engine/in_flight_ledger.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

struct Book {
  RunShared::Written written;
  InFlightLedger ledger{written, 4, 100};
};

TEST(InFlightLedger, ASettledHostCountsUntilItIsWritten) {
  Book b;
  EXPECT_TRUE(b.ledger.has_room(3));
  EXPECT_FALSE(b.ledger.has_room(4));
  b.ledger.handed_over(0);
  EXPECT_FALSE(b.ledger.has_room(3));
  EXPECT_TRUE(b.ledger.waits_for_writing(3));
  EXPECT_FALSE(b.ledger.waits_for_writing(4)) << "its own slots are full";
  b.written.hosts = 1;
  EXPECT_TRUE(b.ledger.has_room(3));
}

TEST(InFlightLedger, SoDoItsFacts) {
  Book b;
  b.ledger.came(60);
  b.ledger.handed_over(40);
  EXPECT_FALSE(b.ledger.has_room(1));
  EXPECT_TRUE(b.ledger.waits_for_writing(1));
  b.written.facts = 40;
  EXPECT_TRUE(b.ledger.has_room(1));
  b.ledger.came(40);
  EXPECT_FALSE(b.ledger.has_room(1));
  EXPECT_FALSE(b.ledger.waits_for_writing(1)) << "they are of hosts in slots";
  b.ledger.left(60);
  EXPECT_TRUE(b.ledger.has_room(1));
}

TEST(InFlightLedger, AQuarterThatNobodyWasToldOfIsACrowd) {
  Book b;
  EXPECT_FALSE(b.ledger.crowded());
  b.ledger.handed_over(3);
  EXPECT_TRUE(b.ledger.crowded());
  const InFlightLedger::Told told = b.ledger.tell();
  EXPECT_EQ(told.hosts, 1u);
  EXPECT_EQ(told.facts, 3u);
  EXPECT_FALSE(b.ledger.crowded());
}

TEST(InFlightLedger, WhoWaitsForRoomAsksToBeWoken) {
  Book b;
  EXPECT_TRUE(b.ledger.await_room(0));
  EXPECT_FALSE(b.written.awaited);
  b.ledger.handed_over(100);
  EXPECT_FALSE(b.ledger.await_room(0));
  EXPECT_TRUE(b.written.awaited);
}

}  // namespace
}  // namespace sonde::core
