// A directory of a test's own, gone when the test is over, with copies of fixtures in it.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sonde::core {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "sonde-plugins-XXXXXX").string();
    if (!::mkdtemp(name.data())) ADD_FAILURE() << "mkdtemp " << name;
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  std::string write(const std::string& name, std::string_view content, mode_t mode = 0644) const {
    std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// A copy of a fixture (SONDE_FIXTURES or SONDE_BAD_FIXTURES) under another name.
  std::string copy(const std::string& from, const std::string& name, mode_t mode = 0644) const {
    std::string bytes = read(from);
    EXPECT_FALSE(bytes.empty()) << from;
    return write(name, bytes, mode);
  }

 private:
  std::string path_;
};

}  // namespace sonde::core
