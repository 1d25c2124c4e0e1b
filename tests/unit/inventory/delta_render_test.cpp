// The delta as people read it, and hostile names in it.
#include <gtest/gtest.h>

#include <algorithm>

#include "inventory/delta.hpp"

namespace sonde::core {
namespace {

Delta sample() {
  const auto read = [](const char* json) { return parse_records(json, "test").value(); };
  RunDocument run;
  run.scope = {"10.0.0.0/24"};
  return compare(
             {"",
              read(R"([{"ip":"10.0.0.1","ports":[22,80],"vendor":"HP Inc","banners":{"22":"a"}},)"
                   R"({"ip":"10.0.0.2","hostname":"old"},{"ip":"10.9.0.1"}])"),
              {}},
             {"",
              read(R"([{"ip":"10.0.0.1","ports":[80,443],"vendor":"Dell","banners":{"22":""}},)"
                   R"({"ip":"10.0.0.3","hostname":"nas","mac":"AA:BB:CC:DD:EE:FF","vendor":"QNAP","ports":[22,443]}])"),
              run})
      .value();
}

TEST(RenderDelta, Text) {
  EXPECT_EQ(render(sample(), DeltaFormat::text),
            "+ 10.0.0.3  nas  AA:BB:CC:DD:EE:FF  QNAP  ports 22,443\n"
            "- 10.0.0.2  old\n"
            "~ 10.0.0.1\n"
            "    banners.22: a -> \"\"\n"
            "    ports: +443 -22\n"
            "    vendor: HP Inc -> Dell\n"
            "? not scanned: 10.9.0.1\n"
            "1 new, 1 gone, 1 changed, 1 not scanned\n");
}

TEST(RenderDelta, Colour) {
  EXPECT_EQ(render(sample(), DeltaFormat::text, true).substr(0, 21), "\x1b[32m+\x1b[0m 10.0.0.3  ");
}

TEST(RenderDelta, NoChanges) {
  Delta delta;
  EXPECT_EQ(render(delta, DeltaFormat::text), "no changes\n");
  delta.coverage_unknown = true;
  EXPECT_EQ(render(delta, DeltaFormat::text),
            "! coverage unknown: there is no run document with the newer inventory, so no host is called gone\n"
            "no changes\n");
}

TEST(RenderDelta, ManyHostsThatWereNotScannedAreCounted) {
  Delta delta;
  for (uint32_t i = 1; i <= 12; ++i) delta.not_scanned.push_back(IpAddress::v4(0x0a000000 + i));
  delta.stages_missing = {"icmp", "arp-oui"};
  EXPECT_EQ(render(delta, DeltaFormat::text),
            "? not scanned: 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, 10.0.0.9, "
            "10.0.0.10 and 2 more\n"
            "! stages that did not run this time: icmp, arp-oui; what vanished with them is not called gone\n"
            "0 new, 0 gone, 0 changed, 12 not scanned\n");
}

TEST(RenderDelta, Markdown) {
  EXPECT_EQ(render(sample(), DeltaFormat::markdown),
            "**1 new, 1 gone, 1 changed, 1 not scanned**\n"
            "\n### New\n\n- `10.0.0.3` `nas` `AA:BB:CC:DD:EE:FF` `QNAP` `ports 22,443`\n"
            "\n### Gone\n\n- `10.0.0.2` `old`\n"
            "\n### Changed\n\n- `10.0.0.1`\n  - `banners.22`: `a` → `\"\"`\n  - `ports`: `+443 -22`\n"
            "  - `vendor`: `HP Inc` → `Dell`\n"
            "\n### Not scanned\n\n`10.9.0.1`\n");
}

TEST(RenderDelta, JsonIsTheValue) {
  EXPECT_EQ(render(sample(), DeltaFormat::json), to_json(to_value(sample()), 2) + "\n");
}

Delta hostile(const std::string& name) {
  Value record{Value::Object{}};
  record.set("ip", Value("10.0.0.1"));
  record.set("hostname", Value(name));
  Delta delta;
  delta.fresh.push_back(record);
  return delta;
}

TEST(RenderDelta, HostileTextIsShownEscaped) {
  const std::string text = render(hostile("\x1b]0;owned\x07\n- 10.0.0.9\xff\xE2\x80\xAE"), DeltaFormat::text);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(RenderDelta, MarkdownStaysInItsCodeSpan) {
  EXPECT_EQ(render(hostile("a`b``c <img src=x> @all"), DeltaFormat::markdown),
            "**1 new, 0 gone, 0 changed, 0 not scanned**\n\n### New\n\n- `10.0.0.1` ``` a`b``c <img src=x> @all ```\n");
}

TEST(RenderDelta, LongValuesAreCut) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\xC3\xA4";  // two bytes each
  EXPECT_EQ(render(hostile(name), DeltaFormat::text),
            "+ 10.0.0.1  " + name.substr(0, 156) + "...\n1 new, 0 gone, 0 changed, 0 not scanned\n");
}

}  // namespace
}  // namespace sonde::core
