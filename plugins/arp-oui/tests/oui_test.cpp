// Longest prefix first, and who is not named.
#include "arp-oui/oui.hpp"

#include <gtest/gtest.h>

namespace sonde::arp_oui {
namespace {

constexpr char header[] = "Registry,Assignment,Organization Name,Organization Address\r\n";

OuiTable table(const std::string& rows) {
  OuiTableBuilder builder;
  EXPECT_EQ(builder.add_csv(header + rows), "");
  return builder.build();
}
std::string error_of(const std::string& text) {
  return OuiTableBuilder().add_csv(text);
}

TEST(Oui, LongestPrefixDecides) {
  const OuiTable t = table("MA-L,70B3D5,Large,\r\nMA-M,70B3D51,Medium,\r\nMA-S,70B3D5123,Small,\r\n");
  EXPECT_EQ(t.vendor({0x70, 0xb3, 0xd5, 0x12, 0x3f, 0xff}), "Small");
  EXPECT_EQ(t.vendor({0x70, 0xb3, 0xd5, 0x12, 0x4f, 0xff}), "Medium");
  EXPECT_EQ(t.vendor({0x70, 0xb3, 0xd5, 0x22, 0x4f, 0xff}), "Large");
  EXPECT_EQ(t.vendor({0x70, 0xb3, 0xd6, 0, 0, 0}), "");
  EXPECT_EQ(t.size(), 3u);
}

TEST(Oui, PlaceholdersNameNobodyAndHideShorterBlocks) {
  const OuiTable t =
      table("MA-L,70B3D5,IEEE Registration Authority,\r\nMA-L,00AABB,Somebody,\r\nMA-M,00AABB1,Private,\r\n");
  EXPECT_EQ(t.vendor({0x70, 0xb3, 0xd5, 0, 0, 0}), "");
  EXPECT_EQ(t.vendor({0x00, 0xaa, 0xbb, 0x10, 0, 0}), "");
  EXPECT_EQ(t.vendor({0x00, 0xaa, 0xbb, 0x20, 0, 0}), "Somebody");
}

TEST(Oui, NamesAreTidied) {
  const OuiTable t =
      table("MA-L,000001,\"Two\r\nLines,  Inc. \",\"a \"\"b\"\"\r\nc\"\r\nMA-L,000002,  Blanks   Ltd  ,x\r\n");
  EXPECT_EQ(t.vendor({0, 0, 1, 0, 0, 0}), "Two Lines, Inc.");
  EXPECT_EQ(t.vendor({0, 0, 2, 0, 0, 0}), "Blanks Ltd");
}

TEST(Oui, OfDuplicatesTheFirstCounts) {
  EXPECT_EQ(table("MA-L,080030,First,\r\nMA-L,080030,Second,\r\n").vendor({8, 0, 0x30, 1, 2, 3}), "First");
}

TEST(Oui, SeveralFilesJoin) {
  OuiTableBuilder builder;
  EXPECT_EQ(builder.add_csv(std::string(header) + "MA-L,000001,One,\n"), "");
  EXPECT_EQ(builder.add_csv(std::string(header) + "IAB,0050C2001,Two,\nMA-L,000001,Late,\n"), "");
  const OuiTable t = builder.build();
  EXPECT_EQ(t.vendor({0, 0, 1, 0, 0, 0}), "One");
  EXPECT_EQ(t.vendor({0x00, 0x50, 0xc2, 0x00, 0x1a, 0xbc}), "Two");
}

TEST(Oui, ErrorsNameTheLine) {
  EXPECT_EQ(error_of(""), "the file is empty");
  EXPECT_EQ(error_of(header), "the file has a header but no assignment");
  EXPECT_EQ(
      error_of("MAC Prefix,Vendor Name\n00:00:00,Xerox\n"),
      "line 1: expected the header Registry,Assignment,Organization Name,Organization Address as in the IEEE's files");
  EXPECT_EQ(error_of(std::string(header) + "MA-L,000001,One,\nMA-L,00000G,Two,\n"),
            "line 3: expected an assignment of 6, 7 or 9 hexadecimal digits, found '00000G'");
  EXPECT_EQ(error_of(std::string(header) + "MA-L,00000001,Eight,\n"),
            "line 2: expected an assignment of 6, 7 or 9 hexadecimal digits, found '00000001'");
  EXPECT_EQ(error_of(std::string(header) + "MA-L,-00001,Minus,\n"),
            "line 2: expected an assignment of 6, 7 or 9 hexadecimal digits, found '-00001'");
  EXPECT_EQ(error_of(std::string(header) + "MA-L,000001\n"), "line 2: expected at least 3 fields, found 2");
  EXPECT_EQ(error_of(std::string(header) + "MA-L,000001,\"open\n"), "the quote opened in line 2 is never closed");
}

TEST(Oui, OfABrokenFileNothingIsTaken) {
  OuiTableBuilder builder;
  EXPECT_NE(builder.add_csv(std::string(header) + "MA-L,000001,One,\nMA-L,?,Two,\n"), "");
  EXPECT_EQ(builder.build().size(), 0u);
}

}  // namespace
}  // namespace sonde::arp_oui
