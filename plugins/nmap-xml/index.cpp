#include "index.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <sonde/plugin.hpp>
#include <tuple>

#include "at_option.hpp"
#include "zone.hpp"

namespace sonde::nmap_xml {

namespace {
constexpr std::size_t most_entries = 16u << 20;  // as many as targets a run accepts by default
constexpr uint64_t offset_bits = 56;
constexpr std::size_t most_elements = 200'000;  // of one address: masscan writes one a port

bool is_v4(const Address& a) {
  static constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(std::begin(mapped), std::end(mapped), a.begin());
}

bool is_link_local(const Address& a) {
  return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

uint32_t v4_number(const Address& a) {
  return uint32_t{a[12]} << 24 | uint32_t{a[13]} << 16 | uint32_t{a[14]} << 8 | uint32_t{a[15]};
}
}  // namespace

Index::Index(const std::vector<std::string>& files, const Warn& warn) {
  OptionFailures wrong;
  for (std::size_t i = 0; i < files.size(); ++i)
    wrong.collect([&] {
      at_option("/files/" + std::to_string(i), [&] {
        const std::size_t number = files_.size();
        ReportFile& file = *files_.emplace_back(std::make_unique<ReportFile>(files[i]));
        while (auto host = file.next()) add(*host, number, file.offset());
        if (!file.trouble().empty()) warn(files[i] + ": " + file.trouble());
      });
    });
  wrong.throw_all();
  std::sort(v4_.begin(), v4_.end(), [](const V4& a, const V4& b) {
    return std::tie(a.ip, a.file, a.offset) < std::tie(b.ip, b.file, b.offset);
  });
  std::sort(v6_.begin(), v6_.end(),
            [](const V6& a, const V6& b) { return std::tie(a.ip, a.place) < std::tie(b.ip, b.place); });
  v4_.shrink_to_fit();
  v6_.shrink_to_fit();
}

void Index::add(const Host& host, std::size_t file, uint64_t offset) {
  for (const Address& ip : host.addresses) {
    if (size() >= most_entries)
      throw Failure(SONDE_E_NOMEM, "the reports speak of more than 16,777,216 addresses: split them");
    const bool zoned = &ip == &host.addresses.front() && is_link_local(ip);
    if (is_v4(ip))
      v4_.push_back({v4_number(ip), static_cast<uint32_t>(file), offset});
    else
      v6_.push_back({ip, uint64_t{file} << offset_bits | offset, zoned ? zone_index(host.zone) : zone_not_said});
  }
}

std::shared_ptr<const Index> Index::shared(const std::vector<std::string>& files, const Warn& warn) {
  static std::mutex mutex;
  static std::map<std::vector<std::string>, std::weak_ptr<const Index>> known;
  std::lock_guard lock(mutex);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  if (auto found = known.find(files); found != known.end())
    if (auto index = found->second.lock()) return index;
  auto made = std::make_shared<const Index>(files, warn);
  known[files] = made;
  return made;
}

std::optional<Host> Index::find(const Address& ip, uint32_t zone, Head& head) const {
  std::vector<std::pair<std::size_t, uint64_t>> places;
  if (is_v4(ip)) {
    const uint32_t number = v4_number(ip);
    auto it = std::lower_bound(v4_.begin(), v4_.end(), number, [](const V4& e, uint32_t n) { return e.ip < n; });
    for (; it != v4_.end() && it->ip == number; ++it) places.emplace_back(it->file, it->offset);
  } else {
    auto it = std::lower_bound(v6_.begin(), v6_.end(), ip, [](const V6& e, const Address& a) { return e.ip < a; });
    for (; it != v6_.end() && it->ip == ip; ++it)
      if (same_link(it->zone, zone))
        places.emplace_back(it->place >> offset_bits, it->place & ((uint64_t{1} << offset_bits) - 1));
  }
  if (places.size() > most_elements) places.resize(most_elements);
  std::optional<Host> folded;
  for (const auto& [file, offset] : places) {
    auto host = files_[file]->at(offset);
    // Another host may stand there by now, and would be told as this one.
    if (!host || std::find(host->addresses.begin(), host->addresses.end(), ip) == host->addresses.end())
      throw Failure(SONDE_E_IO, files_[file]->path() + " was changed while the run was under way");
    if (folded)
      folded->merge(std::move(*host));
    else {
      folded = std::move(host);
      head = files_[file]->head();
    }
  }
  if (folded) folded->fold_ports();
  return folded;
}

}  // namespace sonde::nmap_xml
