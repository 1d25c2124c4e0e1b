// Which of the targets may be scanned, said range by range with the place where each was written. The same judge is
// asked again wherever a socket is handed out; here it is about telling before the first packet.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plan/compilation.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t most_ranges_told = 8;
constexpr std::size_t most_messages = 50;  // a wrong @file is wrong in each line
constexpr uint128 block_mask = 0xff;

constexpr std::array<const char*, 4> texts_of_finer_blocks = {"192.0.0.0", "255.255.255.0", "::", "2001:1::"};

/// Verdicts change only at multiples of 256 addresses (the registries of IANA hold no finer blocks), save in these.
bool has_finer_parts(uint128 address) {
  static const std::array<uint128, 4> blocks = [] {
    std::array<uint128, 4> out{};
    std::transform(texts_of_finer_blocks.begin(), texts_of_finer_blocks.end(), out.begin(),
                   [](const char* text) { return IpAddress::parse(text).value().number() >> 8; });
    return out;
  }();
  return std::find(blocks.begin(), blocks.end(), address >> 8) != blocks.end();
}

class ScopeJudge {
 public:
  /// `skipped` takes what the piece leaves out.
  ScopeJudge(Compilation& c, const TargetPiece& piece, AddressSet& skipped) : c_(c), piece_(piece), skipped_(skipped) {}

  /// `range` is free of exclusions and broadcast addresses.
  void judge(const AddressRange& range) {
    uint128 at = range.first.number();
    const uint128 last = range.last.number();
    const uint32_t zone = range.first.zone();
    while (true) {
      uint128 end = std::min(last, at | block_mask);
      if (has_finer_parts(at)) {
        for (uint128 a = at; a <= end; ++a) append(a, a, zone);
      } else {
        append(at, end, zone);
      }
      if (end == last) break;
      at = end + 1;
    }
  }
  ~ScopeJudge() { report(); }

 private:
  void append(uint128 first, uint128 last, uint32_t zone) {
    IpAddress a = IpAddress::from_number(first, zone);
    Verdict verdict = c_.plan.scope.judge(a);
    if (open_ && verdict == verdict_ && first == current_.last.number() + 1) {
      current_.last = IpAddress::from_number(last, zone);
      return;
    }
    report();
    open_ = true;
    verdict_ = verdict;
    current_ = {a, IpAddress::from_number(last, zone)};
  }

  void report() {
    if (!open_ || (verdict_ != Verdict::forbidden && verdict_ != Verdict::needs_allow_public)) return;
    open_ = false;
    if (!piece_.skips_outside.empty()) return skipped_.add(current_);
    if (c_.out.error_count() >= most_messages) return;
    std::string range = current_.first.to_string();
    if (current_.first != current_.last) range.append("-").append(current_.last.to_string());
    if (const auto name = c_.names.find(current_.first); name != c_.names.end() && current_.first == current_.last)
      range += fmt::format(" ('{}')", name->second);
    if (verdict_ == Verdict::forbidden)
      c_.out.error("scope-forbidden", piece_.where, fmt::format("{}: {}", range, describe(verdict_)),
                   "remove it from the targets, or exclude it");
    else
      c_.out.error("public-target", piece_.where, range + ": public address",
                   piece_.from_source ? "write allow_public: true if you are authorised to scan it, or outside: skip "
                                        "beside `use` (--skip-outside) to go on without"
                                      : "write allow_public: true if you are authorised to scan it");
  }

  Compilation& c_;
  const TargetPiece& piece_;
  AddressSet& skipped_;
  bool open_ = false;
  Verdict verdict_ = Verdict::allowed;
  AddressRange current_{};
};

void tell_skipped(Compilation& c, const TargetPiece& piece, const AddressSet& skipped) {
  const std::vector<std::string> ranges = skipped.to_strings();
  std::string shown;
  for (std::size_t i = 0; i < std::min(ranges.size(), most_ranges_told); ++i) shown += (i == 0 ? "" : ", ") + ranges[i];
  if (ranges.size() > most_ranges_told) shown += fmt::format(" and {} more ranges", ranges.size() - most_ranges_told);
  c.out.warning("outside-skipped", piece.where,
                fmt::format("source '{}': {} of its addresses may not be scanned and {} left out: {}",
                            piece.skips_outside, skipped.size(), skipped.size() == 1 ? "is" : "are", shown),
                "write allow_public: true if you are authorised to scan public ones");
}

}  // namespace

AddressSet judge_scope(Compilation& c, std::vector<TargetPiece> pieces) {
  const AddressSet& broadcasts = c.plan.scope.broadcasts();
  AddressSet dropped;
  for (TargetPiece& piece : pieces) {
    AddressSet rest = std::move(piece.addresses);
    rest.normalise();
    rest.subtract(c.plan.scope.exclusions());
    for (const AddressRange& b : broadcasts.ranges()) {
      if (!rest.contains(b.first)) continue;
      c.out.warning("scope-broadcast", piece.where,
                    fmt::format("{}: {}; it is left out", b.first.to_string(), describe(Verdict::broadcast)),
                    "end the range one address earlier, or write it as a CIDR");
      dropped.add(b);
    }
    rest.subtract(broadcasts);
    rest.normalise();
    AddressSet skipped;
    {
      ScopeJudge judge(c, piece, skipped);
      for (const AddressRange& range : rest.ranges()) judge.judge(range);
    }
    skipped.normalise();
    if (!skipped.empty()) tell_skipped(c, piece, skipped);
    dropped.add(skipped);
  }
  dropped.normalise();
  return dropped;
}

}  // namespace sonde::core
