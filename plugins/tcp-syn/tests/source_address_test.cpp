// Which address this machine would send from, and that a shortage is told as one.
#include "tcp-syn/source_address_linux.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <sonde/plugin.hpp>

namespace sonde::tcp_syn {
namespace {

const net::Ip loopback = net::mapped(net::Ip4{127, 0, 0, 1});

TEST(SourceAddress, IsTheKernelsChoice) {
  net::Ip from{};
  const SourceAddress address;
  EXPECT_EQ(address.find(loopback, from), 0);
  EXPECT_EQ(from, loopback);
}

TEST(SourceAddress, WithoutADescriptorThereIsNoProbe) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  sonde_err code = SONDE_OK;
  try {
    SourceAddress();
  } catch (const Failure& e) {
    code = e.code();
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(code, SONDE_E_AGAIN);
}

}  // namespace
}  // namespace sonde::tcp_syn
