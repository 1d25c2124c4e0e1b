// The JSON of the record, to the byte.
#include "service_json.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {

TEST(ServiceJson, OnlyWhatIsKnown) {
  EXPECT_EQ(service_json({}, nullptr), R"({"state":"open"})");
}
TEST(ServiceJson, AService) {
  Service s;
  s.name = "ssh";
  s.product = "OpenSSH";
  s.version = "9.2p1";
  s.extra = "Debian";
  EXPECT_EQ(service_json(s, nullptr),
            R"({"state":"open","name":"ssh","product":"OpenSSH","version":"9.2p1","extra":"Debian"})");
}
TEST(ServiceJson, HttpInsideTls) {
  Service s;
  s.name = "http";
  s.http_status = 301;
  s.http_location = "/a";
  TlsSummary tls;
  tls.version = "TLSv1.3";
  tls.certificate.emplace();
  tls.certificate->subject = "CN=a";
  tls.certificate->san = {"DNS:a"};
  EXPECT_EQ(service_json(s, &tls),
            R"({"state":"open","name":"https","http":{"status":301,"location":"/a"},)"
            R"("tls":{"version":"TLSv1.3","subject":"CN=a","san":["DNS:a"],"self_signed":false}})");
}
TEST(ServiceJson, TlsAlone) {
  TlsSummary tls;
  tls.alert = "handshake failure";
  EXPECT_EQ(service_json({}, &tls), R"({"state":"open","name":"tls","tls":{"alert":"handshake failure"}})");
}
TEST(ServiceJson, HostileTextStaysJson) {
  Service s;
  s.product = "a\"b\\\xff";
  EXPECT_EQ(service_json(s, nullptr), "{\"state\":\"open\",\"product\":\"a\\\"b\\\\\xEF\xBF\xBD\"}");
}
TEST(TcpJson, SortsAndLeavesOutWhatIsEmpty) {
  EXPECT_EQ(tcp_json({{443, 80}, {22}, {}, {}}), R"({"closed":[80,443],"silent":[22]})");
  EXPECT_EQ(tcp_json({{}, {}, {9100}, {1}}), R"({"closed":[],"silent":[],"skipped":[9100],"unasked":[1]})");
}

}  // namespace
}  // namespace sonde::tcp_banner
