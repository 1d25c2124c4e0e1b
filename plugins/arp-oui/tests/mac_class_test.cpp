// Addresses that say something other than who made the card.
#include "arp-oui/mac_class.hpp"

#include <gtest/gtest.h>

namespace sonde::arp_oui {
namespace {

struct Row {
  net::Mac mac;
  std::string_view vendor, role;
  bool local, registered;
};

class MacClassTable : public ::testing::TestWithParam<Row> {};

TEST_P(MacClassTable, Classify) {
  const Row& row = GetParam();
  const MacClass c = classify(row.mac);
  EXPECT_EQ(c.vendor, row.vendor);
  EXPECT_EQ(c.role, row.role);
  EXPECT_EQ(c.local, row.local);
  EXPECT_EQ(c.registered(), row.registered);
}

INSTANTIATE_TEST_SUITE_P(WellKnown, MacClassTable,
                         ::testing::Values(Row{{0x00, 0x1b, 0x63, 1, 2, 3}, "", "", false, true},
                                           Row{{0xda, 0xa1, 0x19, 1, 2, 3}, "", "", true, false},
                                           Row{{0x52, 0x54, 0x00, 1, 2, 3}, "QEMU/KVM", "", true, false},
                                           Row{{0x02, 0x42, 0xac, 0x11, 0, 2}, "Docker", "", true, false},
                                           Row{{0x00, 0x00, 0x5e, 0x00, 0x01, 7}, "", "virtual-router", false, false},
                                           Row{{0x00, 0x00, 0x5e, 0x00, 0x02, 7}, "", "virtual-router", false, false},
                                           Row{{0x00, 0x00, 0x5e, 0x00, 0x03, 7}, "", "", false, true},
                                           Row{{0x00, 0x00, 0x0c, 0x07, 0xac, 1}, "", "virtual-router", false, false},
                                           Row{{0x00, 0x00, 0x0c, 0x9f, 0xf1, 2}, "", "virtual-router", false, false},
                                           Row{{0x00, 0x00, 0x0c, 0x9f, 0xe1, 2}, "", "", false, true},
                                           Row{{0x00, 0x05, 0x73, 0xa0, 0x01, 2}, "", "virtual-router", false, false},
                                           Row{{0x00, 0x07, 0xb4, 0x00, 0x01, 2}, "", "virtual-router", false, false},
                                           Row{{0x02, 0xbf, 10, 0, 0, 1}, "", "load-balancer", true, false},
                                           Row{{0x03, 0xbf, 10, 0, 0, 1}, "", "load-balancer", true, false}));

}  // namespace
}  // namespace sonde::arp_oui
