// What a fact costs on its way in (put: checked, cleaned, copied) and on its way to a later stage (get).
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/convert.hpp"
#include "inventory/put.hpp"

namespace sonde::core {
namespace {

sonde_value text_value(std::string_view text) {
  sonde_value value{};
  value.type = SONDE_TEXT;
  value.as.s = {text.data(), text.size()};
  return value;
}

sonde_value number_value(uint64_t number) {
  sonde_value value{};
  value.type = SONDE_U64;
  value.as.u = number;
  return value;
}

/// A task's facts, as a stage states them: its time is that of one of them.
template <class Store>
void put(benchmark::State& state, int64_t facts_a_task, Store store) {
  std::vector<Fact> facts;
  for (auto _ : state) {
    facts.clear();
    std::unique_ptr<FactIndex> index;
    for (int64_t i = 0; i < facts_a_task; ++i) {
      const sonde_err stored = store(static_cast<uint64_t>(i), facts, index);
      if (stored != SONDE_OK) {
        state.SkipWithError("a fact was refused");
        return;
      }
    }
    benchmark::DoNotOptimize(facts.data());
  }
  state.SetItemsProcessed(state.iterations() * facts_a_task);
}

void put_text(benchmark::State& state) {
  const FieldTable fields;
  const sonde_value name = text_value("printer-17.floor-2.example.net");
  put(state, 1, [&](uint64_t, std::vector<Fact>& facts, std::unique_ptr<FactIndex>& index) {
    return store_fact(fields[FieldTable::reverse_dns], FieldTable::reverse_dns, 0, {}, name, facts, 0, index);
  });
}
BENCHMARK(put_text);

/// Arguments: ports of one host.
void put_ports(benchmark::State& state) {
  const FieldTable fields;
  put(state, state.range(0), [&](uint64_t i, std::vector<Fact>& facts, std::unique_ptr<FactIndex>& index) {
    return store_fact(fields[FieldTable::ports], FieldTable::ports, 0, {}, number_value(i + 1), facts, 0, index);
  });
}
BENCHMARK(put_ports)->Arg(5)->Arg(1000)->Arg(65535);

void put_banner(benchmark::State& state) {
  const FieldTable fields;
  const sonde_value banner = text_value("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2");
  put(state, 1, [&](uint64_t, std::vector<Fact>& facts, std::unique_ptr<FactIndex>& index) {
    return store_fact(fields[FieldTable::banners], FieldTable::banners, 0, "22", banner, facts, 0, index);
  });
}
BENCHMARK(put_banner);

/// All items of a field, one after the other, as a plugin reads them. Arguments: items.
void get_ports(benchmark::State& state) {
  const FieldTable fields;
  std::vector<Fact> facts;
  facts.push_back({FieldTable::alive, 0, {}, Scalar::boolean(true)});
  for (uint64_t port = 1; port <= static_cast<uint64_t>(state.range(0)); ++port)
    facts.push_back({FieldTable::ports, 0, {}, Scalar::of(port)});
  FieldItems items;
  sonde_task task = 0;
  for (auto _ : state) {
    ++task;
    for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i) {
      const auto& positions = items.of(task, fields[FieldTable::ports], FieldTable::ports, facts);
      benchmark::DoNotOptimize(to_abi(facts[positions[i]].value).as.u);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(get_ports)->Arg(1)->Arg(5)->Arg(1000);

}  // namespace
}  // namespace sonde::core
