#include "source.hpp"

#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sonde::nmap_xml {

namespace {
uint32_t zone_index(const std::string& zone) {
  if (zone.empty()) return 0;
  if (const unsigned index = ::if_nametoindex(zone.c_str())) return index;
  uint32_t number = 0;
  std::from_chars(zone.data(), zone.data() + zone.size(), number);
  return number;
}
}  // namespace

Source::Source(Context host)
    : host_(host),
      down_too_(host.text("/hosts") == "all"),
      facts_(host.flag("/facts")),
      files_(checked_files(host.list<std::string>("/files"))) {}

bool Source::next(Host& host) {
  for (;;) {
    if (!file_) {
      if (current_ == files_.size()) return false;
      file_ = std::make_unique<ReportFile>(files_[current_++]);
    }
    auto read = file_->next();
    if (!read) {
      if (!file_->trouble().empty()) host_.log(SONDE_LOG_WARN, file_->path() + ": " + file_->trouble());
      file_.reset();
      continue;
    }
    if (read->addresses.empty() || (read->down() && !down_too_)) continue;
    host = std::move(*read);
    return true;
  }
}

uint32_t Source::pull(const Pull& room) {
  names_.clear();
  names_.reserve(room.size());  // what a target points to must not move
  uint32_t n = 0;
  for (Host host; n < room.size() && next(host); ++n) {
    // One element is one host: its first address is the target, the others are told in a field.
    const Address& ip = host.addresses.front();
    sonde_target target{};
    std::memcpy(target.ip, ip.data(), ip.size());
    target.scope_id = zone_index(host.zone);
    const auto given =
        std::find_if(host.names.begin(), host.names.end(), [](const auto& x) { return x.first == "user"; });
    if (given != host.names.end()) target.name = str(names_.emplace_back(given->second));
    room.set(n, target);
    if (facts_) {
      host.fold_ports();
      put_facts(room.facts(n), host, file_ ? file_->head() : Head{}, ip);
    }
    host = Host();
  }
  return n;
}

}  // namespace sonde::nmap_xml
