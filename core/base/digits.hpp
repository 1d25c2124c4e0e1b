// What counts as a digit, whatever the locale.
#pragma once

namespace sonde::core {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace sonde::core
