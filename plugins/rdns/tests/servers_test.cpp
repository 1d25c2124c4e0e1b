// Server texts and resolv.conf.
#include "servers.hpp"

#include <gtest/gtest.h>
#include <sonde/detail/context.hpp>

#include "temporary_directory.hpp"

namespace sonde::rdns {
namespace {

std::string failure(const std::vector<std::string>& option, const std::string& file) {
  try {
    choose_servers(option, file);
  } catch (const Failure& e) {
    EXPECT_EQ(e.code(), option.empty() ? SONDE_E_UNSUPPORTED : SONDE_E_CONFIG) << "the machine's fault, or the file's";
    return e.what();
  }
  return "";
}

TEST(Server, AddressesAndPorts) {
  EXPECT_EQ(parse_server("10.0.0.1").port, 53);
  EXPECT_EQ(parse_server("10.0.0.1:5353").port, 5353);
  EXPECT_EQ(parse_server("2001:db8::1").port, 53);
  EXPECT_EQ(parse_server("[2001:db8::1]:5353").port, 5353);
  EXPECT_EQ(parse_server("[2001:db8::1]").address, parse_server("2001:db8::1").address);
  EXPECT_TRUE(is_v4(parse_server("10.0.0.1").address));
}

TEST(Server, WhatIsNone) {
  for (const char* text : {"", "dns.example", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:53x", "[::1",
                           "[::1]53", "[::1]:", "10.0.0.256"})
    EXPECT_THROW(parse_server(text), Failure) << text;
  EXPECT_EQ(
      failure({"10.0.0.300"}, ""),
      "options/servers/0: expected an address like 10.0.0.1, 10.0.0.1:5353 or [2001:db8::1]:53, found '10.0.0.300'");
  EXPECT_NE(failure({"fe80::1%eth0"}, "").find("a zone is not supported"), std::string::npos);
}

TEST(ResolvConf, NameserverLines) {
  auto servers = parse_resolv_conf(
      "# nameserver 1.1.1.1\nsearch lan\nnameserver 10.0.0.1\r\nnameserver\t2001:db8::1 # comment\n"
      "nameserver fe80::1%eth0\nnameserver nonsense\nnameservers 10.0.0.9\noptions rotate\nnameserver 10.0.0.2");
  ASSERT_EQ(servers.size(), 3u);
  EXPECT_EQ(servers[0].text, "10.0.0.1");
  EXPECT_EQ(servers[1].text, "2001:db8::1");
  EXPECT_EQ(servers[2].text, "10.0.0.2");
}

TEST(ResolvConf, MissingOrEmptySaysWhatToDo) {
  testing::TemporaryDirectory directory;
  std::string path = directory.file("resolv.conf");
  EXPECT_EQ(failure({}, path), "cannot read " + path +
                                   ": No such file or directory; name a DNS server in the option servers, for example "
                                   "servers: [10.0.0.1]");
  testing::write_file(path, "search lan\n");
  EXPECT_EQ(failure({}, path),
            path + " names no DNS server; name a DNS server in the option servers, for example servers: [10.0.0.1]");
  testing::write_file(path, "nameserver 127.0.0.1\n");
  EXPECT_EQ(choose_servers({}, path).size(), 1u);
  EXPECT_EQ(choose_servers({"127.0.0.9"}, path).front().text, "127.0.0.9");
}

}  // namespace
}  // namespace sonde::rdns
