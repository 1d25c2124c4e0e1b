// Target texts, and set arithmetic on what they give.
#include <algorithm>
#include <cstdlib>

#include "targets/target_spec.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::replace(text.begin(), text.end(), '@', 'a');  // no files are opened
  const auto half = text.size() / 2;
  const auto set_of = [](std::string_view part, bool exclusion) {
    Diagnostics out;
    AddressSet set;
    for (const auto& item : parse_targets(part, {}, "", exclusion, out))
      if (const auto* range = std::get_if<AddressRange>(&item.what)) set.add(*range);
    out.render_sorted();
    set.normalise();
    return set;
  };
  AddressSet targets = set_of(std::string_view(text).substr(0, half), false);
  const AddressSet cut = set_of(std::string_view(text).substr(half), true);
  targets.subtract(cut);
  for (const AddressRange& r : targets.ranges())
    if (cut.contains(r.first) || cut.contains(r.last) || !targets.contains(r.first)) std::abort();
  const TargetSet indexed(targets);
  if (indexed.size() != 0 && indexed.size() != UINT64_MAX &&
      (!indexed.contains(indexed.at(0)) || !indexed.contains(indexed.at(indexed.size() - 1))))
    std::abort();
  return 0;
}
