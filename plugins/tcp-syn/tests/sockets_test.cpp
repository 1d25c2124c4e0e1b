// Why a raw socket is not there: a machine that is short of something is no machine that forbids it.
#include "tcp-syn/sockets_linux.hpp"

#include <gtest/gtest.h>

#include "testing/shard_host.hpp"

namespace sonde::tcp_syn {
namespace {

Context context(testing::ShardHost& host, sonde_err answer) {
  host.raw = [answer](int, int, uint32_t, int&) { return answer; };
  return Context(host.context(), host.table());
}

TEST(OpenFamily, AShortageIsNotTakenForAProhibition) {
  testing::ShardHost host;
  try {
    open_family(context(host, SONDE_E_AGAIN), true, 1025);
    FAIL() << "opened";
  } catch (const Failure& e) {
    EXPECT_EQ(e.code(), SONDE_E_AGAIN);
    EXPECT_NE(std::string(e.what()).find("no descriptor or memory is left"), std::string::npos) << e.what();
  }
}

TEST(OpenFamily, TellsWhyThereIsNone) {
  testing::ShardHost host;
  const Family denied = open_family(context(host, SONDE_E_DENIED), true, 1025);
  EXPECT_FALSE(denied);
  EXPECT_EQ(denied.why_not, "TCP over IPv4: no raw socket is allowed on this machine");
  EXPECT_EQ(open_family(context(host, SONDE_E_IO), false, 1025).why_not,
            "TCP over IPv6: this machine has no raw sockets for it");
}

}  // namespace
}  // namespace sonde::tcp_syn
