// Heads of HTTP responses, as servers and as attackers write them.
#include "http.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {

TEST(HttpHead, ReadsStatusServerLocationRealm) {
  const auto head = parse_http_head(
      "HTTP/1.1 401 Unauthorized\r\nserver:  nginx/1.22.1 \r\nLocation: /login\r\n"
      "WWW-Authenticate: Basic charset=\"UTF-8\", Realm=\"Printer 7\"\r\n\r\nServer: body\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 401);
  EXPECT_EQ(head->status_line, "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(head->server, "nginx/1.22.1");
  EXPECT_EQ(head->location, "/login");
  EXPECT_EQ(head->realm, "Printer 7");
}
TEST(HttpHead, TakesBareLineFeedsAndNoReason) {
  const auto head = parse_http_head("HTTP/1.0 200\nServer: a\n\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->server, "a");
}
TEST(HttpHead, FirstServerLineWins) {
  EXPECT_EQ(parse_http_head("HTTP/1.1 200 OK\r\nServer: a\r\nServer: b\r\n")->server, "a");
}
TEST(HttpHead, ALineCutOffIsLeftOut) {
  EXPECT_EQ(parse_http_head("HTTP/1.1 200 OK\r\nServer: ngi")->server, "");
}
TEST(HttpHead, FoldedLinesAreNoHeaders) {
  EXPECT_EQ(parse_http_head("HTTP/1.1 200 OK\r\nX: y\r\n Server: z\r\n\r\n")->server, "");
}
TEST(HttpHead, StatusThatIsNoNumber) {
  EXPECT_EQ(parse_http_head("HTTP/1.1 2x0 OK\r\n\r\n")->status, 0);
}
TEST(HttpHead, OtherProtocols) {
  EXPECT_FALSE(parse_http_head("SSH-2.0-x\r\n"));
  EXPECT_FALSE(parse_http_head(""));
}
TEST(HttpHead, CompleteAtTheBlankLine) {
  EXPECT_TRUE(head_complete("HTTP/1.1 200 OK\r\nA: b\r\n\r\n"));
  EXPECT_TRUE(head_complete("HTTP/1.1 200 OK\n\n"));
  EXPECT_FALSE(head_complete("HTTP/1.1 200 OK\r\nA: b\r\n"));
}
TEST(HttpHead, LooksLikeHttpFromTheFirstByte) {
  EXPECT_TRUE(looks_like_http("H"));
  EXPECT_TRUE(looks_like_http("HTTP/1.1 200"));
  EXPECT_FALSE(looks_like_http("HELO"));
  EXPECT_FALSE(looks_like_http(""));
}
TEST(HttpRequest, IsOneHead) {
  EXPECT_EQ(http_request("[::1]:8080"),
            "HEAD / HTTP/1.1\r\nHost: [::1]:8080\r\nUser-Agent: sonde\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace sonde::tcp_banner
