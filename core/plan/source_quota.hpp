// How many targets a source may list: what is going to be left out does not count towards limits.max_targets, but a
// source without end is cut all the same.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace sonde::core {

/// Why a source is cut, to be read behind its name, and what to do.
struct QuotaExcess {
  std::string text, hint;
};

class SourceQuota {
 public:
  /// So many that `outside: skip` leaves out are accepted whatever the limit.
  static constexpr uint64_t least_outside = uint64_t{1} << 24;

  /// `limit`: limits.max_targets; 0: none.
  explicit SourceQuota(uint64_t limit) : limit_(limit) {}
  /// Further targets, `outside` of them going to be left out. Says so when that was too many.
  std::optional<QuotaExcess> add(uint64_t targets, uint64_t outside);

 private:
  uint64_t limit_;
  uint64_t kept_ = 0, outside_ = 0;
};

}  // namespace sonde::core
