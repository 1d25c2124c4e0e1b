// Entries are sorted by address and, for one address, by their place in the spool, of which the last stays.
#include "inventory/inventory_records.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace sonde::core {

void InventoryRecords::add(const IpAddress& ip, std::string_view json) {
  entries_.push_back({ip, static_cast<uint32_t>(json.size()), spool_.append(json)});
}

void InventoryRecords::sort() {
  const auto less = [](const Entry& a, const Entry& b) { return std::tie(a.ip, a.offset) < std::tie(b.ip, b.offset); };
  if (!std::is_sorted(entries_.begin(), entries_.end(), less)) std::sort(entries_.begin(), entries_.end(), less);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (i + 1 == entries_.size() || entries_[i + 1].ip != entries_[i].ip) entries_[kept++] = entries_[i];
  entries_.resize(kept);
}

Result<Value> InventoryRecords::read(std::size_t i) const {
  std::string text(entries_[i].size, '\0');
  if (spool_.read(entries_[i].offset, text))
    if (Result<Value> record = parse_json(text)) return record;
  return failure("temporary-file", "the record of " + entries_[i].ip.to_string() + " in a temporary file of " +
                                       Spool::directory() + " cannot be read back");
}

}  // namespace sonde::core
