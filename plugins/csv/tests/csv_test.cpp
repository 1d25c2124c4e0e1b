// The exporter as the core sees it: records in, bytes of the file out.
#include <gtest/gtest.h>

#include "exporter_host.hpp"
#include "temporary_directory.hpp"

namespace sonde::testing {
namespace {

const std::vector<sonde_field> fields = {
    {"ip", SONDE_IP, SONDE_SCALAR, 0, 0, ""},         {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, ""},
    {"rtt_ms", SONDE_F64, SONDE_SCALAR, 0, 0, ""},    {"hostname", SONDE_TEXT, SONDE_SCALAR, 0, 0, ""},
    {"ports", SONDE_U64, SONDE_LIST, 0, 0, ""},       {"banners", SONDE_TEXT, SONDE_MAP, 0, 0, ""},
    {"os", SONDE_JSON, SONDE_SCALAR, 0, 0, ""},       {"mac_flags", SONDE_TEXT, SONDE_LIST, SONDE_F_DETAIL, 0, ""},
    {"gps.height", SONDE_I64, SONDE_SCALAR, 0, 0, ""}};

const Record printer = {{"ip", {Item::v4(192, 168, 1, 10)}},
                        {"alive", {Item::boolean(true)}},
                        {"rtt_ms", {Item::f64(0.45678)}},
                        {"hostname", {Item::text_of("printer01")}},
                        {"ports", {Item::u64(22), Item::u64(80)}},
                        {"banners", {Item::text_of("say \"hi\"").with_key("22"), Item::text_of("=x").with_key("80")}},
                        {"os", {Item::json(R"({"name":"Linux"})")}},
                        {"mac_flags", {Item::text_of("local"), Item::text_of("shared")}},
                        {"gps.height", {Item::i64(-3)}}};

class CsvExport : public ::testing::Test {
 protected:
  Options options(bool safe = true) {
    return Options().set("path", directory.file("out.csv")).set("detail", false).set("safe", safe).set("bom", false);
  }
  std::string text() const { return read_file(directory.file("out.csv")); }
  std::string hostname_cell(const std::string& name, bool safe = true) {
    ExporterHost host(fields, options(safe).list("columns", {"hostname"}));
    EXPECT_EQ(host.run(plugin, {{{"hostname", {Item::text_of(name)}}}}), SONDE_OK);
    std::string all = text();
    return all.substr(10, all.size() - 12);  // less the header line and the last CRLF
  }
  const sonde_plugin* plugin = sonde_plugin_v0(0);
  TemporaryDirectory directory;
};

TEST_F(CsvExport, HeaderAndCells) {
  ExporterHost host(fields, options());
  ASSERT_EQ(host.run(plugin, {printer, {{"ip", {Item::text_of("fe80::1%eth0")}}}}), SONDE_OK) << host.failure;
  EXPECT_EQ(text(),
            "ip,alive,rtt_ms,hostname,ports,banners,os,gps.height\r\n"
            "192.168.1.10,true,0.457,printer01,\"22,80\","
            "\"{\"\"22\"\":\"\"say \\\"\"hi\\\"\"\"\",\"\"80\"\":\"\"=x\"\"}\",\"{\"\"name\"\":\"\"Linux\"\"}\",-3\r\n"
            "fe80::1%eth0,,,,,,,\r\n");
}

TEST_F(CsvExport, ColumnsGiveOrderAndStayWhenTheirStageIsOff) {
  ExporterHost host(fields, options().list("columns", {"mac_flags", "vendor", "ip"}));
  ASSERT_EQ(host.run(plugin, {printer}), SONDE_OK) << host.failure;
  EXPECT_EQ(text(), "mac_flags,vendor,ip\r\n\"local,shared\",,192.168.1.10\r\n");
}

TEST_F(CsvExport, APartOfAFieldIsNoColumn) {
  for (const char* name : {"os.name", "gps", "gps.hight"}) {
    ExporterHost host(fields, options().list("columns", {name}));
    EXPECT_EQ(host.run(plugin, {printer}), SONDE_E_CONFIG) << name;
    EXPECT_TRUE(host.failure.starts_with("no field is called '" + std::string(name) + "'")) << host.failure;
  }
}

TEST_F(CsvExport, DetailIsTheLastOfTheTable) {
  ExporterHost host(fields, options().set("detail", true));
  ASSERT_EQ(host.run(plugin, {}), SONDE_OK);
  EXPECT_EQ(text(), "ip,alive,rtt_ms,hostname,ports,banners,os,mac_flags,gps.height\r\n");
}

TEST_F(CsvExport, FormulasBecomeText) {
  EXPECT_EQ(hostname_cell("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
  EXPECT_EQ(hostname_cell("+1"), "'+1");
  EXPECT_EQ(hostname_cell("-1"), "'-1");
  EXPECT_EQ(hostname_cell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(hostname_cell("\t=1"), "'\t=1");
  EXPECT_EQ(hostname_cell("\r=1"), "\"'\r=1\"");
  EXPECT_EQ(hostname_cell("a=1"), "a=1");
  EXPECT_EQ(hostname_cell("=1", false), "=1");
}

TEST_F(CsvExport, QuotesOnlyWhatNeedsThem) {
  EXPECT_EQ(hostname_cell("a b"), "a b");
  EXPECT_EQ(hostname_cell(" a"), "\" a\"");
  EXPECT_EQ(hostname_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(hostname_cell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(hostname_cell("a\"b"), "\"a\"\"b\"");
}

TEST_F(CsvExport, ARecordOfOneEmptyCellIsNoEmptyLine) {
  ExporterHost host(fields, options().list("columns", {"hostname"}));
  ASSERT_EQ(host.run(plugin, {{{"ip", {Item::v4(127, 0, 0, 1)}}}}), SONDE_OK);
  EXPECT_EQ(text(), "hostname\r\n\"\"\r\n");
}

TEST_F(CsvExport, ByteOrderMarkOnDemand) {
  ExporterHost host(fields, options().set("bom", true).list("columns", {"ip"}));
  ASSERT_EQ(host.run(plugin, {}), SONDE_OK);
  EXPECT_EQ(text(), "\xef\xbb\xbfip\r\n");
}

TEST_F(CsvExport, AbortPublishesNothing) {
  ExporterHost host(fields, options());
  ASSERT_EQ(host.run(plugin, {printer}, false), SONDE_OK);
  EXPECT_EQ(directory.entries(), 0u);
}

TEST_F(CsvExport, UnwritablePathIsNamed) {
  ExporterHost host(fields, options().set("path", directory.file("no/out.csv")));
  EXPECT_EQ(host.run(plugin, {printer}), SONDE_E_IO);
  EXPECT_NE(host.failure.find(directory.file("no/out.csv") + ": No such file or directory"), std::string::npos)
      << host.failure;
}

}  // namespace
}  // namespace sonde::testing
