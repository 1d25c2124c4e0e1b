// A report on disk: read from its beginning piece by piece, or one host at a place that is known already.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader.hpp"
#include "splitter.hpp"

namespace sonde::nmap_xml {

class ReportFile {
 public:
  /// A regular file that can be read; throws sonde::Failure with the path and the reason.
  explicit ReportFile(std::string path);
  ~ReportFile();
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;

  const std::string& path() const { return path_; }
  const Head& head() const { return head_; }

  /// Reads on until there is a host; nothing at the end. Throws sonde::Failure when it cannot be read, or is no report
  /// at all. A report that ends in the middle, or is damaged from some byte on, ends after its last whole host, and
  /// trouble() says so.
  std::optional<Host> next();
  uint64_t offset() const { return host_offset_; }  ///< of the host that next() gave
  const std::string& trouble() const { return trouble_; }

  /// The host whose '<' stands at that offset; nothing when there is none any more. Any thread.
  std::optional<Host> at(uint64_t offset) const;

 private:
  void take(const Piece& piece);

  std::string path_;
  int fd_ = -1;
  Splitter splitter_;
  Head head_;
  uint64_t position_ = 0, host_offset_ = 0, hosts_ = 0;
  bool any_root_ = false, ended_ = false;
  std::string trouble_;
  struct Waiting {
    Host host;
    uint64_t offset;
  };
  std::vector<Waiting> waiting_;  ///< of one read, in order
  std::size_t taken_ = 0;
};

}  // namespace sonde::nmap_xml
