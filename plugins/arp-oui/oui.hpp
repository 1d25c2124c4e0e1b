// Whom a hardware address was assigned to. The IEEE hands out blocks of 24 bits (MA-L), 28 (MA-M) and 36 (MA-S, IAB);
// the longest one that fits decides.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common-linux/mac.hpp"

namespace sonde::arp_oui {

// Compact: some 46,000 assignments take about 2 MB, a name for each, since finding equal ones costs more than the third
// of a megabyte that they take. Constant once built.
class OuiTable {
 public:
  // The organisation; empty when the block is unknown, or its holder is not named: "Private" does not want to be, and
  // "IEEE Registration Authority" is only a block divided further.
  std::string_view vendor(const net::Mac&) const;
  size_t size() const { return entries_[0].size() + entries_[1].size() + entries_[2].size(); }

 private:
  friend class OuiTableBuilder;
  struct Entry {
    uint64_t prefix;
    uint32_t name, length;  // in names_
  };
  std::array<std::vector<Entry>, 3> entries_;  // 36, 28, 24 bits; sorted
  std::string names_;
};

class OuiTableBuilder {
 public:
  // Reads one file of the IEEE's registry. Of two assignments of one block the first counts.
  // Returns what is wrong with it, with the line; empty: nothing. Then nothing of the file was taken.
  std::string add_csv(std::string_view text);
  OuiTable build();

 private:
  std::string add_rows(std::string_view text);
  static void sort_by_prefix(std::vector<OuiTable::Entry>& entries, unsigned bits);

  OuiTable table_;  // in the order of the files
};

}  // namespace sonde::arp_oui
