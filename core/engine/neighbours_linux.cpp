// How full the kernel's neighbour tables are: /proc/net/stat/arp_cache and ndisc_cache (first column, hexadecimal, the
// same on every line), thresholds from /proc/sys/net/ipv4/neigh/default (one table for all namespaces).
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "engine/budgets.hpp"

namespace sonde::core {

namespace {
constexpr int64_t kernel_default_threshold = 1024;

int64_t read_number(const char* path, int64_t otherwise) {
  std::ifstream in(path);
  int64_t value = 0;
  return in >> value ? value : otherwise;
}

int64_t entries(const char* path) {
  std::ifstream in(path);
  std::string header, first;
  if (!std::getline(in, header) || !(in >> first)) return 0;
  return std::strtoll(first.c_str(), nullptr, 16);
}
}  // namespace

NeighbourBudget::NeighbourBudget()
    : threshold_(read_number("/proc/sys/net/ipv4/neigh/default/gc_thresh3", kernel_default_threshold)) {
  refresh();
}

void NeighbourBudget::refresh() {
  // The two families have a table each; the fuller one decides.
  const int64_t v4 = entries("/proc/net/stat/arp_cache"), v6 = entries("/proc/net/stat/ndisc_cache");
  present_.store(v4 > v6 ? v4 : v6, std::memory_order_relaxed);
  taken_since_.store(0, std::memory_order_relaxed);
}

}  // namespace sonde::core
