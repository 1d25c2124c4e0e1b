// Moments as text and back: RFC 3339 in UTC, whole seconds.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::core {

/// `format`: of strftime(3). Empty for a moment beyond the calendar.
std::string format_utc(int64_t seconds, const char* format);
/// "2026-11-22T03:15:00Z"
std::string rfc3339(int64_t seconds);
/// Seconds since 1970 of "2026-11-22T03:15:00Z"; nothing for any other shape, or a day that is not in the calendar.
std::optional<int64_t> parse_rfc3339(std::string_view);

}  // namespace sonde::core
