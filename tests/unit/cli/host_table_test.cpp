// Records as people see them.
#include "cli/host_table.hpp"

#include <gtest/gtest.h>

namespace sonde::core::cli {
namespace {

std::vector<Value> records(std::string_view json) {
  return *parse_json(json).value().array();
}

TEST(HostTable, OneLineAHost) {
  EXPECT_EQ(render_hosts(records(R"([{"ip":"10.0.0.1","rtt_ms":2.34,"hostname":"printer01","mac":"AA:BB:CC:DD:EE:FF",
                                      "vendor":"HP Inc","ports":[22,80],"banners":{"22":"SSH-2.0-OpenSSH_9.3"}},
                                     {"ip":"10.0.0.20","reverse_dns":"b.lan","snmp":{"sysDescr":"a switch"}}])"),
                         0, false),
            "IP         HOSTNAME     RTT  MAC                VENDOR  PORTS  ABOUT\n"
            "10.0.0.1   printer01  2.3ms  AA:BB:CC:DD:EE:FF  HP Inc  22,80  22: SSH-2.0-OpenSSH_9.3\n"
            "10.0.0.20  b.lan                                               a switch\n");
}

TEST(HostTable, ProductsSayMoreThanBannersAndShortRoundTripsAreNotZero) {
  EXPECT_EQ(render_hosts(records(R"([{"ip":"10.0.0.1","rtt_ms":0.042,"banners":{"22":"SSH-2.0-OpenSSH_9.2p1"},
                                      "services":{"22/tcp":{"product":"OpenSSH","version":"9.2p1"},
                                                  "80/tcp":{"product":"nginx"},"8080/tcp":{"product":"nginx"}}}])"),
                         0, false),
            "IP           RTT  ABOUT\n"
            "10.0.0.1  0.04ms  OpenSSH 9.2p1, nginx\n");
}

TEST(HostTable, ColumnsThatNobodyFillsAreLeftOut) {
  EXPECT_EQ(render_hosts(records(R"([{"ip":"10.0.0.1","ports":[]}])"), 0, false), "IP\n10.0.0.1\n");
  EXPECT_EQ(render_hosts({}, 0, false), "");
}

TEST(HostTable, HostileAnswersDriveNoTerminal) {
  const std::string text =
      render_hosts(records(R"([{"ip":"10.0.0.1","hostname":"\u001b[2Jx","banners":{"22":"a\nb\u202e"}}])"), 0, false);
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_NE(text.find("\\x1b[2Jx"), std::string::npos);
  EXPECT_NE(text.find("22: a\\x0ab\\u{202e}"), std::string::npos);
}

TEST(HostTable, FitsTheTerminal) {
  const std::string text = render_hosts(
      records(
          R"([{"ip":"10.0.0.1","hostname":"a-very-long-host-name-that-goes-on.example.net","vendor":"A Vendor With A Long Name, Incorporated"}])"),
      50, false);
  for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    EXPECT_LE(end - at, 50u);
  }
  EXPECT_NE(text.find("10.0.0.1"), std::string::npos);
  EXPECT_NE(text.find("..."), std::string::npos);
}

}  // namespace
}  // namespace sonde::core::cli
