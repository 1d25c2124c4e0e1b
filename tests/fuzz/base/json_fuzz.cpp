// JSON from files and plugins: what is accepted is written as JSON that gives the same text again.
#include <cstdlib>

#include "base/value.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = parse_json(text, "input");
  if (is_json(text) != value.has_value()) std::abort();
  if (value) {
    const std::string once = to_json(*value);
    const auto again = parse_json(once);
    if (!again || to_json(*again) != once || !parse_json(to_json(*value, 2))) std::abort();
  }
  if (!parse_json(json_quote(text))) std::abort();
  const auto half = text.substr(0, size / 2);
  if (const auto rest = parse_json(text.substr(size / 2))) rest->at_pointer(half);
  return 0;
}
