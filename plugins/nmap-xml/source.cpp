#include "source.hpp"

#include <algorithm>
#include <cstring>

#include "at_option.hpp"
#include "zone.hpp"

namespace sonde::nmap_xml {

Source::Source(Context host)
    : host_(host),
      down_too_(host.text("/hosts") == "all"),
      facts_(host.flag("/facts")),
      files_(host.list<std::string>("/files")) {
  // Read one by one, but those that cannot be opened are told together.
  OptionFailures wrong;
  for (std::size_t i = 0; i < files_.size(); ++i)
    wrong.collect([&] { at_option("/files/" + std::to_string(i), [&] { const ReportFile opened(files_[i]); }); });
  wrong.throw_all();
}

bool Source::next(Host& host) {
  for (;;) {
    if (!file_ && current_ == files_.size()) {
      if (given_ == 0 && down_ > 0)
        host_.log(SONDE_LOG_WARN, "all " + std::to_string(down_) +
                                      " hosts of the reports are down: hosts: all makes targets of them too");
      return false;
    }
    std::optional<Host> read;
    at_option("/files/" + std::to_string(current_), [&] {
      if (!file_) file_ = std::make_unique<ReportFile>(files_[current_]);
      read = file_->next();
    });
    if (!read) {
      ++current_;
      if (!file_->trouble().empty()) host_.log(SONDE_LOG_WARN, file_->path() + ": " + file_->trouble());
      file_.reset();
      continue;
    }
    if (read->addresses.empty()) continue;
    if (read->down() && !down_too_) {
      ++down_;
      continue;
    }
    ++given_;
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
    if (const uint32_t zone = zone_index(host.zone); zone != zone_elsewhere) target.scope_id = zone;
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
