// What became of the packets of a run, counted by when they were sent: slices of 10 ms, the newest 41 s of them. Any
// thread may write; nobody waits.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

namespace sonde::core {

class PacketFates {
 public:
  /// `start`: monotonic ns; nothing was sent earlier.
  explicit PacketFates(int64_t start);

  /// The first packet of a question, or one of those that follow while it is not answered. What drops the first ones
  /// alone, a router that must resolve the target's address, is known by that.
  enum class Attempt : uint8_t { first, later };
  /// The packet that was sent then was answered.
  void arrived(int64_t sent_at, Attempt attempt) { note(sent_at, attempt, one_arrived); }
  /// It was not, and a later one to the same target was.
  void lost(int64_t sent_at, Attempt attempt) { note(sent_at, attempt, one_lost); }

  /// The slice in which something was sent, from 0.
  int64_t slice_of(int64_t time) const;
  /// The first slice that begins no earlier.
  int64_t first_slice_after(int64_t time) const { return slice_of(time + slice_ns - 1); }
  int64_t begin_of(int64_t slice) const { return start_ + slice * slice_ns; }
  int64_t end_of(int64_t slice) const { return begin_of(slice + 1) - 1; }

  /// Packets that were sent at about the same time, as far as their fates are known.
  struct Cohort {
    int64_t from = 0;  ///< when its first slice began
    uint64_t arrived = 0, lost = 0;

    /// At least so many losses, and more than this share of what is known.
    bool lossy(uint64_t least, double share) const;
    /// An estimate of the share p that is lost, at most 0.95. Of a target that is asked until it answers, p/(1-p)
    /// packets are seen lost for each that arrives; of one that is asked twice, p/(1+p). Their quotient lies between.
    double share() const;
  };
  enum class Which : uint8_t { first, later, all };
  /// The newest packets of the slices `first` to `last`, slice by slice until `size` fates are known.
  Cohort cohort(int64_t first, int64_t last, Which which, uint64_t size = UINT64_MAX) const;

  /// First packets that were sent within half a second of later ones that arrived, and those later ones.
  struct Contrast {
    Cohort first, later;
  };
  Contrast beside_what_arrived(int64_t first, int64_t last) const;

  static constexpr int64_t slice_ns = 10'000'000;
  static constexpr std::size_t slices_kept = 4096;

 private:
  static constexpr uint64_t one_arrived = 1u << 16, one_lost = 1;
  /// In each place the number of the slice, packets that arrived, packets that were lost: 32, 16 and 16 bits.
  using Ring = std::array<std::atomic<uint64_t>, slices_kept>;
  void note(int64_t sent_at, Attempt, uint64_t what);
  static void add(Cohort& to, const Ring& ring, int64_t slice);

  const int64_t start_;
  Ring first_{}, later_{};
};

}  // namespace sonde::core
