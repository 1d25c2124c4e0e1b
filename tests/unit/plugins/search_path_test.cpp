// Where plugins are looked for, and in which order.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "plugins/registry.hpp"

namespace sonde::core {
namespace {

TEST(SearchPath, CommandLineThenEnvironmentThenInstalled) {
  ::setenv("SONDE_PLUGIN_PATH", "/env/one::/env/two", 1);
  SearchPath path = default_search_path({"/cli/a:/cli/b", "relative"});
  ::unsetenv("SONDE_PLUGIN_PATH");
  ASSERT_EQ(path.directories.size(), 6u);
  EXPECT_EQ(path.directories[0], "/cli/a");
  EXPECT_EQ(path.directories[1], "/cli/b");
  EXPECT_EQ(path.directories[2], (std::filesystem::current_path() / "relative").string());
  EXPECT_EQ(path.directories[3], "/env/one");
  EXPECT_EQ(path.directories[4], "/env/two");
  EXPECT_TRUE(path.directories[5].ends_with("/sonde/plugins-0")) << path.directories[5];
  EXPECT_EQ(path.strict, ::geteuid() == 0);
}

TEST(SearchPath, OnlyTheInstalledOneByDefault) {
  ::unsetenv("SONDE_PLUGIN_PATH");
  EXPECT_EQ(default_search_path({}).directories.size(), 1u);
}

}  // namespace
}  // namespace sonde::core
