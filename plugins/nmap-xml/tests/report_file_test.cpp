// Reports on disk: whole, cut, of other kinds, and looked up by address.
#include "report_file.hpp"

#include <gtest/gtest.h>
#include <net/if.h>

#include <fstream>

#include "fields.hpp"
#include "index.hpp"
#include "temporary_directory.hpp"

namespace sonde::nmap_xml {
namespace {

using testing::TemporaryDirectory;

std::string data(const std::string& name) {
  return std::string(NMAP_XML_DATA) + "/" + name;
}
std::string put(const TemporaryDirectory& folder, const std::string& text, const std::string& name = "scan.xml") {
  const std::string path = folder.file(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}
std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::string failure(const std::string& path) {
  try {
    ReportFile file(path);
    while (file.next()) {
    }
    return "fine; " + file.trouble();
  } catch (const Failure& e) {
    return e.what();
  }
}
std::string one_host(int last) {
  return "<host><status state='up' reason='arp-response'/><address addr='192.0.2." + std::to_string(last) +
         "' addrtype='ipv4'/></host>\n";
}

TEST(ReportFile, EveryCutKeepsTheWholeHosts) {
  TemporaryDirectory folder;
  const std::string text = read_all(data("down.xml"));
  for (std::size_t end = text.find("<nmaprun") + 400; end < text.size() - 1; end += 37) {
    const std::string path = put(folder, text.substr(0, end));
    ReportFile file(path);
    std::size_t n = 0, whole = 0;
    while (file.next()) ++n;
    for (std::size_t at = text.find("</host>"); at != text.npos && at + 7 <= end; at = text.find("</host>", at + 1))
      ++whole;
    EXPECT_EQ(n, whole) << end;
    EXPECT_EQ(file.trouble().empty(), end >= text.find("</nmaprun>") + 10) << file.trouble();
  }
}

TEST(ReportFile, WhatIsNoReportSaysWhatItIs) {
  TemporaryDirectory folder;
  EXPECT_EQ(failure(put(folder, "")), folder.file("scan.xml") + ": is empty");
  EXPECT_EQ(failure(put(folder, "<?xml version='1.0'?>\n")),
            folder.file("scan.xml") + ": is no report of nmap: it ends before <nmaprun>");
  EXPECT_EQ(failure(put(folder, "\x1f\x8b\x08 ")),
            folder.file("scan.xml") + ": it is compressed (gzip): unpack it first, gunzip -k FILE, at byte 0");
  EXPECT_EQ(failure(folder.file("absent.xml")),
            folder.file("absent.xml") + ": cannot be read: No such file or directory");
  EXPECT_EQ(failure(folder.file(".")), folder.file(".") + ": is a directory: name the report in it");
}

TEST(ReportFile, DamagedHostsAreLeftOutAndTold) {
  TemporaryDirectory folder;
  const std::string path = put(folder, "<nmaprun>" + one_host(1) + "<host><a></b></host>" + one_host(2) + "</nmaprun>");
  ReportFile file(path);
  std::size_t n = 0;
  while (file.next()) ++n;
  EXPECT_EQ(n, 2u);
  EXPECT_EQ(file.trouble(), "the host at byte 108 is damaged and left out");
}

TEST(Index, FindsByAddressAndFoldsFiles) {
  TemporaryDirectory folder;
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) { warnings.push_back(text); };
  const std::string cut = put(folder, "<nmaprun scanner='nmap'>" + one_host(20) + "<host>", "cut.xml");
  const Index index({data("masscan.xml"), data("version-1.04.xml"), cut}, warn);
  EXPECT_EQ(index.size(), 8u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].ends_with("its 1 whole hosts are used")) << warnings[0];

  Head head;
  const auto host = index.find(*parse_address("192.0.2.20"), 0, head);
  ASSERT_TRUE(host);
  EXPECT_EQ(head.scanner, "masscan");
  EXPECT_EQ(host->reason, "arp-response");
  ASSERT_EQ(host->ports.size(), 2u);
  EXPECT_EQ(host->ports[0].banner, "SSH-2.0-OpenSSH_9.2p1");
  EXPECT_TRUE(index.find(*parse_address("2001:db8:2::40"), 0, head));
  EXPECT_EQ(head.version, "6.47");
  EXPECT_FALSE(index.find(*parse_address("192.0.2.99"), 0, head));
  EXPECT_FALSE(index.find(*parse_address("2001:db8:2::99"), 0, head));
}

TEST(Index, AFileThatChangedIsAnErrorAndNoStatement) {
  TemporaryDirectory folder;
  const std::string path = put(folder, "<nmaprun>" + one_host(1) + "</nmaprun>");
  const Index index({path}, [](const std::string&) {});
  put(folder, std::string(200, ' '));
  Head head;
  EXPECT_THROW(index.find(*parse_address("192.0.2.1"), 0, head), Failure);
  put(folder, "<nmaprun>" + one_host(2) + "</nmaprun>");  // another host where this one was
  EXPECT_THROW(index.find(*parse_address("192.0.2.1"), 0, head), Failure);
  put(folder, "<nmaprun>" + one_host(1) + "</nmaprun>");
  EXPECT_TRUE(index.find(*parse_address("192.0.2.1"), 0, head));
}

TEST(Index, IsReadOnceForAllInstances) {
  TemporaryDirectory folder;
  const std::vector<std::string> files = {put(folder, "<nmaprun>" + one_host(1) + "<host>")};
  int warned = 0;
  const auto warn = [&](const std::string&) { ++warned; };
  auto first = Index::shared(files, warn);
  EXPECT_EQ(first, Index::shared(files, warn));
  EXPECT_EQ(warned, 1);
  first.reset();
  first = Index::shared(files, warn);
  EXPECT_EQ(warned, 2);
}

TEST(Index, AWrongFileIsNamedAsEntryOfItsOption) {
  TemporaryDirectory folder;
  const std::string good = put(folder, "<nmaprun>" + one_host(1) + "</nmaprun>");
  try {
    const Index index({good, folder.file("absent.xml")}, [](const std::string&) {});
    ADD_FAILURE() << "accepted";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), SONDE_E_CONFIG);
    EXPECT_EQ(std::string(failure.what()),
              "options/files/1: " + folder.file("absent.xml") + ": cannot be read: No such file or directory");
  }
}

/// fe80::1 of one link is not fe80::1 of another; a report that names no link may speak of any.
TEST(Index, LinkLocalAddressesAreComparedWithTheirZone) {
  const auto here = [](const char* zone, int port) {
    return std::string("<host><status state='up' reason='nd-response'/><address addr='fe80::1") + zone +
           "' addrtype='ipv6'/><ports><port protocol='tcp' portid='" + std::to_string(port) +
           "'><state state='open'/></port></ports></host>\n";
  };
  const auto ports = [](const Index& index, uint32_t zone) {
    Head head;
    std::vector<uint16_t> out;
    if (const auto host = index.find(*parse_address("fe80::1"), zone, head))
      for (const Port& port : host->ports) out.push_back(port.number);
    return out;
  };
  TemporaryDirectory folder;
  const uint32_t lo = if_nametoindex("lo");
  ASSERT_NE(lo, 0u);
  const auto ignore = [](const std::string&) {};
  const Index zoned(
      {put(folder, "<nmaprun>" + here("%lo", 22) + here("%nowhere0", 23) + here("%4711", 24) + "</nmaprun>",
           "zoned.xml")},
      ignore);
  EXPECT_EQ(ports(zoned, lo), (std::vector<uint16_t>{22}));
  EXPECT_EQ(ports(zoned, 4711), (std::vector<uint16_t>{24}));
  EXPECT_EQ(ports(zoned, 4712), std::vector<uint16_t>());
  const Index plain({put(folder, "<nmaprun>" + here("", 25) + "</nmaprun>", "plain.xml")}, ignore);
  EXPECT_EQ(ports(plain, lo), (std::vector<uint16_t>{25}));
}

}  // namespace
}  // namespace sonde::nmap_xml
