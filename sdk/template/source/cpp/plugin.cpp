// my-source: targets out of a text file, one host a line. Replace it with where your hosts are listed.
#include <sonde/plugin.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "hosts.hpp"

namespace {
// What is known of a target before it is scanned; its name goes with the target itself. Fields of your own begin with
// the plugin's id.
constexpr sonde::Scalar<std::string_view> note{0, "my-source.note", "what the file says behind the name"};
constexpr auto outputs = sonde::fields(note);

struct Options {
  std::string file;
};
constexpr auto options = sonde::options<Options>(
    sonde::option("file", &Options::file, sonde::no_default, "hosts, one a line: ADDRESS [NAME [NOTE]]; # is a comment",
                  {.format = "path"}));  // relative to the pipeline file
constexpr sonde::About about = {.id = "my-source",
                                .version = "1.0.0",
                                .summary = "targets out of a text file",
                                .license = "Apache-2.0",
                                .options_schema = options.schema(),
                                .outputs = outputs,
                                .needs = SONDE_NEED_FILES};

class Source {
 public:
  explicit Source(sonde::Context host) : options_(options.read(host)), file_(options_.file) {
    if (!file_) throw sonde::OptionFailure("/file", "cannot read " + options_.file + ": " + std::strerror(errno));
  }

  // As many targets as there is room for; called until there are no more.
  uint32_t pull(const sonde::Pull& room) {
    names_.clear();
    names_.reserve(room.size());  // what a target points to must not move, and lives until the next pull()
    uint32_t n = 0;
    for (std::string text; n < room.size() && std::getline(file_, text);) {
      ++line_;
      Host host;
      const Line line = read_line(text, host);
      if (line == Line::wrong)
        throw sonde::OptionFailure("/file", options_.file + ", line " + std::to_string(line_) +
                                                ": expected ADDRESS [NAME [NOTE]], found '" + text + "'");
      if (line == Line::blank) continue;
      sonde_target target{};
      std::memcpy(target.ip, host.ip.data(), host.ip.size());
      if (!host.name.empty()) target.name = sonde::str(names_.emplace_back(host.name));
      room.set(n, target);
      if (!host.note.empty()) room.facts(n).put(note, host.note);
      ++n;
    }
    if (file_.bad()) throw sonde::OptionFailure("/file", "cannot read " + options_.file);
    return n;
  }

 private:
  Options options_;
  std::ifstream file_;
  uint64_t line_ = 0;
  std::vector<std::string> names_;
};
}  // namespace
SONDE_SOURCE(Source, about)
