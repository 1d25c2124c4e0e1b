// Error texts of single targets as reasons that can be counted.
#pragma once
#include <string>
#include <string_view>

namespace sonde::core {

/// Stands for those that are counted together, where there are more than are kept.
inline constexpr std::string_view other_reasons = "other reasons";

/// The text without what belongs to one target alone: addresses (with their port, zone or prefix) become <address>,
/// MAC addresses <mac>, reverse names <name>, "port 22" is "port <n>", "3 of 5" is "some of 5".
std::string general_reason(std::string_view why);

}  // namespace sonde::core
