// Durations, sizes, rates and port lists as people write them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sonde::core {

/// "800ms", "2s", "5m", "1h", "90d", "250us", "1.5s"; to nanoseconds, 0 .. 100 years. A bare number is refused (but
/// "0").
Result<int64_t> parse_duration(std::string_view text);
/// The shortest exact form: "800ms", "1h", "1500ms".
std::string format_duration(int64_t ns);
/// "512", "4KiB", "1MiB", "1GiB", "10kB", "5MB" to bytes.
Result<uint64_t> parse_size(std::string_view text);
std::string format_size(uint64_t bytes);
/// "22,80,8000-8010" to sorted distinct ports 1..65535.
Result<std::vector<uint16_t>> parse_ports(std::string_view text);
/// The shortest such text of sorted distinct ports; "" of none.
std::string format_ports(const std::vector<uint16_t>& ports);

}  // namespace sonde::core
