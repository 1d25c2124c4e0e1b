// What loses packets: a path that lets only so many through a second, or a line that loses a share of them at any
// speed? What was lost at different rates tells them apart. Both may be at work at once.
#pragma once
#include <cstdint>
#include <span>

namespace sonde::core {

/// What became of the packets that left at about the same rate. Of the lost ones only those are known whose target
/// answered another one.
struct LossRecord {
  double rate = 0;  ///< packets a second
  uint64_t arrived = 0, lost = 0;
  bool open = false;  ///< more of them may yet turn out to be lost
};

struct LossVerdict {
  double line_alone = 0;  ///< probability that the speed is not the cause, 0 to 1
  double line_share = 0;  ///< what the line loses at any speed, 0 to 1; expected value
  double capacity = 0;    ///< packets a second that get through, where there is such a limit; median
  double cautious = 0;    ///< lower quartile of that
  double hopeful = 0;     ///< upper quartile of that
  double fastest = 0;     ///< rate of all records; up to there these statements go
  bool precise = false;   ///< the capacity is known to within a factor of 1.6 or so
};

/// At most `most_loss_records` are looked at, the last ones. Without any: what was thought before anything was seen.
inline constexpr std::size_t most_loss_records = 32;
LossVerdict judge_losses(std::span<const LossRecord> records);

}  // namespace sonde::core
