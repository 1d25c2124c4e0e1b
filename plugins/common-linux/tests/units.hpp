// Times of these tests, which are in nanoseconds.
#pragma once
#include <cstdint>

namespace sonde::net {

constexpr int64_t ms = 1'000'000;

}  // namespace sonde::net
