// Where a word of a value stands in the file.
#include "config/text_place.hpp"

#include <gtest/gtest.h>

#include "config/yaml.hpp"

namespace sonde::core {
namespace {

/// Line and column of `word` in the value of the key `when`.
std::string place_of(std::string_view word, const std::string& yaml) {
  Diagnostics out;
  auto tree = parse_yaml(yaml, "f.yaml", out);
  EXPECT_FALSE(out.has_errors());
  const Value& value = *tree->find("when");
  const std::size_t offset = value.text()->find(word);
  EXPECT_NE(offset, std::string::npos) << *value.text();
  const SourceSpan at = TextPlace(value, yaml).at(offset, word.size());
  EXPECT_EQ(at.length, word.size());
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

TEST(TextPlace, PlainAndQuoted) {
  EXPECT_EQ(place_of("word", "when: one word\n"), "1:11");
  EXPECT_EQ(place_of("word", "when: \"one word\"\n"), "1:12");
  EXPECT_EQ(place_of("word", "when: 'one word'\n"), "1:12");
  EXPECT_EQ(place_of("word", "{when: one word}\n"), "1:12");
}

TEST(TextPlace, OverSeveralLines) {
  EXPECT_EQ(place_of("word", "when: >\n  one\n  word\nversion: 1\n"), "3:3");
  EXPECT_EQ(place_of("word", "when: |-\n  one\n    two word\n"), "3:9");
  EXPECT_EQ(place_of("word", "when: one\n  two word\n"), "2:7");
  EXPECT_EQ(place_of("word", "when: \"one\n  two word\"\n"), "2:7");
}

/// With escapes or interpolation the text is not the file's: the whole value is marked.
TEST(TextPlace, ChangedText) {
  const std::string yaml = "when: \"${A} word\"\n";
  Diagnostics out;
  Value value = *parse_yaml(yaml, "f.yaml", out)->find("when");
  const SourceSpan whole = value.where;
  Value changed("alive word");
  changed.where = whole;
  const SourceSpan at = TextPlace(changed, yaml).at(6, 4);
  EXPECT_EQ(at.column, whole.column);
  EXPECT_EQ(at.length, whole.length);
}

}  // namespace
}  // namespace sonde::core
