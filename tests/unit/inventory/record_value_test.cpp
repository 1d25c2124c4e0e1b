// The exported record, exactly as the design shows it.
#include <gtest/gtest.h>
#include <sonde/plugin.h>

#include "facts.hpp"

namespace sonde::core {
namespace {

using F = FieldTable;

TEST(RecordValue, IsTheRecordOfTheDesign) {
  const FieldTable fields;
  const HostRecord host{
      ip("192.168.1.10"),
      {fact(0, F::mac, text("AA:BB:CC:DD:EE:FF")), fact(0, F::vendor, text("HP Inc")),
       fact(1, F::alive, Scalar::boolean(true)), fact(1, F::rtt_ms, Scalar::of(2.3)), fact(2, F::ports, number(443)),
       fact(2, F::ports, number(22)), fact(2, F::ports, number(80)), fact(2, F::banners, text("Server: nginx"), "80"),
       fact(2, F::banners, text("SSH-2.0-OpenSSH_9.3"), "22"), fact(3, F::reverse_dns, text("printer01.local")),
       fact(5, F::snmp, text("PRN01"), "sysName"), fact(5, F::snmp, text("HP LaserJet ..."), "sysDescr")},
      {}};
  EXPECT_EQ(json_of(host, context(fields)),
            R"({"ip":"192.168.1.10","alive":true,"rtt_ms":2.3,"hostname":"printer01","reverse_dns":"printer01.local",)"
            R"("mac":"AA:BB:CC:DD:EE:FF","vendor":"HP Inc","ports":[22,80,443],)"
            R"("banners":{"22":"SSH-2.0-OpenSSH_9.3","80":"Server: nginx"},)"
            R"("snmp":{"sysDescr":"HP LaserJet ...","sysName":"PRN01"}})");
}

TEST(RecordValue, OwnFieldsNestUnderThePlugin) {
  FieldTable fields;
  const FieldId subject = fields.bind_output("tls", "tls.subject", SONDE_TEXT, SONDE_SCALAR, false, "").value();
  const FieldId other = fields.bind_output("web", "web.title", SONDE_TEXT, SONDE_SCALAR, false, "").value();
  const FieldId days = fields.bind_output("tls", "tls.days", SONDE_I64, SONDE_SCALAR, false, "").value();
  const FieldId secret = fields.bind_output("tls", "tls.raw", SONDE_BYTES, SONDE_SCALAR, true, "").value();
  const HostRecord host{ip("10.0.0.1"),
                        {fact(1, subject, text("CN=a")), fact(2, other, text("Hello")),
                         fact(1, days, Scalar::of(int64_t{-3})), fact(1, secret, {SONDE_BYTES, 0, "A"})},
                        {}};
  EXPECT_EQ(json_of(host, context(fields)),
            R"({"ip":"10.0.0.1","tls":{"subject":"CN=a","days":-3},"web":{"title":"Hello"}})");
}

TEST(RecordValue, DetailsOnlyOnDemand) {
  const FieldTable fields;
  const HostRecord host{ip("10.0.0.1"),
                        {fact(0, F::link, text("silent")), fact(3, F::dns, Scalar::json(R"({"status":"nxdomain"})"))},
                        {}};
  EXPECT_EQ(json_of(host, context(fields)), R"({"ip":"10.0.0.1"})");
  EXPECT_EQ(json_of(host, context(fields), true), R"({"ip":"10.0.0.1","dns":{"status":"nxdomain"},"link":"silent"})");
}

TEST(RecordValue, EachTypeHasItsJson) {
  FieldTable fields;
  const auto bind = [&](const std::string& name, uint32_t type) {
    return fields.bind_output("t", "t." + name, type, SONDE_SCALAR, false, "").value();
  };
  const FieldId bytes = bind("bytes", SONDE_BYTES), address = bind("ip", SONDE_IP), time = bind("time", SONDE_TIME);
  const FieldId fraction = bind("fraction", SONDE_TIME), big = bind("big", SONDE_U64),
                broken = bind("json", SONDE_JSON);
  const auto raw = ip("2001:db8::1").bytes();
  const HostRecord host{ip("10.0.0.1"),
                        {fact(1, bytes,
                              {SONDE_BYTES, 0,
                               std::string("\x00\xff"
                                           "A",
                                           3)}),
                         fact(1, address, {SONDE_IP, 0, std::string(raw.begin(), raw.end())}),
                         fact(1, time, {SONDE_TIME, 1'700'000'000'000'000'000u, {}}),
                         fact(1, fraction, {SONDE_TIME, static_cast<uint64_t>(int64_t{-500'000'000}), {}}),
                         fact(1, big, number(UINT64_MAX)), fact(1, broken, Scalar::json("{not json"))},
                        {}};
  EXPECT_EQ(json_of(host, context(fields)),
            R"({"ip":"10.0.0.1","t":{"bytes":"00ff41","ip":"2001:db8::1","time":"2023-11-14T22:13:20Z",)"
            R"("fraction":"1969-12-31T23:59:59.5Z","big":18446744073709551615,"json":"{not json"}})");
}

TEST(RecordValue, HostileTextStaysData) {
  const FieldTable fields;
  const HostRecord host{ip("10.0.0.1"), {fact(2, F::banners, text("\x1b[31m\"\xff</script>"), "80")}, {}};
  EXPECT_EQ(json_of(host, context(fields)),
            "{\"ip\":\"10.0.0.1\",\"banners\":{\"80\":\"\\u001b[31m\\\"\xEF\xBF\xBD</script>\"}}");
}

}  // namespace
}  // namespace sonde::core
