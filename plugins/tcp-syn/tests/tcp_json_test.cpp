// The field `tcp`: the form of tcp-banner, and what only a raw probe can tell.
#include "tcp-syn/tcp_json.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_syn {
namespace {

TEST(TcpJson, ClosedAndSilentAlwaysStandThere) {
  EXPECT_EQ(tcp_json({}), R"({"closed":[],"silent":[]})");
  EXPECT_EQ(tcp_json({{22, 80}, {443}, {}, {}}), R"({"closed":[22,80],"silent":[443]})");
}
TEST(TcpJson, TheOthersWhenThereAreAny) {
  EXPECT_EQ(tcp_json({{}, {}, {135, 445}, {8080}}),
            R"({"closed":[],"silent":[],"filtered":[135,445],"unasked":[8080]})");
}

}  // namespace
}  // namespace sonde::tcp_syn
