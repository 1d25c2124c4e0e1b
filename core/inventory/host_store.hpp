// What is known of many hosts, by address. Facts lie encoded in a spool, of which only the beginning is in memory; what
// stays are 32 bytes a host. A run keeps its records here, a plan what its sources know.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/spool.hpp"
#include "inventory/record.hpp"

namespace sonde::core {

class HostStore {
 public:
  HostStore() : HostStore(Spool::in_memory) {}
  explicit HostStore(std::size_t most_in_memory) : spool_(std::make_shared<Spool>(most_in_memory)) {}
  /// Several stores may share a spool, and with it a file and what stays in memory.
  explicit HostStore(std::shared_ptr<Spool> spool) : spool_(std::move(spool)) {}
  HostStore(HostStore&&) noexcept = default;
  HostStore& operator=(HostStore&&) noexcept = default;

  /// Several times for one address: facts are joined in the order in which they came, of outcomes the last that is
  /// not `none` counts.
  void add(const IpAddress& ip, std::span<const Fact> facts, std::span<const Outcome> outcomes = {}) {
    add(ip, facts, outcomes, false);
  }
  void add(const HostRecord& host) { add(host.ip, host.facts, host.outcomes); }
  /// The same of a host whose stages are not all done, as far as is known now.
  void add_unsettled(const HostRecord& host);
  /// After the last add(), before the readers below.
  void sort();

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return hosts_; }                   ///< addresses
  bool in_pieces() const { return entries_.size() != hosts_; }  ///< whether any host was added several times
  const std::shared_ptr<Spool>& spool() const { return spool_; }
  /// Hosts of which add_unsettled() alone has told, by address.
  std::vector<IpAddress> unsettled() const;
  void each_address(const std::function<void(const IpAddress&)>& visit) const;
  /// Whether any fact of this field was added.
  bool has_field(FieldId id) const { return id < fields_.size() && fields_[id]; }
  /// Appends what is known of this address, which may be nothing. An error says that it cannot be read back. Any
  /// thread.
  Result<void> find(const IpAddress&, std::vector<Fact>& facts) const;
  /// Every host in the order of addresses. Those that cannot be read back are left out, counted in the error.
  Result<void> each(const std::function<void(HostRecord&)>& visit) const;
  /// Nothing, or why more of it is in memory than was meant.
  Result<void> health() const;
  /// The same as a warning, of records that stay in memory.
  std::optional<Diagnostic> memory_warning() const;

  /// The hosts in the order of addresses, one at a time, for those who read several stores side by side. The store must
  /// outlive it, and not be added to.
  class Cursor {
   public:
    explicit Cursor(const HostStore& store) : store_(&store) {}
    bool at_end() const { return at_ == store_->entries_.size(); }
    const IpAddress& ip() const { return store_->entries_[at_].ip; }
    /// Goes on to the next. False when this one cannot be read back.
    bool take(HostRecord& host);
    /// An error that counts those that could not be read back so far.
    Result<void> outcome() const;

   private:
    const HostStore* store_;
    std::size_t at_ = 0, lost_ = 0;
    std::string bytes_;
  };

 private:
  struct Entry {
    IpAddress ip;
    uint32_t size : 31 = 0;
    uint32_t unsettled : 1 = 0;
    uint64_t offset = 0;
  };
  void add(const IpAddress&, std::span<const Fact>, std::span<const Outcome>, bool unsettled);
  void append(const IpAddress&, bool unsettled);
  bool read(const Entry&, std::string& bytes, HostRecord&) const;

  std::shared_ptr<Spool> spool_;
  std::deque<Entry> entries_;  // grows without a second copy
  std::vector<bool> fields_;
  std::size_t hosts_ = 0;
  std::string bytes_;  ///< of the host that is being added
};

}  // namespace sonde::core
