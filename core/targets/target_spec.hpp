// From what people write ("10.0.0.0/24", "10.0.0.5-10.0.0.9", "printer.lan", "@hosts.txt", several in one string) to a
// list of items, without touching the network.
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "targets/target_set.hpp"

namespace sonde::core {

struct TargetName {
  std::string name;
};
struct TargetItem {
  std::variant<AddressRange, TargetName> what;
  SourceSpan where{};
};

/// Splits at commas and blanks, reads @files (relative to base_dir; '#' comments; files may not name files; places in
/// messages are those of the file). A v4 CIDR shorter than /31 stands for its hosts (network and broadcast left out)
/// unless `for_exclusion`. "a-b" ranges: both addresses, or the last octet ("10.0.0.1-50"). Every error goes to `out`.
std::vector<TargetItem> parse_targets(std::string_view text, const SourceSpan& where, const std::string& base_dir,
                                      bool for_exclusion, Diagnostics& out);

/// Which addresses of a name are asked for. Of both at once the half that was answered is the answer.
enum class Family : uint8_t { both, v4, v6 };

/// Addresses of a name, by the system resolver (getaddrinfo). Blocking; called before a run, never during one.
/// "unknown-host": it has none (of the family); "resolver-failed": nobody could say.
Result<std::vector<IpAddress>> resolve_name(const std::string& name, Family = Family::both);

}  // namespace sonde::core
