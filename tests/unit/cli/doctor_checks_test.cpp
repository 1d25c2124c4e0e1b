// The checks that read files; the others are looked at for having said something.
#include "cli/doctor_checks.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sonde::core::cli {
namespace {

TEST(Doctor, ResolverFromTheFile) {
  const std::string path = testing::TempDir() + "resolv.conf";
  std::ofstream(path) << "# c\nsearch lan\nnameserver 192.0.2.1\nnameserver fe80::1%eth9\n";
  const Finding good = check_resolver(path);
  EXPECT_EQ(good.found, "192.0.2.1, fe80::1%eth9; not asked, doctor sends nothing");
  EXPECT_EQ(good.health, Health::good);
  std::ofstream(path) << "nameserver dns.lan\n";
  EXPECT_EQ(check_resolver(path).health, Health::limited);
  const Finding none = check_resolver("/nonexistent/resolv.conf");
  EXPECT_EQ(none.health, Health::limited);
  EXPECT_FALSE(none.remedy.empty());
}

TEST(Doctor, VendorDataWithItsDate) {
  const std::string path = testing::TempDir() + "oui.csv";
  std::ofstream(path) << "x";
  const timespec times[2] = {{1577880000, 0}, {1577880000, 0}};  // 2020-01-01
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  const auto found = check_oui_files({path, "/nonexistent/oui", "/nonexistent/mam"});
  ASSERT_EQ(found.size(), 2u) << "one line for all that are old, one for all that are not there";
  EXPECT_EQ(found[0].found, path + " of 2020-01-01");
  EXPECT_EQ(found[0].health, Health::limited);
  EXPECT_EQ(found[1].health, Health::limited);
  EXPECT_EQ(found[1].found, "/nonexistent/oui, mam: No such file or directory");
  EXPECT_NE(found[1].remedy.find("ieee-data"), std::string::npos);
}

TEST(Doctor, PingSocketsMatterWhereRawOnesAreNotAllowed) {
  EXPECT_EQ(check_ping_sockets(true).health, Health::good);
  EXPECT_EQ(check_ping_sockets(true).found.find("denied"), std::string::npos) << "what is not needed is no complaint";
}

TEST(Doctor, GroupsOfPingSockets) {
  EXPECT_EQ(groups_text(0, 2147483647), "for groups 0 to 2147483647");
  EXPECT_EQ(groups_text(100, 100), "for group 100");
  EXPECT_EQ(groups_text(1, 0), "net.ipv4.ping_group_range lets no group open them")
      << "which is how the kernel writes an empty range";
}

TEST(Doctor, TheOutputDirectoryOrWhereItWouldBeMade) {
  const std::string there = testing::TempDir() + "doctor-file";
  std::ofstream(there) << "x";
  EXPECT_EQ(check_output_directory(testing::TempDir() + "no/such/place").health, Health::good);
  const Finding below_a_file = check_output_directory(there + "/out");
  EXPECT_EQ(below_a_file.health, Health::bad);
  EXPECT_EQ(below_a_file.found, there + "/out (will be made): " + there + " is no directory");
}

TEST(Doctor, WhateverIsNotGoodHasARemedy) {
  std::vector<Finding> all{check_raw_sockets(), check_ping_sockets(false), check_descriptors(), check_conntrack(),
                           check_local_ports()};
  for (Finding& f : check_neighbour_tables()) all.push_back(std::move(f));
  for (const Finding& f : all) {
    EXPECT_FALSE(f.found.empty()) << f.subject;
    EXPECT_EQ(f.health == Health::good, f.remedy.empty()) << f.subject;
  }
}

}  // namespace
}  // namespace sonde::core::cli
