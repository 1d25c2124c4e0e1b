// What one test says of a plugin.
#pragma once
#include <string>
#include <string_view>

namespace sonde::core::check {

enum class Status : unsigned char { pass, warn, skip, fail, crash, timeout };
std::string_view to_string(Status);

struct Verdict {
  Status status = Status::pass;
  std::string why;  ///< what was expected and found; empty on pass
};

inline Verdict pass() {
  return {};
}
inline Verdict fail(std::string why) {
  return {Status::fail, std::move(why)};
}
inline Verdict warn(std::string why) {
  return {Status::warn, std::move(why)};
}
inline Verdict skip(std::string why) {
  return {Status::skip, std::move(why)};
}
/// Counts against the plugin.
inline bool is_bad(Status s) {
  return s == Status::fail || s == Status::crash || s == Status::timeout;
}

}  // namespace sonde::core::check
