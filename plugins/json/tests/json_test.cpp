// The exporter as the core sees it: records in, bytes of the file out.
#include <gtest/gtest.h>

#include "exporter_host.hpp"
#include "temporary_directory.hpp"

namespace sonde::testing {
namespace {

const std::vector<sonde_field> fields = {{"ip", SONDE_IP, SONDE_SCALAR, 0, 0, ""},
                                         {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, ""},
                                         {"rtt_ms", SONDE_F64, SONDE_SCALAR, 0, 0, ""},
                                         {"hostname", SONDE_TEXT, SONDE_SCALAR, 0, 0, ""},
                                         {"ports", SONDE_U64, SONDE_LIST, 0, 0, ""},
                                         {"banners", SONDE_TEXT, SONDE_MAP, 0, 0, ""},
                                         {"snmp", SONDE_NULL, SONDE_MAP, 0, 0, ""},
                                         {"dns", SONDE_JSON, SONDE_SCALAR, SONDE_F_DETAIL, 0, ""},
                                         {"tls.subject", SONDE_TEXT, SONDE_SCALAR, 0, 0, ""},
                                         {"snmp.engine", SONDE_TEXT, SONDE_SCALAR, 0, 0, ""},
                                         {"tls.days", SONDE_I64, SONDE_SCALAR, 0, 0, ""}};

const Record printer = {{"ip", {Item::v4(192, 168, 1, 10)}},
                        {"alive", {Item::boolean(true)}},
                        {"rtt_ms", {Item::f64(2.30049)}},
                        {"hostname", {Item::text_of("printer01")}},
                        {"ports", {Item::u64(22), Item::u64(80)}},
                        {"banners", {Item::text_of("SSH-2.0-OpenSSH_9.3").with_key("22")}},
                        {"snmp", {Item::text_of("PRN01").with_key("sysName"), Item::u64(7).with_key("sysServices")}},
                        {"dns", {Item::json("{\"status\":\n\"ok\"}")}},
                        {"tls.subject", {Item::text_of("CN=p")}},
                        {"tls.days", {Item::i64(-3)}}};
const Record silent = {{"ip", {Item::text_of("fe80::1%eth0")}}, {"alive", {Item::boolean(false)}}};

class JsonExport : public ::testing::Test {
 protected:
  Options options(const char* format = "array") {
    return Options().set("path", directory.file("out.json")).set("detail", false).set("format", format);
  }
  std::string text() const { return read_file(directory.file("out.json")); }
  const sonde_plugin* plugin = sonde_plugin_v0(0);
  TemporaryDirectory directory;
};

TEST_F(JsonExport, ArrayHasOneRecordALine) {
  ExporterHost host(fields, options());
  ASSERT_EQ(host.run(plugin, {printer, silent}), SONDE_OK) << host.failure;
  EXPECT_EQ(text(),
            "[\n"
            R"({"ip":"192.168.1.10","alive":true,"rtt_ms":2.3,"hostname":"printer01","ports":[22,80],)"
            R"("banners":{"22":"SSH-2.0-OpenSSH_9.3"},"snmp":{"sysName":"PRN01","sysServices":7},)"
            R"("tls":{"subject":"CN=p","days":-3}},)"
            "\n"
            R"({"ip":"fe80::1%eth0","alive":false})"
            "\n]\n");
}

TEST_F(JsonExport, NoRecordIsAnEmptyArray) {
  ExporterHost host(fields, options());
  ASSERT_EQ(host.run(plugin, {}), SONDE_OK);
  EXPECT_EQ(text(), "[]\n");
}

TEST_F(JsonExport, LinesHaveNothingAroundThem) {
  ExporterHost host(fields, options("jsonl"));
  ASSERT_EQ(host.run(plugin, {silent, silent}), SONDE_OK);
  EXPECT_EQ(text(), "{\"ip\":\"fe80::1%eth0\",\"alive\":false}\n{\"ip\":\"fe80::1%eth0\",\"alive\":false}\n");
}

TEST_F(JsonExport, DetailComesOnDemandAndStaysOnOneLine) {
  ExporterHost host(fields, options("jsonl").set("detail", true).list("columns", {}));
  ASSERT_EQ(host.run(plugin, {{{"dns", {Item::json("{\"status\":\n\"ok\"}")}}}}), SONDE_OK);
  EXPECT_EQ(text(), "{\"dns\":{\"status\": \"ok\"}}\n");
}

TEST_F(JsonExport, ColumnsGiveOrderAndDetailAndKeepMembersTogether) {
  ExporterHost host(fields, options("jsonl").list("columns", {"tls.days", "dns", "ip", "tls.subject"}));
  ASSERT_EQ(host.run(plugin, {printer}), SONDE_OK) << host.failure;
  EXPECT_EQ(text(), R"({"tls":{"days":-3,"subject":"CN=p"},"dns":{"status": "ok"},"ip":"192.168.1.10"})"
                    "\n");
}

TEST_F(JsonExport, AMapSharesItsObjectWithOwnFieldsOfItsName) {
  Record host_record = {{"snmp", {Item::text_of("a").with_key("sysName")}}, {"snmp.engine", {Item::text_of("80001f")}}};
  Record taken = {{"snmp", {Item::text_of("map").with_key("engine")}}, {"snmp.engine", {Item::text_of("own")}}};
  ExporterHost host(fields, options("jsonl"));
  ASSERT_EQ(host.run(plugin, {host_record, taken, {{"snmp.engine", {Item::text_of("x")}}}}), SONDE_OK);
  EXPECT_EQ(text(),
            "{\"snmp\":{\"sysName\":\"a\",\"engine\":\"80001f\"}}\n{\"snmp\":{\"engine\":\"map\"}}\n"
            "{\"snmp\":{\"engine\":\"x\"}}\n");
}

TEST_F(JsonExport, AScalarOfThePluginsNameLeavesOwnFieldsFlat) {
  std::vector<sonde_field> two = {{"os", SONDE_JSON, SONDE_SCALAR, 0, 0, ""},
                                  {"os.kernel", SONDE_TEXT, SONDE_SCALAR, 0, 0, ""}};
  ExporterHost host(two, options("jsonl"));
  ASSERT_EQ(host.run(plugin, {{{"os", {Item::json("1")}}, {"os.kernel", {Item::text_of("6.1")}}}}), SONDE_OK);
  EXPECT_EQ(text(), "{\"os\":1,\"os.kernel\":\"6.1\"}\n");
}

TEST_F(JsonExport, HostileTextIsEscaped) {
  ExporterHost host(fields, options("jsonl"));
  Record evil = {
      {"hostname", {Item::text_of(std::string("\"\\\n\0\x1b[2J\x7f\xc2\x9b\xe2\x80\xa8\xff<\xc3\xa4", 18))}}};
  ASSERT_EQ(host.run(plugin, {evil}), SONDE_OK);
  EXPECT_EQ(text(), "{\"hostname\":\"\\\"\\\\\\n\\u0000\\u001b[2J\\u007f\\u009b\\u2028\xef\xbf\xbd<\xc3\xa4\"}\n");
}

TEST_F(JsonExport, EqualRecordsGiveEqualBytes) {
  ExporterHost first(fields, options());
  ASSERT_EQ(first.run(plugin, {printer, silent}), SONDE_OK);
  std::string before = text();
  ExporterHost second(fields, options());
  ASSERT_EQ(second.run(plugin, {printer, silent}), SONDE_OK);
  EXPECT_EQ(text(), before);
}

TEST_F(JsonExport, AbortPublishesNothingAndLeavesNoTemporary) {
  write_file(directory.file("out.json"), "older");
  ExporterHost host(fields, options());
  ASSERT_EQ(host.run(plugin, {printer}, false), SONDE_OK);
  EXPECT_EQ(text(), "older");
  EXPECT_EQ(directory.entries(), 1u);
}

TEST_F(JsonExport, UnknownColumnNamesTheNearestAndTouchesNoFile) {
  ExporterHost host(fields, options().list("columns", {"ip", "hostnam"}));
  EXPECT_EQ(host.run(plugin, {printer}), SONDE_E_CONFIG);
  EXPECT_EQ(
      host.failure,
      "no field is called 'hostnam'; did you mean 'hostname'? The fields of this run: ip, alive, rtt_ms, hostname, "
      "ports, banners, snmp, dns, tls.subject, snmp.engine, tls.days");
  EXPECT_EQ(directory.entries(), 0u);
}

TEST_F(JsonExport, OwnFieldOfARunningPluginMustExist) {
  ExporterHost host(fields, options().list("columns", {"tls.isuer"}));
  EXPECT_EQ(host.run(plugin, {}), SONDE_E_CONFIG);
  ExporterHost off(fields, options("jsonl").list("columns", {"ip", "mac", "ssh.key"}));
  EXPECT_EQ(off.run(plugin, {silent}), SONDE_OK) << off.failure;
  EXPECT_EQ(text(), "{\"ip\":\"fe80::1%eth0\"}\n");
}

}  // namespace
}  // namespace sonde::testing
