// Run documents that a command has read and will want again, within a bound of memory.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "inventory/history.hpp"

namespace sonde::core::cli {

/// So that each document of a history is read once: the next runs are compared with them. Not those of scattered
/// targets or hosts, nor the oldest of many: a history of years, or one that others wrote, would fill the memory.
class KnownDocuments {
 public:
  static constexpr std::size_t most_of_one = 256u << 10, most_of_all = 32u << 20;

  void add(const std::string& path, const std::optional<RunDocument>&);
  /// Null where there is none. One that is not kept is read.
  Result<SharedDocument> of(const std::string& path) const;
  /// What they take, about.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Known {
    SharedDocument document;
    std::size_t bytes;
  };
  std::map<std::string, Known> known_;
  std::deque<std::string> oldest_first_;
  std::size_t bytes_ = 0;
};

}  // namespace sonde::core::cli
