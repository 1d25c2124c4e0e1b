// Whose hardware address it is: reading the IEEE's registry as Debian installs it, and one look-up in it.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "arp-oui/oui_files.hpp"

namespace sonde::arp_oui {
namespace {

const std::vector<std::string> directories = {"/usr/share/ieee-data"};

void oui_load(benchmark::State& state) {
  for (auto _ : state) {
    const LoadedOui loaded = load_default_oui(directories);
    if (loaded.table->size() < 10'000) {
      state.SkipWithError("the package ieee-data is not installed");
      return;
    }
  }
}
BENCHMARK(oui_load)->Unit(benchmark::kMillisecond);

/// Argument: whether the addresses begin with an assigned block.
void oui_lookup(benchmark::State& state) {
  const LoadedOui loaded = load_default_oui(directories);
  std::mt19937 random(7);
  std::vector<net::Mac> addresses(4096);
  const net::Mac assigned[] = {
      {0x00, 0x11, 0x32}, {0x0c, 0xc4, 0x7a}, {0x70, 0xb3, 0xd5, 0xe4, 0x00}, {0x74, 0x83, 0xc2}};
  for (auto& address : addresses) {
    for (auto& octet : address) octet = static_cast<uint8_t>(random());
    if (state.range(0) != 0) {
      const net::Mac& block = assigned[random() % std::size(assigned)];
      std::copy_n(block.begin(), 5, address.begin());
    }
  }
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(loaded.table->vendor(addresses[i++ % addresses.size()]));
}
BENCHMARK(oui_lookup)->ArgName("assigned")->Arg(0)->Arg(1);

}  // namespace
}  // namespace sonde::arp_oui
