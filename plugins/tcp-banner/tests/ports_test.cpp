// Who speaks first, and where nothing may be sent.
#include "ports.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {

TEST(FirstToSpeak, KnowsTheCommonPorts) {
  EXPECT_EQ(first_to_speak(22), First::server);
  EXPECT_EQ(first_to_speak(80), First::http);
  EXPECT_EQ(first_to_speak(8080), First::http);
  EXPECT_EQ(first_to_speak(443), First::tls_http);
  EXPECT_EQ(first_to_speak(993), First::tls_server);
  EXPECT_EQ(first_to_speak(636), First::tls);
  EXPECT_EQ(first_to_speak(445), First::quiet);
  EXPECT_EQ(first_to_speak(3389), First::quiet);
}
TEST(FirstToSpeak, NothingIsSentToPrinters) {
  EXPECT_EQ(first_to_speak(515), First::quiet);
  for (uint16_t port = 9100; port <= 9107; ++port) EXPECT_EQ(first_to_speak(port), First::quiet) << port;
}
TEST(FirstToSpeak, TheRestIsUnknown) {
  constexpr uint16_t others[] = {1, 12, 20, 24, 9099, 9108, 47809, 65535};
  for (uint16_t port : others) EXPECT_EQ(first_to_speak(port), First::unknown) << port;
}

}  // namespace
}  // namespace sonde::tcp_banner
