// Certificates to what an inventory keeps.
#include "certificate.hpp"

#include <gtest/gtest.h>

#include "test_certificate.hpp"

namespace sonde::tcp_banner {
namespace {

TEST(Certificate, IsReadWhole) {
  const auto c = read_certificate(TestCertificate().der());
  ASSERT_TRUE(c);
  EXPECT_EQ(c->subject, "O=Example, CN=box.example");
  EXPECT_EQ(c->issuer, "O=Example, CN=box.example");
  EXPECT_EQ(c->san, (std::vector<std::string>{"DNS:box.example", "IP:192.0.2.7", "IP:2001:db8:0:0:0:0:0:1"}));
  EXPECT_EQ(c->not_before, "2026-01-31T12:00:00Z");
  EXPECT_EQ(c->not_after, "2036-01-31T12:00:00Z");
  EXPECT_TRUE(c->self_signed);
  EXPECT_EQ(c->key, "EC 256");
  EXPECT_EQ(c->signature, "ecdsa-with-SHA256");
  EXPECT_EQ(c->serial, "1234");
  EXPECT_EQ(c->sha256.size(), 64u);
}
TEST(Certificate, NamesStayUtf8AndLoseControls) {
  EXPECT_EQ(read_certificate(TestCertificate("B\xC3\xBCro").der())->subject, "O=Example, CN=B\xC3\xBCro");
  EXPECT_EQ(read_certificate(TestCertificate("a\x1b[31mb\nc").der())->subject, "O=Example, CN=a\\1B[31mb\\0Ac");
}
TEST(Certificate, EveryTruncationIsRefused) {
  const std::string der = TestCertificate().der();
  for (std::size_t n = 0; n < der.size(); ++n) EXPECT_FALSE(read_certificate(std::string_view(der).substr(0, n))) << n;
}

}  // namespace
}  // namespace sonde::tcp_banner
