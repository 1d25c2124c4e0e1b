// A client session against OpenSSL's server over a socket pair, both non-blocking, stepped in turns.
#include "tls_session.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_certificate.hpp"

namespace sonde::tcp_banner {
namespace {
using State = TlsSession::State;

class TlsSessionTest : public testing::Test {
 protected:
  TlsSessionTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
    context_ = certificate_.server();
    server_ = SSL_new(context_);
    SSL_set_fd(server_, ends_[1]);
  }
  ~TlsSessionTest() override {
    SSL_free(server_);
    SSL_CTX_free(context_);
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  /// Both sides until the client is ready or has ended, a bounded number of times.
  State shake(TlsSession& client) {
    State state = State::wants_read;
    for (int i = 0; i < 50 && state != State::ready && state != State::ended; ++i) {
      state = client.handshake();
      SSL_accept(server_);
    }
    return state;
  }
  void speak(std::string_view raw) {
    EXPECT_EQ(::send(ends_[1], raw.data(), raw.size(), MSG_NOSIGNAL), static_cast<ssize_t>(raw.size()));
  }

  TestCertificate certificate_;
  TlsContext client_context_;
  int ends_[2] = {-1, -1};
  SSL_CTX* context_ = nullptr;
  SSL* server_ = nullptr;
};

TEST_F(TlsSessionTest, LearnsVersionAndCertificate) {
  TlsSession client(client_context_, ends_[0], "box.example", true);
  ASSERT_EQ(shake(client), State::ready);
  const TlsSummary summary = client.summary();
  EXPECT_EQ(summary.version, "TLSv1.3");
  EXPECT_EQ(summary.alert, "");
  ASSERT_TRUE(summary.certificate);
  EXPECT_EQ(summary.certificate->subject, "O=Example, CN=box.example");
  EXPECT_STREQ(SSL_get_servername(server_, TLSEXT_NAMETYPE_host_name), "box.example");
}
TEST_F(TlsSessionTest, SpeaksOldVersions) {
  SSL_set_security_level(server_, 0);
  SSL_set_min_proto_version(server_, TLS1_VERSION);
  SSL_set_max_proto_version(server_, TLS1_VERSION);
  TlsSession client(client_context_, ends_[0], "", false);
  ASSERT_EQ(shake(client), State::ready);
  EXPECT_EQ(client.summary().version, "TLSv1");
}
TEST_F(TlsSessionTest, CarriesTextBothWays) {
  TlsSession client(client_context_, ends_[0], "", false);
  ASSERT_EQ(shake(client), State::ready);
  EXPECT_EQ(client.write("HEAD"), State::ready);
  char got[16] = {};
  EXPECT_EQ(SSL_read(server_, got, sizeof got), 4);
  EXPECT_EQ(std::string(got), "HEAD");
  ASSERT_EQ(SSL_write(server_, "* OK hi\r\n", 9), 9);
  std::size_t n = 0;
  EXPECT_EQ(client.read(got, 4, n), State::ready);
  EXPECT_EQ(std::string(got, n), "* OK");
  EXPECT_TRUE(client.pending());
  EXPECT_EQ(client.read(got, sizeof got, n), State::ready);
  EXPECT_EQ(std::string(got, n), " hi\r\n");
  EXPECT_EQ(client.read(got, sizeof got, n), State::wants_read);
}
TEST_F(TlsSessionTest, AServerThatWantsAClientCertificateIsKnownAllTheSame) {
  SSL_set_verify(server_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  TlsSession client(client_context_, ends_[0], "", false);
  ASSERT_EQ(shake(client), State::ready);
  SSL_accept(server_);
  char got[16];
  std::size_t n = 0;
  EXPECT_EQ(client.read(got, sizeof got, n), State::ended);
  EXPECT_EQ(client.alert(), "certificate required");
  EXPECT_TRUE(client.summary().certificate);
}
TEST_F(TlsSessionTest, AnAlertNamesItself) {
  TlsSession client(client_context_, ends_[0], "", false);
  EXPECT_EQ(client.handshake(), State::wants_read);
  speak(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
  EXPECT_EQ(client.handshake(), State::ended);
  EXPECT_EQ(client.alert(), "handshake failure");
  EXPECT_EQ(client.summary().version, "");
  EXPECT_FALSE(client.summary().certificate);
}
TEST_F(TlsSessionTest, GarbageAndEndsAreEnds) {
  TlsSession garbage(client_context_, ends_[0], "", false);
  garbage.handshake();
  speak(std::string("\x16\x03\x03\x00\x04zzzz", 9));
  EXPECT_EQ(garbage.handshake(), State::ended);
  EXPECT_EQ(garbage.alert(), "");
  TlsSession cut(client_context_, ends_[0], "", false);
  ::close(ends_[1]);
  ends_[1] = -1;
  EXPECT_EQ(cut.handshake(), State::ended);  // also: no SIGPIPE
}
TEST(LooksLikeTls, RecordsOfHandshakeAndAlert) {
  EXPECT_TRUE(TlsSession::looks_like_tls("\x16\x03\x01"));
  EXPECT_TRUE(TlsSession::looks_like_tls("\x15"));
  EXPECT_FALSE(TlsSession::looks_like_tls("\x16\x04"));
  EXPECT_FALSE(TlsSession::looks_like_tls("HTTP/1.1"));
  EXPECT_FALSE(TlsSession::looks_like_tls(""));
}

}  // namespace
}  // namespace sonde::tcp_banner
