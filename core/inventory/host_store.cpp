// Entries are sorted by address and, for one address, by their place in the spool: the order in which they came.
#include "inventory/host_store.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "inventory/host_codec.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t longest_entry = std::size_t{16} << 20;  // what a host has beyond it becomes another entry
constexpr std::size_t idle_buffer = std::size_t{1} << 20;

tl::unexpected<Diagnostic> unreadable(const std::string& what) {
  return failure("temporary-file", what + " in a temporary file of " + Spool::directory() + " cannot be read back");
}

}  // namespace

void HostStore::append(const IpAddress& ip, bool unsettled) {
  Entry& entry = entries_.emplace_back();
  entry.ip = ip;
  entry.size = static_cast<uint32_t>(bytes_.size()) & 0x7fffffffu;
  entry.unsettled = unsettled ? 1 : 0;
  entry.offset = spool_->append(bytes_);
  bytes_.clear();
  if (bytes_.capacity() > idle_buffer) bytes_.shrink_to_fit();
}

void HostStore::add(const IpAddress& ip, std::span<const Fact> facts, std::span<const Outcome> outcomes,
                    bool unsettled) {
  append_outcomes(bytes_, outcomes);
  for (const Fact& fact : facts) {
    append_fact(bytes_, fact);
    if (fact.field >= fields_.size()) fields_.resize(fact.field + std::size_t{1});
    fields_[fact.field] = true;
    if (bytes_.size() < longest_entry) continue;
    append(ip, unsettled);
    append_outcomes(bytes_, {});
  }
  append(ip, unsettled);
}

void HostStore::add_unsettled(const HostRecord& host) {
  add(host.ip, host.facts, host.outcomes, true);
}

void HostStore::sort() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.ip, a.offset) < std::tie(b.ip, b.offset); });
  hosts_ = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) hosts_ += i == 0 || entries_[i].ip != entries_[i - 1].ip;
}

bool HostStore::read(const Entry& entry, std::string& bytes, HostRecord& host) const {
  bytes.resize(entry.size);
  return spool_->read(entry.offset, bytes) && decode_host(bytes, fields_.size(), host.outcomes, host.facts);
}

Result<void> HostStore::find(const IpAddress& ip, std::vector<Fact>& facts) const {
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), ip,
                                [](const Entry& e, const IpAddress& a) { return e.ip < a; });
  if (entry == entries_.end() || entry->ip != ip) return {};
  HostRecord host;
  host.facts.swap(facts);
  std::string bytes;
  bool good = true;
  for (; good && entry != entries_.end() && entry->ip == ip; ++entry) good = read(*entry, bytes, host);
  host.facts.swap(facts);
  if (!good) return unreadable("what a source knows of " + ip.to_string());
  return {};
}

Result<void> HostStore::each(const std::function<void(HostRecord&)>& visit) const {
  HostRecord host;
  Cursor cursor(*this);
  while (!cursor.at_end())
    if (cursor.take(host)) visit(host);
  return cursor.outcome();
}

bool HostStore::Cursor::take(HostRecord& host) {
  const std::deque<Entry>& entries = store_->entries_;
  host.ip = entries[at_].ip;
  host.facts.clear();
  host.outcomes.clear();
  bool good = true;
  for (; at_ < entries.size() && entries[at_].ip == host.ip; ++at_)
    good = good && store_->read(entries[at_], bytes_, host);
  lost_ += !good;
  return good;
}

Result<void> HostStore::Cursor::outcome() const {
  if (lost_ == 0) return {};
  return unreadable("the records of " + std::to_string(lost_) + " of " + std::to_string(store_->size()) + " hosts");
}

std::vector<IpAddress> HostStore::unsettled() const {
  std::vector<IpAddress> out;
  for (std::size_t i = 0; i < entries_.size();) {
    const IpAddress& ip = entries_[i].ip;
    bool settled = false;
    for (; i < entries_.size() && entries_[i].ip == ip; ++i) settled |= entries_[i].unsettled == 0;
    if (!settled) out.push_back(ip);
  }
  return out;
}

void HostStore::each_address(const std::function<void(const IpAddress&)>& visit) const {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (i == 0 || entries_[i].ip != entries_[i - 1].ip) visit(entries_[i].ip);
}

std::optional<Diagnostic> HostStore::memory_warning() const {
  auto healthy = health();
  if (healthy) return std::nullopt;
  healthy.error().severity = Severity::warning;
  healthy.error().text += "; the records stay in memory";
  return std::move(healthy.error());
}

Result<void> HostStore::health() const {
  if (spool_->error() == 0) return {};
  return failure("temporary-file",
                 "no temporary file can be written in " + Spool::directory() + ": " + std::strerror(spool_->error()));
}

}  // namespace sonde::core
