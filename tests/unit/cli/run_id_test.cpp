// Names of runs.
#include "cli/run_id.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace sonde::core::cli {
namespace {

TEST(RunId, TimeAndChance) {
  const auto now = std::chrono::system_clock::from_time_t(1795000000);
  std::set<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    const std::string id = make_run_id(now);
    EXPECT_TRUE(std::regex_match(id, std::regex("20261118T110640Z-[0-9a-f]{16}"))) << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 20u);
}

}  // namespace
}  // namespace sonde::core::cli
