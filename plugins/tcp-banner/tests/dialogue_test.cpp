// What is said when, without a socket.
#include "dialogue.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {
using namespace std::string_view_literals;

constexpr Step listen_long{Act::listen, Wait::answer}, listen_short{Act::listen, Wait::idle}, finish{Act::finish},
    ask{Act::send_http, Wait::answer}, tls{Act::start_tls, Wait::answer};

TEST(Dialogue, ServerFirstIsListenedToAndNeverAsked) {
  Dialogue d(First::server, {});
  EXPECT_EQ(d.opened(), listen_long);
  EXPECT_EQ(d.silence(), finish);
}
TEST(Dialogue, AWholeGreetingEndsAtOnce) {
  Dialogue d(First::server, {});
  d.opened();
  EXPECT_EQ(d.heard("SSH-2.0-x"), listen_short);
  EXPECT_EQ(d.heard("\r\n"), finish);
  EXPECT_EQ(d.bytes(), "SSH-2.0-x\r\n");
}
TEST(Dialogue, HttpIsAskedAtOnceAndEndsWithTheHead) {
  Dialogue d(First::http, {});
  EXPECT_EQ(d.opened(), ask);
  EXPECT_EQ(d.heard("HTTP/1.1 200 OK\r\nServer: a\r\n"), listen_short);
  EXPECT_EQ(d.heard("\r\n"), finish);
}
TEST(Dialogue, UnknownIsListenedToThenAsked) {
  Dialogue d(First::unknown, {});
  EXPECT_EQ(d.opened(), listen_short);
  EXPECT_EQ(d.silence(), ask);
  EXPECT_EQ(d.silence(), finish);
}
TEST(Dialogue, UnknownThatGreetsIsNotAsked) {
  Dialogue d(First::unknown, {});
  d.opened();
  EXPECT_EQ(d.heard("hello\n"), listen_short);
  EXPECT_EQ(d.silence(), finish);
}
TEST(Dialogue, QuietPortsAreNeverAsked) {
  Dialogue d(First::quiet, {});
  EXPECT_EQ(d.opened(), listen_short);
  EXPECT_EQ(d.silence(), finish);
}
TEST(Dialogue, SwitchesAreObeyed) {
  EXPECT_EQ(Dialogue(First::http, {.banner = false}).opened(), finish);
  EXPECT_EQ(Dialogue(First::tls_http, {.banner = false}).opened(), finish);
  EXPECT_EQ(Dialogue(First::http, {.probe = false}).opened(), listen_short);
  EXPECT_EQ(Dialogue(First::tls_http, {.tls = false}).opened(), listen_short);
  Dialogue unknown(First::unknown, {.probe = false});
  unknown.opened();
  EXPECT_EQ(unknown.silence(), finish);
  Dialogue inside(First::tls_http, {.probe = false});
  EXPECT_EQ(inside.opened(), tls);
  EXPECT_EQ(inside.secured("http/1.1"), finish);
}
TEST(Dialogue, InsideTlsThePortDecides) {
  Dialogue https(First::tls_http, {});
  EXPECT_EQ(https.opened(), tls);
  EXPECT_EQ(https.secured(""), ask);
  Dialogue imaps(First::tls_server, {});
  imaps.opened();
  EXPECT_EQ(imaps.secured(""), listen_long);
  EXPECT_EQ(imaps.silence(), finish);
  Dialogue ldaps(First::tls, {});
  ldaps.opened();
  EXPECT_EQ(ldaps.secured(""), finish);
}
TEST(Dialogue, AnAlertInAnswerToHttpMeansTls) {
  Dialogue d(First::unknown, {});
  d.opened();
  d.silence();
  EXPECT_EQ(d.heard("\x15\x03\x01\0\x02\x02\x46"sv), finish);
  EXPECT_TRUE(d.answered_by_tls());
}
TEST(Dialogue, AFloodEndsAtTheCap) {
  Dialogue d(First::server, {.max_bytes = 64});
  d.opened();
  EXPECT_EQ(d.heard(std::string(63, 'x')), listen_short);
  EXPECT_EQ(d.heard(std::string(1000, 'x')), finish);
  EXPECT_EQ(d.bytes().size(), 64u);
}

}  // namespace
}  // namespace sonde::tcp_banner
