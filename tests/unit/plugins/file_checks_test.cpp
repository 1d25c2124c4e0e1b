// Who could change a library decides whether it is loaded.
#include "plugins/file_checks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "scratch.hpp"

namespace sonde::core {
namespace {

bool is_root() {
  return ::geteuid() == 0;
}

TEST(LibraryPath, RelativeOnesAreRefused) {
  auto result = check_library_path("lib/x.so", false);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "file-unreadable");
  EXPECT_EQ(result.error().text, "plugin library lib/x.so: expected an absolute path, found a relative one");
}

TEST(LibraryPath, MissingFilesAndDirectories) {
  Scratch dir;
  auto missing = check_library_path(dir / "none.so", false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().id, "file-unreadable");
  EXPECT_NE(missing.error().text.find("found No such file or directory"), std::string::npos);
  std::filesystem::create_directory(dir / "folder.so");
  EXPECT_NE(check_library_path(dir / "folder.so", false).error().text.find("found a directory"), std::string::npos);
  ASSERT_EQ(::mkfifo((dir / "pipe.so").c_str(), 0600), 0);
  EXPECT_NE(check_library_path(dir / "pipe.so", false).error().text.find("found a pipe"), std::string::npos);
}

TEST(LibraryPath, LinksLeadToTheRealFile) {
  Scratch dir;
  std::string real = dir.write("real.so", "x");
  ASSERT_EQ(::symlink("real.so", (dir / "link.so").c_str()), 0);
  EXPECT_EQ(check_library_path(dir / "link.so", false).value(), std::filesystem::canonical(real).string());
}

TEST(LibraryPath, WritableByOthersIsRefusedForEverybody) {
  Scratch dir;
  std::string path = dir.write("x.so", "x", 0666);
  auto result = check_library_path(path, false);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "plugin-permissions");
  EXPECT_NE(result.error().text.find("expected a file that others cannot write, found mode 0666"), std::string::npos);
  EXPECT_EQ(result.error().hint, "chmod o-w " + path);
}

/// Under /tmp: a sticky directory that all may write passes because what is next belongs to root.
TEST(LibraryPath, StrictAcceptsWhatIsRootsAlone) {
  Scratch dir;
  auto result = check_library_path(dir.write("x.so", "x"), true);
  if (is_root()) {
    ASSERT_TRUE(result) << result.error().text;
    return;
  }
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().text.find(fmt::format("belongs to uid {}", ::getuid())), std::string::npos);
}

TEST(LibraryPath, StrictRefusesOtherOwners) {
  Scratch dir;
  std::string path = dir.write("x.so", "x");
  if (is_root()) {
    ASSERT_EQ(::chown(path.c_str(), 1000, 1000), 0);
  }
  auto result = check_library_path(path, true);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "plugin-permissions");
  EXPECT_NE(result.error().text.find("root as"), std::string::npos) << result.error().text;
}

TEST(LibraryPath, StrictRefusesDirectoriesThatOthersWrite) {
  Scratch dir;
  std::string path = dir.write("open/x.so", "x");
  ::chmod((dir / "open").c_str(), 0777);
  auto result = check_library_path(path, true);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "plugin-permissions");
  if (is_root()) {
    EXPECT_NE(result.error().text.find("open has mode 0777"), std::string::npos) << result.error().text;
    ::chmod((dir / "open").c_str(), 01777);  // sticky: nobody can replace root's file
    EXPECT_TRUE(check_library_path(path, true));
  }
}

TEST(LibraryPath, StrictRefusesAFileThatItsGroupWrites) {
  Scratch dir;
  std::string path = dir.write("x.so", "x", 0664);
  EXPECT_TRUE(check_library_path(path, false));
  EXPECT_FALSE(check_library_path(path, true));
}

}  // namespace
}  // namespace sonde::core
