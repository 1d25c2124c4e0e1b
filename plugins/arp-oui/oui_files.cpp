// Reading the files of the IEEE's registry.
#include "arp-oui/oui_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <sonde/plugin.hpp>
#include <string_view>

#include "common-linux/socket.hpp"

namespace sonde::arp_oui {
namespace {

constexpr size_t largest_file = 64u << 20;  // the whole registry is 5 MB

// One file after the other in the same memory.
class FileReader {
 public:
  // 0, or the errno that prevented it; EFBIG for more than largest_file.
  int read(const std::string& path) {
    const net::Socket file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.fd(), &status) != 0) return errno;
    // Whole in one go, and the end of it. What is no file says nothing of its size.
    make_room(std::min(static_cast<size_t>(std::max<off_t>(0, status.st_size)), largest_file) + 1);
    for (used_ = 0;;) {
      if (used_ == room_) make_room(room_ * 2);
      const ssize_t n = ::read(file.fd(), memory_.get() + used_, room_ - used_);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      if (n == 0) return 0;
      used_ += static_cast<size_t>(n);
      if (used_ > largest_file) return EFBIG;
    }
  }
  std::string_view text() const { return {memory_.get(), used_}; }

 private:
  void make_room(size_t wanted) {
    wanted = std::max<size_t>(wanted, 64 * 1024);
    if (wanted <= room_) return;
    std::unique_ptr<char[]> larger(new char[wanted]);  // not filled with zeros first
    std::copy_n(memory_.get(), used_, larger.get());
    memory_ = std::move(larger);
    room_ = wanted;
  }
  std::unique_ptr<char[]> memory_;
  size_t room_ = 0, used_ = 0;
};

std::string reason(int error) {
  return error == EFBIG ? "larger than 64 MiB; expected a CSV file of the IEEE's registry" : std::strerror(error);
}

LoadedOui load_named(const std::vector<std::string>& paths) {
  OuiTableBuilder builder;
  FileReader file;
  OptionFailures wrong;
  const auto add = [&](const std::string& path, const std::string& pointer) {
    if (const int error = file.read(path); error != 0)
      throw OptionFailure(pointer, "cannot read " + path + ": " + reason(error) +
                                       "; name a CSV file of the IEEE's registry, or leave the option out to use the "
                                       "files of the package ieee-data");
    if (const std::string why = builder.add_csv(file.text()); !why.empty())
      throw OptionFailure(pointer, path + ", " + why);
  };
  for (size_t i = 0; i < paths.size(); ++i) wrong.collect([&] { add(paths[i], "/oui_files/" + std::to_string(i)); });
  wrong.throw_all();
  return {std::make_shared<const OuiTable>(builder.build()), {}};
}

constexpr std::array default_names = {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"};

const std::vector<std::string>& default_directories() {
  static const std::vector<std::string> directories = {"/var/lib/ieee-data", "/usr/share/ieee-data"};
  return directories;
}

}  // namespace

bool default_oui_is_there() {
  return std::all_of(default_names.begin(), default_names.end(), [](const char* name) {
    return std::any_of(default_directories().begin(), default_directories().end(), [&](const std::string& directory) {
      return ::access((directory + "/" + name).c_str(), R_OK) == 0;
    });
  });
}

LoadedOui load_default_oui(const std::vector<std::string>& directories) {
  OuiTableBuilder builder;
  LoadedOui loaded;
  FileReader file;
  for (const char* name : default_names) {
    std::string trouble;
    bool found = false, out_of_files = false;
    for (const std::string& directory : directories) {
      const std::string path = directory + "/" + name;
      const int error = file.read(path);
      const std::string why = error != 0 ? reason(error) : builder.add_csv(file.text());
      out_of_files |= error == EMFILE || error == ENFILE;
      if (found = why.empty(); found) break;
      trouble += (trouble.empty() ? "" : "; ") + path + ": " + why;
    }
    if (!found)
      loaded.warnings.push_back(
          "vendors of " + std::string(name) + " stay unknown: " + trouble +
          (out_of_files ? " (free descriptors: ulimit -n)" : " (apt install ieee-data, or option oui_files)"));
    loaded.short_of_files |= !found && out_of_files;
  }
  loaded.table = std::make_shared<const OuiTable>(builder.build());
  return loaded;
}

LoadedOui load_oui(const std::vector<std::string>& named) {
  static std::mutex mutex;
  static std::map<std::vector<std::string>, std::shared_ptr<const OuiTable>> loaded;
  const std::lock_guard lock(mutex);
  const auto it = loaded.find(named);
  if (it != loaded.end()) return {it->second, {}};
  LoadedOui fresh = named.empty() ? load_default_oui(default_directories()) : load_named(named);
  if (!fresh.short_of_files) loaded.emplace(named, fresh.table);
  return fresh;
}

}  // namespace sonde::arp_oui
