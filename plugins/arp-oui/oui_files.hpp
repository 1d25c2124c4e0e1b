// Where the registry is read from, once per process however many shards and stages ask.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "arp-oui/oui.hpp"

namespace sonde::arp_oui {

struct LoadedOui {
  std::shared_ptr<const OuiTable> table;
  // Default files that are missing or broken: vendors stay unknown, the run goes on. For the first who asks only.
  std::vector<std::string> warnings;
  bool short_of_files = false;  // one could not be opened for want of a descriptor: worth another try
};

// Files that the user named have to be there and right: sonde::Failure otherwise. None named: the files of the
// ieee-data package, those refreshed by update-ieee-data before those installed. Any thread.
LoadedOui load_oui(const std::vector<std::string>& named);
// Whether each of the default files is in one of its directories. Reading them takes ten milliseconds, this none.
bool default_oui_is_there();

// The same without the cache, over directories of choice; for tests.
LoadedOui load_default_oui(const std::vector<std::string>& directories);

}  // namespace sonde::arp_oui
