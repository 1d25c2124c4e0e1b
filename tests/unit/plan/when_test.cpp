// `when:`: what is true, what is refused, and where the caret stands.
#include "plan/when.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

const IpAddress host = IpAddress::parse("10.1.2.3").value();

std::vector<Fact> known() {
  using F = FieldTable;
  return {{F::alive, 0, {}, Scalar::boolean(false)},
          {F::alive, 1, {}, Scalar::boolean(true)},
          {F::rtt_ms, 1, {}, Scalar::of(2.5)},
          {F::hostname, 1, {}, Scalar::of(std::string("Printer01"))},
          {F::vendor, 1, {}, Scalar::of(std::string())},
          {F::ports, 2, {}, Scalar::of(uint64_t{22})},
          {F::ports, 2, {}, Scalar::of(uint64_t{9100})},
          {F::banners, 2, "22", Scalar::of(std::string("SSH-2.0-OpenSSH_9.3"))},
          {F::os, 3, {}, Scalar::json(R"({"name":"Linux","accuracy":90})")},
          {F::snmp, 3, "sysDescr", Scalar::of(std::string("HP LaserJet 400"))},
          {F::snmp, 3, "sysServices", Scalar::of(uint64_t{72})}};
}

bool holds(std::string_view text, const std::vector<Fact>& facts, bool assume_up = false) {
  auto when = When::compile(text, {}, FieldTable(), assume_up);
  if (!when) {
    ADD_FAILURE() << text << ": " << when.error().text;
    return false;
  }
  return (*when)->test(host, facts);
}
bool holds(std::string_view text) {
  return holds(text, known());
}

TEST(When, PresenceIsNeitherFalseNorEmpty) {
  EXPECT_TRUE(holds("alive"));  // one statement of true is enough
  EXPECT_TRUE(holds("hostname"));
  EXPECT_TRUE(holds("ports"));
  EXPECT_TRUE(holds("snmp.sysDescr"));
  EXPECT_FALSE(holds("vendor"));  // an empty text
  EXPECT_FALSE(holds("mac"));
  EXPECT_FALSE(holds("snmp.sysName"));
  EXPECT_FALSE(holds("alive", {{FieldTable::alive, 0, {}, Scalar::boolean(false)}}));
  EXPECT_FALSE(holds("os", {{FieldTable::os, 0, {}, Scalar::json("{}")}}));
}

TEST(When, Comparisons) {
  EXPECT_TRUE(holds("alive == true"));
  EXPECT_TRUE(holds("rtt_ms == 2.5"));
  EXPECT_TRUE(holds("rtt_ms != 3"));
  EXPECT_TRUE(holds("hostname == Printer01"));
  EXPECT_FALSE(holds("hostname == printer01"));
  EXPECT_TRUE(holds("hostname != 'printer 01'"));
  EXPECT_TRUE(holds("snmp.sysServices == 72"));
  EXPECT_FALSE(holds("snmp.sysServices == 7"));
}

TEST(When, AMissingFieldMakesItsTestFalseAndNotNegatesThat) {
  EXPECT_FALSE(holds("mac == x"));
  EXPECT_FALSE(holds("mac != x"));
  EXPECT_TRUE(holds("not mac != x"));
  EXPECT_TRUE(holds("not mac"));
  EXPECT_FALSE(holds("reverse_dns contains lan"));
}

TEST(When, Contains) {
  EXPECT_TRUE(holds("ports contains 22"));
  EXPECT_FALSE(holds("ports contains 2"));
  EXPECT_TRUE(holds("banners contains 22"));  // a key
  EXPECT_FALSE(holds("banners contains OpenSSH"));
  EXPECT_TRUE(holds("banners.22 contains openssh"));
  EXPECT_TRUE(holds("hostname contains PRINT"));
  EXPECT_TRUE(holds("snmp.sysDescr contains \"laserjet 400\""));
  EXPECT_TRUE(holds("os contains accuracy"));
  EXPECT_FALSE(holds("os contains Linux"));
}

TEST(When, Networks) {
  EXPECT_TRUE(holds("ip in 10.1.0.0/16"));
  EXPECT_FALSE(holds("ip in 10.2.0.0/16"));
  EXPECT_FALSE(holds("ip in fd00::/8"));
  EXPECT_TRUE(holds("ip == 10.1.2.3"));
  EXPECT_TRUE(holds("ip != 10.1.2.4"));
}

TEST(When, AndBindsTighterThanOr) {
  EXPECT_TRUE(holds("alive or mac and mac"));
  EXPECT_FALSE(holds("(alive or mac) and mac"));
  EXPECT_FALSE(holds("not alive or mac"));
  EXPECT_TRUE(holds("not (mac or vendor)"));
  EXPECT_TRUE(holds("not not alive"));
}

TEST(When, AssumeUpAnswersForAlive) {
  EXPECT_TRUE(holds("alive", {}, true));
  EXPECT_TRUE(holds("alive == true", {}, true));
  EXPECT_FALSE(holds("alive == false", {}, true));
  EXPECT_FALSE(holds("not alive", {}, true));
  EXPECT_FALSE(holds("alive and mac", {}, true));
}

TEST(When, FieldsThatItReads) {
  auto when = When::compile("alive and (ports contains 22 or not alive) and ip in 10.0.0.0/8", {}, FieldTable());
  ASSERT_TRUE(when);
  EXPECT_EQ((*when)->fields(), (std::vector<FieldId>{FieldTable::alive, FieldTable::ports}));
}

struct Wrong {
  const char* text;
  const char* id;
  const char* says;
  uint32_t column;
};

TEST(When, MistakesAndTheirPlaces) {
  const Wrong cases[] = {
      {"", "when-syntax", "expected a field, found the end", 20},
      {"alive and", "when-syntax", "expected a field, found the end", 29},
      {"alive ports", "when-syntax", "expected 'and', 'or' or the end, found 'ports'", 26},
      {"(alive", "when-syntax", "expected ')', found the end", 26},
      {"alive == ", "when-syntax", "expected a value to compare 'alive' with, found the end", 29},
      {"alive == yes", "when-syntax", "'alive' is compared with true or false, found 'yes'", 29},
      {"rtt_ms == fast", "when-syntax", "'rtt_ms' is compared with a number, found 'fast'", 30},
      {"ports == 22", "when-syntax", "'ports' holds several values and is equal to none", 20},
      {"ports contains ssh", "when-syntax", "'ports' is compared with a number, found 'ssh'", 35},
      {"rtt_ms contains 1", "when-syntax", "'rtt_ms' is neither a list, a map nor a text, so it contains nothing", 27},
      {"hostname == 'abc", "when-syntax", "expected a value to compare 'hostname' with, found ''abc'", 32},
      {"ports contans 22", "when-syntax", "expected 'and', 'or' or the end, found 'contans'", 26},
      {"alive = true", "when-syntax", "expected 'and', 'or' or the end, found '='", 26},
      {"ip", "when-syntax", "every host has an ip; expected 'in' and a network, '==' or '!='", 20},
      {"alvie", "unknown-field", "there is no field 'alvie'", 20},
      {"alive and hostname.x == 1", "unknown-field", "there is no field 'hostname.x'", 30},
  };
  for (const Wrong& wrong : cases) {
    auto when = When::compile(wrong.text, SourceSpan{"f.yaml", 3, 20, 0}, FieldTable());
    ASSERT_FALSE(when) << wrong.text;
    EXPECT_EQ(when.error().id, wrong.id) << wrong.text;
    EXPECT_EQ(when.error().text, wrong.says) << wrong.text;
    EXPECT_EQ(when.error().where.column, wrong.column) << wrong.text;
    EXPECT_EQ(when.error().where.line, 3u);
  }
  const auto hint = [](std::string_view text) { return When::compile(text, {}, FieldTable()).error().hint; };
  EXPECT_EQ(hint("alvie"), "did you mean 'alive'?");
  EXPECT_EQ(hint("ports contans 22"), "did you mean 'contains'?");
  EXPECT_EQ(hint("alive = true"), "write == for a comparison");
}

TEST(When, DepthAndLengthAreBounded) {
  std::string deep(65, '(');
  deep += "alive" + std::string(65, ')');
  EXPECT_EQ(When::compile(deep, {}, FieldTable()).error().text, "a `when` may be nested 64 deep, this one is deeper");
  std::string nots;
  for (int i = 0; i < 70; ++i) nots += "not ";
  EXPECT_FALSE(When::compile(nots + "alive", {}, FieldTable()));
  EXPECT_FALSE(When::compile(std::string(5000, ' ') + "alive", {}, FieldTable()));
  std::string wide = "alive";
  for (int i = 0; i < 400; ++i) wide += " or alive";
  EXPECT_TRUE(holds(wide));
}

}  // namespace
}  // namespace sonde::core
