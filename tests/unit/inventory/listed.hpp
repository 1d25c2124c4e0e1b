// The records of a store as a list, for tests that look at single ones.
#pragma once
#include <gtest/gtest.h>

#include <vector>

#include "inventory/host_store.hpp"

namespace sonde::core {

inline std::vector<HostRecord> listed(const HostStore& store) {
  std::vector<HostRecord> out;
  EXPECT_TRUE(store.each([&](const HostRecord& host) { out.push_back(host); }).has_value());
  return out;
}

}  // namespace sonde::core
