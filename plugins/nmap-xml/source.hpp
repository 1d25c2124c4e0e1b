// The source: the hosts of reports as targets, with what the reports know of them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fields.hpp"
#include "report_file.hpp"

namespace sonde::nmap_xml {

class Source {
 public:
  explicit Source(Context host);
  uint32_t pull(const Pull& room);

 private:
  bool next(Host& host);

  Context host_;
  bool down_too_, facts_;
  std::vector<std::string> files_;
  std::size_t current_ = 0;
  uint64_t given_ = 0, down_ = 0;  ///< hosts that became targets, and those that were left out
  std::unique_ptr<ReportFile> file_;
  std::vector<std::string> names_;  ///< of the targets of this pull
};

}  // namespace sonde::nmap_xml
