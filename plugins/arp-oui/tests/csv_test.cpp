// RFC 4180 as the IEEE's files use it.
#include "arp-oui/csv.hpp"

#include <gtest/gtest.h>

namespace sonde::arp_oui {
namespace {

using Record = std::vector<std::string>;

std::vector<Record> read(std::string_view text, std::string* error = nullptr) {
  CsvReader reader(text);
  std::vector<Record> all;
  std::vector<CsvField> fields;
  std::string store;
  while (reader.next(fields)) {
    Record& r = all.emplace_back();
    for (const CsvField& field : fields) r.emplace_back(field.text(store));
  }
  if (error) *error = reader.error();
  return all;
}

TEST(Csv, PlainRecordsWithEitherLineEnd) {
  EXPECT_EQ(read("a,b\r\nc,d\ne,"), (std::vector<Record>{{"a", "b"}, {"c", "d"}, {"e", ""}}));
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineEnds) {
  EXPECT_EQ(read("\"x, \"\"y\"\"\",1\r\n\"two\r\nlines\",2"),
            (std::vector<Record>{{"x, \"y\"", "1"}, {"two\r\nlines", "2"}}));
}

TEST(Csv, QuotesThatFollowEachOther) {
  EXPECT_EQ(read("\"\",\"\"\"\",\"\"\"\"\"\"\n"), (std::vector<Record>{{"", "\"", "\"\""}}));
  std::string error;
  EXPECT_TRUE(read("\"\"\"", &error).empty());
  EXPECT_EQ(error, "the quote opened in line 1 is never closed");
}

TEST(Csv, ByteOrderMarkAndEmptyLinesAreSkipped) {
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a,b\n\n\r\nc,d\n"),
            (std::vector<Record>{{"a", "b"}, {"c", "d"}}));
}

TEST(Csv, AQuoteInsideAPlainFieldIsText) {
  EXPECT_EQ(read("5\" disk,b"), (std::vector<Record>{{"5\" disk", "b"}}));
}

TEST(Csv, AnOpenQuoteIsAnError) {
  std::string error;
  EXPECT_EQ(read("a,b\nc,\"d\ne,f\n", &error).size(), 1u);
  EXPECT_EQ(error, "the quote opened in line 2 is never closed");
}

TEST(Csv, TextBehindAClosingQuoteIsAnError) {
  std::string error;
  EXPECT_TRUE(read("\"a\"b,c\n", &error).empty());
  EXPECT_EQ(error, "line 1: text follows a closing quote");
}

TEST(Csv, LinesAreCountedThroughQuotedFields) {
  CsvReader reader("\"a\nb\"\nc\n");
  std::vector<CsvField> r;
  ASSERT_TRUE(reader.next(r));
  EXPECT_EQ(reader.line(), 1u);
  ASSERT_TRUE(reader.next(r));
  EXPECT_EQ(reader.line(), 3u);
}

}  // namespace
}  // namespace sonde::arp_oui
