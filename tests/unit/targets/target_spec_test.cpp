// What people write as targets, right and wrong, with the places of the errors.
#include "targets/target_spec.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace sonde::core {
namespace {

std::string shown(const std::vector<TargetItem>& items) {
  std::string out;
  for (const TargetItem& item : items) {
    if (!out.empty()) out += ' ';
    if (const auto* name = std::get_if<TargetName>(&item.what)) {
      out += "name:" + name->name;
    } else {
      const auto& range = std::get<AddressRange>(item.what);
      out += range.first.to_string() + (range.first == range.last ? "" : "-" + range.last.to_string());
    }
  }
  return out;
}

std::string read(std::string_view text, bool for_exclusion = false) {
  Diagnostics out;
  const auto items = parse_targets(text, {}, "", for_exclusion, out);
  std::string result = shown(items);
  for (const Diagnostic& d : out.items()) result += (result.empty() ? "!" : " !") + d.id;
  return result;
}

TEST(TargetSpec, EveryForm) {
  EXPECT_EQ(read("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(read("10.0.0.0/30"), "10.0.0.1-10.0.0.2");
  EXPECT_EQ(read("10.0.0.0/31, 10.0.0.9/32"), "10.0.0.0-10.0.0.1 10.0.0.9");
  EXPECT_EQ(read("2001:db8::/126"), "2001:db8::-2001:db8::3");
  EXPECT_EQ(read("10.0.0.5-10.0.0.9"), "10.0.0.5-10.0.0.9");
  EXPECT_EQ(read("10.0.0.5-50"), "10.0.0.5-10.0.0.50");
  EXPECT_EQ(read("2001:db8::1-2001:db8::f"), "2001:db8::1-2001:db8::f");
  EXPECT_EQ(read("fe80::1%lo-fe80::3"), "fe80::1%lo-fe80::3%lo");
  EXPECT_EQ(read("printer.lan web-01 10.0.0.1,\tx"), "name:printer.lan name:web-01 10.0.0.1 name:x");
  EXPECT_EQ(read("  ,, "), "");
}

TEST(TargetSpec, ExclusionsAreWholeNetworks) {
  EXPECT_EQ(read("10.0.0.0/30", true), "10.0.0.0-10.0.0.3");
  EXPECT_EQ(read("fe80::/10", true), "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(TargetSpec, Refused) {
  EXPECT_EQ(read("10.0.0.5/24"), "!bad-cidr");
  EXPECT_EQ(read("10.0.0/24"), "!bad-cidr");
  EXPECT_EQ(read("1.2.3.400"), "!bad-address");
  EXPECT_EQ(read("1.2.3"), "!bad-address");
  EXPECT_EQ(read("2001:db8::g"), "!bad-address");
  EXPECT_EQ(read("10.0.0.9-5"), "!bad-range");
  EXPECT_EQ(read("10.0.0.9-300"), "!bad-range");
  EXPECT_EQ(read("10.0.0.9-"), "!bad-range");
  EXPECT_EQ(read("10.0.0.9-::1"), "!bad-range");
  EXPECT_EQ(read("fe80::1"), "!bad-target");
  EXPECT_EQ(read("fe80::/64"), "!bad-target");
  EXPECT_EQ(read("-x"), "!bad-target");
  EXPECT_EQ(read("a..b"), "!bad-target");
  EXPECT_EQ(read("host!"), "!bad-target");
  EXPECT_EQ(read("@"), "!file-unreadable");
  EXPECT_EQ(read("@/nonexistent/file"), "!file-unreadable");
  EXPECT_EQ(read(std::string(400, 'a')), "!bad-target");
  EXPECT_EQ(read("10.0.0.1 bad_!x 10.0.0.2 9.9"), "10.0.0.1 10.0.0.2 !bad-target !bad-address");
}

TEST(TargetSpec, PlacesWithinAPlainAndAQuotedScalar) {
  const std::string text = "10.0.0.1 1.2.3";
  for (const uint32_t quotes : {0u, 2u}) {
    Diagnostics out;
    parse_targets(text, {"f.yaml", 4, 11, static_cast<uint32_t>(text.size()) + quotes}, "", false, out);
    ASSERT_EQ(out.items().size(), 1u);
    EXPECT_EQ(out.items()[0].where.line, 4u);
    EXPECT_EQ(out.items()[0].where.column, 11u + 9u + quotes / 2);
    EXPECT_EQ(out.items()[0].where.length, 5u);
  }
}

class TargetFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sonde-targets-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(TargetFile, CommentsBlanksAndRuns) {
  std::ofstream(dir_ + "/hosts.txt")
      << "\xef\xbb\xbf# all\r\n10.0.0.1\r\n10.0.0.2  # two\n\n10.0.0.3,x.lan\n@other\n1.2";
  Diagnostics out;
  const auto items = parse_targets("@hosts.txt", {"f.yaml", 2, 3, 10}, dir_, false, out);
  EXPECT_EQ(shown(items), "10.0.0.1-10.0.0.3 name:x.lan");
  ASSERT_EQ(out.items().size(), 2u);
  EXPECT_EQ(out.items()[0].id, "bad-target");
  EXPECT_EQ(out.items()[0].where.file, dir_ + "/hosts.txt");
  EXPECT_EQ(out.items()[0].where.line, 6u);
  EXPECT_EQ(out.items()[1].where.line, 7u);
  EXPECT_EQ(out.items()[1].where.column, 1u);
}

TEST_F(TargetFile, ACarriageReturnAloneIsRefused) {
  for (const char* text : {"# never scan these\r10.0.0.1\r", "10.0.0.1 # a\r10.0.0.2\n", "10.0.0.1\r"}) {
    std::ofstream(dir_ + "/old.txt") << text;
    Diagnostics out;
    parse_targets("@old.txt", {"f.yaml", 2, 3, 10}, dir_, true, out);
    ASSERT_EQ(out.error_count(), 1u) << text;
    EXPECT_EQ(out.items()[0].text, "a carriage return (0x0d) without a line feed stands here");
  }
}

TEST_F(TargetFile, AWrongFileIsNotReportedLineByLine) {
  {
    std::ofstream file(dir_ + "/junk");
    for (int i = 0; i < 100000; ++i) file << "!!!\n";
  }
  Diagnostics out;
  parse_targets("@junk", {}, dir_, false, out);
  EXPECT_LT(out.error_count(), 60u);
}

TEST(ResolveName, ByTheSystem) {
  const auto local = resolve_name("localhost");
  ASSERT_TRUE(local);
  EXPECT_TRUE((*local)[0] == IpAddress::parse("127.0.0.1").value() || (*local)[0] == IpAddress::parse("::1").value());
  for (const Family family : {Family::v4, Family::v6}) {
    const auto half = resolve_name("localhost", family);
    for (const IpAddress& a : half.value_or(std::vector<IpAddress>())) EXPECT_EQ(a.is_v4(), family == Family::v4);
  }
  const auto none = resolve_name("no-such-host.invalid");
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().id == "unknown-host" || none.error().id == "resolver-failed");
}

}  // namespace
}  // namespace sonde::core
