// What the order of the targets costs: one position to one address, for sizes at a power of two, just above one (where
// cycle walking is at its worst), and of many ranges.
#include <benchmark/benchmark.h>

#include "targets/permutation.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {
namespace {

void position_to_index(benchmark::State& state) {
  const auto n = static_cast<uint64_t>(state.range(0));
  const Permutation order(n, 7);
  uint64_t position = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(order(position));
    if (++position == n) position = 0;
  }
}
BENCHMARK(position_to_index)->Arg(256)->Arg(1 << 16)->Arg((1 << 16) + 1)->Arg(1 << 24)->Arg(int64_t{1} << 32);

/// Arguments: ranges of 256 addresses each.
void position_to_address(benchmark::State& state) {
  AddressSet set;
  for (uint32_t i = 0; i < static_cast<uint32_t>(state.range(0)); ++i) {
    const uint32_t first = (10u << 24) + i * 512;
    set.add(AddressRange{IpAddress::v4(first), IpAddress::v4(first + 255)});
  }
  const TargetSet targets(std::move(set));
  const Permutation order(targets.size(), 7);
  uint64_t position = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(targets.at(order(position)));
    if (++position == targets.size()) position = 0;
  }
}
BENCHMARK(position_to_address)->Arg(1)->Arg(256)->Arg(4096);

}  // namespace
}  // namespace sonde::core
