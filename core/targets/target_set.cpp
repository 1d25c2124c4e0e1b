// Range arithmetic on 128-bit numbers; families and zones never touch each other.
#include "targets/target_set.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace sonde::core {
namespace {

constexpr uint128 mapped_first = uint128{0xffff} << 32;
constexpr uint128 mapped_last = mapped_first | 0xffffffffu;

auto key(const IpAddress& a) {
  return std::make_tuple(a.zone(), a.bytes());
}

bool before(const AddressRange& a, const AddressRange& b) {
  return key(a.first) < key(b.first);
}

bool holds(const std::vector<AddressRange>& ranges, const IpAddress& a) {
  const auto next = std::upper_bound(ranges.begin(), ranges.end(), a,
                                     [](const IpAddress& x, const AddressRange& r) { return key(x) < key(r.first); });
  return next != ranges.begin() && key(a) <= key(std::prev(next)->last);
}

uint64_t saturated(uint128 n) {
  return n > std::numeric_limits<uint64_t>::max() ? std::numeric_limits<uint64_t>::max() : static_cast<uint64_t>(n);
}

uint128 length_of(const AddressRange& r) {
  const uint128 less_one = r.last.number() - r.first.number();
  return less_one == ~uint128{0} ? less_one : less_one + 1;
}

/// What of `range` the numbers from..to of the same zone leave, appended to `out`.
void cut(const AddressRange& range, uint128 from, uint128 to, std::vector<AddressRange>& out) {
  const uint128 first = range.first.number(), last = range.last.number();
  const uint32_t zone = range.first.zone();
  if (to < first || from > last) {
    out.push_back(range);
    return;
  }
  if (from > first) out.push_back({range.first, IpAddress::from_number(from - 1, zone)});
  if (to < last) out.push_back({IpAddress::from_number(to + 1, zone), range.last});
}

}  // namespace

std::string AddressRange::to_string() const {
  return first == last ? first.to_string() : first.to_string() + "-" + last.to_string();
}

void AddressSet::add(AddressRange range) {
  const uint128 first = range.first.number(), last = range.last.number();
  if (first > last) return;
  if (first < mapped_first && last >= mapped_first) {  // ::/0 and ::/80 are no statements about IPv4
    add(AddressRange{range.first, IpAddress::from_number(mapped_first - 1)});
    if (last > mapped_last) add(AddressRange{IpAddress::from_number(mapped_last + 1), range.last});
    return;
  }
  ranges_.push_back(range);
  normal_ = normal_ && ranges_.size() == 1;
  if (ranges_.size() < compact_at_) return;
  normalise();
  compact_at_ = std::max<std::size_t>(compact_at_, ranges_.size() * 2);
}

void AddressSet::add(const AddressSet& other) {
  if (ranges_.empty()) {
    *this = other;
    return;
  }
  for (const AddressRange& range : other.ranges_) add(range);
}

void AddressSet::normalise() {
  if (normal_) return;
  std::sort(ranges_.begin(), ranges_.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ranges_.size(); ++i) {
    AddressRange& current = ranges_[kept];
    const AddressRange& next = ranges_[i];
    const bool same_space = current.first.zone() == next.first.zone() && current.first.is_v4() == next.first.is_v4();
    const uint128 end = current.last.number();
    if (same_space && (next.first.number() <= end || next.first.number() == end + 1)) {
      if (next.last.number() > end) current.last = next.last;
    } else {
      ranges_[++kept] = next;
    }
  }
  ranges_.resize(ranges_.empty() ? 0 : kept + 1);
  normal_ = true;
}

void AddressSet::subtract(const AddressSet& other) {
  normalise();
  AddressSet sorted;
  if (!other.normal_) {
    sorted = other;
    sorted.normalise();
  }
  const AddressSet& cuts = other.normal_ ? other : sorted;
  // Every range against the cuts that can touch it: those of its own zone and, for a zone, those written without one.
  const auto first_touching = [&](uint32_t zone, const IpAddress& a) {
    return std::partition_point(cuts.ranges_.begin(), cuts.ranges_.end(), [&](const AddressRange& c) {
      return std::make_tuple(c.first.zone(), c.last.bytes()) < std::make_tuple(zone, a.bytes());
    });
  };
  const auto touched_in = [&](uint32_t zone, const AddressRange& range) {
    const auto c = first_touching(zone, range.first);
    return c != cuts.ranges_.end() && c->first.zone() == zone && c->first.number() <= range.last.number();
  };
  const auto touched = [&](const AddressRange& range) {
    return touched_in(range.first.zone(), range) || (range.first.zone() != 0 && touched_in(0, range));
  };
  // Most sets are large or cut up, and seldom both: what is in front of the first cut stays where it is.
  const auto first = std::find_if(ranges_.begin(), ranges_.end(), touched);
  std::vector<AddressRange> left;
  for (auto at = first; at != ranges_.end(); ++at) {
    const AddressRange& range = *at;
    if (!touched(range)) {
      left.push_back(range);
      continue;
    }
    std::vector<AddressRange> pieces{range};
    const auto apply = [&](uint32_t zone) {
      std::vector<AddressRange> result;
      for (AddressRange piece : pieces) {
        bool gone = false;
        for (auto c = first_touching(zone, piece.first); c != cuts.ranges_.end() && !gone; ++c) {
          if (c->first.zone() != zone || c->first.number() > piece.last.number()) break;
          std::vector<AddressRange> rest;
          cut(piece, c->first.number(), c->last.number(), rest);
          gone = rest.empty();
          if (rest.size() == 2) result.push_back(rest.front());
          // Cuts are in order: what lies before this one is finished.
          if (!gone && rest.size() == 1 && rest.front().last.number() < c->first.number()) {
            result.push_back(rest.front());
            gone = true;
          }
          if (!gone) piece = rest.back();
        }
        if (!gone) result.push_back(piece);
      }
      pieces = std::move(result);
    };
    apply(range.first.zone());
    if (range.first.zone() != 0) apply(0);
    left.insert(left.end(), pieces.begin(), pieces.end());
  }
  const auto kept = static_cast<std::size_t>(std::distance(ranges_.begin(), first));
  ranges_.resize(kept);
  ranges_.insert(ranges_.end(), left.begin(), left.end());
}

bool AddressSet::contains(const IpAddress& a) const {
  if (!normal_) {
    AddressSet copy = *this;
    copy.normalise();
    return copy.contains(a);
  }
  return holds(ranges_, a) || (a.zone() != 0 && holds(ranges_, IpAddress(a.bytes())));
}

uint64_t AddressSet::size() const {
  if (!normal_) {
    AddressSet copy = *this;
    copy.normalise();
    return copy.size();
  }
  uint128 total = 0;
  for (const AddressRange& r : ranges_) {
    const uint128 n = length_of(r);
    total = total + n < total ? ~uint128{0} : total + n;
  }
  return saturated(total);
}

std::vector<Cidr> AddressSet::to_blocks() const {
  AddressSet sorted = *this;
  sorted.normalise();
  std::vector<Cidr> out;
  for (const AddressRange& r : sorted.ranges_) {
    const int family_bits = r.first.is_v4() ? 32 : 128;
    const uint128 last = r.last.number();
    for (uint128 at = r.first.number();;) {
      // As large as the alignment of its first address and the end of the range permit.
      int bits = 0;
      while (bits < family_bits) {
        const uint128 ones = (uint128{2} << bits) - 1;  // of the next larger block; 2 << 127 is 0, so all ones
        if ((at & ones) != 0 || last - at < ones) break;
        ++bits;
      }
      out.push_back({IpAddress::from_number(at, r.first.zone()), static_cast<uint8_t>(family_bits - bits)});
      const uint128 end = at + ((uint128{1} << (bits < 128 ? bits : 0)) - 1);
      if (bits == 128 || end >= last) break;
      at = end + 1;
    }
  }
  return out;
}

std::vector<std::string> AddressSet::to_strings() const {
  if (!normal_) {
    AddressSet sorted = *this;
    sorted.normalise();
    return sorted.to_strings();
  }
  std::vector<std::string> out;
  out.reserve(ranges_.size());
  for (const AddressRange& r : ranges_) out.push_back(r.to_string());
  return out;
}

TargetSet::TargetSet(AddressSet addresses, std::unordered_map<IpAddress, std::string> names)
    : addresses_(std::move(addresses)), names_(std::move(names)) {
  addresses_.normalise();
  uint128 total = 0;
  before_.reserve(addresses_.ranges().size());
  for (const AddressRange& r : addresses_.ranges()) {
    before_.push_back(saturated(total));
    const uint128 n = length_of(r);
    total = total + n < total ? ~uint128{0} : total + n;
  }
  total_ = saturated(total);
}

IpAddress TargetSet::at(uint64_t index) const {
  const auto next = std::upper_bound(before_.begin(), before_.end(), index);
  const auto range = static_cast<std::size_t>(std::distance(before_.begin(), next)) - 1;
  const IpAddress& first = addresses_.ranges()[range].first;
  return IpAddress::from_number(first.number() + (index - before_[range]), first.zone());
}

const std::string& TargetSet::name_of(const IpAddress& a) const {
  static const std::string none;
  const auto found = names_.find(a);
  return found == names_.end() ? none : found->second;
}

}  // namespace sonde::core
