// The rules of the run, as the host's documents say them.
#include "rules.hpp"

#include <gtest/gtest.h>

namespace sonde::nmap_xml {
namespace {

TEST(Rules, LimitsAndExclusions) {
  const Rules r = Rules::from(R"({"packets_per_second":500,"connections_per_host":0,"allow_print_ports":true})",
                              "192.0.2.0/30\n2001:db8::/64\nfe80::1%eth0/128\n192.0.2.9/32");
  EXPECT_EQ(r.packets_per_second, 500u);
  EXPECT_EQ(r.connections_per_host, 0u);
  EXPECT_TRUE(r.allow_print_ports);
  EXPECT_EQ(r.exclusions_v4, "192.0.2.0/30\n192.0.2.9/32\n");
  EXPECT_EQ(r.exclusions_v6, "2001:db8::/64\n");
}

TEST(Rules, WhatIsNotToldIsNoPermission) {
  EXPECT_THROW(Rules::from("{}", ""), Failure);
  EXPECT_THROW(Rules::from(R"({"packets_per_second":"x","connections_per_host":2})", ""), Failure);
  EXPECT_FALSE(Rules::from(R"({"packets_per_second":1,"connections_per_host":2})", "").allow_print_ports);
}

}  // namespace
}  // namespace sonde::nmap_xml
