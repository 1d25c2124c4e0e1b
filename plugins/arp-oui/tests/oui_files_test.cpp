// Where the registry is looked for, and what is said when it is not there.
#include "arp-oui/oui_files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sonde/plugin.hpp>

namespace sonde::arp_oui {
namespace {

class OuiFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/ouiXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string write(const std::string& name, const std::string& rows) {
    const std::string path = dir_ + "/" + name;
    std::ofstream(path) << "Registry,Assignment,Organization Name,Organization Address\n" << rows;
    return path;
  }
  std::string dir_;
};

TEST_F(OuiFiles, NamedFilesReplaceTheDefault) {
  const auto loaded = load_oui({write("mine.csv", "MA-L,000000,My Own,\n")});
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_EQ(loaded.table->size(), 1u);
  EXPECT_EQ(loaded.table->vendor({0, 0, 0, 1, 2, 3}), "My Own");
}

TEST_F(OuiFiles, LoadedOncePerList) {
  const auto path = write("once.csv", "MA-L,000000,One,\n");
  EXPECT_EQ(load_oui({path}).table, load_oui({path}).table);
}

TEST_F(OuiFiles, AMissingNamedFileIsRefused) {
  try {
    load_oui({dir_ + "/absent.csv"});
    FAIL() << "accepted";
  } catch (const Failure& e) {
    EXPECT_EQ(e.code(), SONDE_E_CONFIG);
    EXPECT_NE(std::string(e.what()).find("options/oui_files/0: cannot read " + dir_ + "/absent.csv: No such file"),
              std::string::npos)
        << e.what();
  }
}

TEST_F(OuiFiles, ABrokenNamedFileIsRefusedWithItsLine) {
  const auto path = write("broken.csv", "MA-L,000000,One,\nMA-L,XYZ,Two,\n");
  try {
    load_oui({path});
    FAIL() << "accepted";
  } catch (const Failure& e) {
    EXPECT_NE(std::string(e.what()).find(path + ", line 3: expected an assignment"), std::string::npos) << e.what();
  }
}

TEST_F(OuiFiles, MissingDefaultFilesAreWarningsOnly) {
  write("oui.csv", "MA-L,000000,One,\n");
  const auto loaded = load_default_oui({dir_ + "/nowhere", dir_});
  EXPECT_EQ(loaded.table->vendor({0, 0, 0, 1, 2, 3}), "One");
  ASSERT_EQ(loaded.warnings.size(), 3u);
  EXPECT_NE(loaded.warnings[0].find("vendors of mam.csv stay unknown"), std::string::npos);
  EXPECT_NE(loaded.warnings[0].find("apt install ieee-data"), std::string::npos);
}

TEST_F(OuiFiles, ForWantOfADescriptorTheyAreNotCalledMissing) {
  for (const char* name : {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"}) write(name, "MA-L,000000,One,\n");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto loaded = load_default_oui({dir_});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(loaded.short_of_files);
  ASSERT_EQ(loaded.warnings.size(), 4u);
  EXPECT_NE(loaded.warnings[0].find("ulimit -n"), std::string::npos) << loaded.warnings[0];
  EXPECT_FALSE(load_default_oui({dir_}).short_of_files);
}

TEST_F(OuiFiles, TheFirstDirectoryWinsAndABrokenFileFallsBack) {
  std::filesystem::create_directory(dir_ + "/fresh");
  write("fresh/oui.csv", "MA-L,000000,Fresh,\n");
  write("fresh/mam.csv", "MA-M,bad,X,\n");
  write("oui.csv", "MA-L,000000,Old,\n");
  write("mam.csv", "MA-M,0000011,Medium,\n");
  const auto loaded = load_default_oui({dir_ + "/fresh", dir_});
  EXPECT_EQ(loaded.table->vendor({0, 0, 0, 1, 2, 3}), "Fresh");
  EXPECT_EQ(loaded.table->vendor({0, 0, 1, 0x1f, 2, 3}), "Medium");
}

}  // namespace
}  // namespace sonde::arp_oui
