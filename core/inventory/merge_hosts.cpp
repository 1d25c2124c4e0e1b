// Records of several journals side by side, in the order of addresses: one host at a time is in memory.
#include "inventory/merge_hosts.hpp"

#include <algorithm>
#include <queue>
#include <tuple>

#include "inventory/facts.hpp"
#include "inventory/merge_check.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {
namespace {

/// Where in the order of the plan an address stands.
class Order {
 public:
  /// Zones go by number: they mean nothing on a machine that does not have that interface under that number.
  static Result<Order> of(const std::vector<RunRemains>& runs) {
    const JournalHeader& header = runs.front().content.header;
    AddressSet scope;
    for (const std::string& text : header.scope) {
      const auto range = parse_range(text);
      if (!range && text.find('%') != std::string::npos)
        return failure(
            "merge-mismatch",
            name_of(runs.front()) + " has link-local targets, and this machine has no such interface: " + text,
            "merge it on the machine that made the run");
      if (range) scope.add(*range);
    }
    Order order(TargetSet(std::move(scope)), header.seed);
    if (order.targets_.size() != header.targets)
      return failure("journal-unreadable", name_of(runs.front()) + " is damaged: its scope holds " +
                                               std::to_string(order.targets_.size()) + " targets, not " +
                                               std::to_string(header.targets));
    for (const RunRemains& run : runs) {
      std::optional<IpAddress> stranger;
      run.content.hosts.each_address([&](const IpAddress& ip) {
        if (!stranger && !order.targets_.contains(ip)) stranger = ip;
      });
      if (stranger)
        return failure("journal-unreadable", name_of(run) + " is damaged, or of another machine's interfaces: " +
                                                 stranger->to_string() + " is none of its targets");
    }
    return order;
  }
  uint64_t position_of(const IpAddress& ip) const {
    const std::optional<uint64_t> index = targets_.index_of(ip);
    return index ? permutation_.position_of(*index) : UINT64_MAX;
  }

 private:
  Order(TargetSet targets, uint64_t seed)
      : targets_(std::move(targets)), permutation_(std::max<uint64_t>(1, targets_.size()), seed) {}
  TargetSet targets_;
  Permutation permutation_;
};

bool is_alive(const HostRecord& host) {
  return std::any_of(host.facts.begin(), host.facts.end(),
                     [](const Fact& f) { return f.field == FieldTable::alive && f.value.as_bool(); });
}

/// The records of one run, and which of them are settled.
struct Part {
  const JournalContent* content;
  HostStore::Cursor cursor;
};

/// Facts of all runs are united, of hosts that a run left half done as well: what is known must not depend on where
/// that run was cut. How its stages ended say the runs that settled it, as in a run that is resumed. What a task said
/// of a host that then settled without a record is in the counts of silence, unless it is worth one.
class Joining {
 public:
  Joining(Order order, const FieldTable& fields, bool with_detail, const std::vector<RunRemains>& runs)
      : stages_(runs.front().content.header.stages.size()),
        order_(std::move(order)),
        fields_(fields),
        with_detail_(with_detail) {
    for (const RunRemains& run : runs) {
      silent_.add_all(run.content.silent.runs());
      parts_.push_back({&run.content, HostStore::Cursor(run.content.hosts)});
    }
  }

  Result<MergedHosts> join() {
    MergedHosts merged;
    merged.outcomes.resize(stages_);
    // The lowest address first, and of one address the runs in their order.
    const auto later = [this](std::size_t a, std::size_t b) {
      const IpAddress &x = parts_[a].cursor.ip(), &y = parts_[b].cursor.ip();
      return std::tie(y, b) < std::tie(x, a);
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (!parts_[i].cursor.at_end()) next.push(i);
    HostRecord host;
    while (!next.empty()) {
      const IpAddress ip = parts_[next.top()].cursor.ip();
      while (!next.empty() && parts_[next.top()].cursor.ip() == ip) {
        const std::size_t i = next.top();
        next.pop();
        if (!parts_[i].cursor.take(host)) return unreadable(ip);
        add(host, *parts_[i].content);
        if (!parts_[i].cursor.at_end()) next.push(i);
      }
      if (any_) finish(merged);
    }
    merged.hosts.sort();
    return merged;
  }

 private:
  static tl::unexpected<Diagnostic> unreadable(const IpAddress& ip) {
    return failure("temporary-file", "the record of " + ip.to_string() + " in a temporary file of " +
                                         Spool::directory() + " cannot be read back");
  }

  void add(HostRecord& host, const JournalContent& content) {
    const bool settled = !std::binary_search(content.unsettled.begin(), content.unsettled.end(), host.ip);
    host.outcomes.resize(stages_);
    if (!any_) {
      std::swap(known_, host);
      settled_ = settled;
      any_ = true;
      return;
    }
    unite_facts(known_.facts, host.facts);
    if (settled == settled_)
      unite_outcomes(known_.outcomes, host.outcomes);
    else if (settled)
      known_.outcomes = host.outcomes;
    settled_ = settled_ || settled;
  }

  void finish(MergedHosts& merged) {
    // Silence of another run has settled it: its outcomes are counted there.
    const bool counted = !settled_ && silent_.contains(order_.position_of(known_.ip));
    if (counted) known_.outcomes.assign(stages_, Outcome::none);
    if (!counted || say_something(known_.facts, fields_, with_detail_)) {
      for (std::size_t i = 0; i < stages_ && !counted; ++i) {
        Outcome o = known_.outcomes[i];
        if (o == Outcome::none && !settled_) o = Outcome::skipped_shutdown;
        ++merged.outcomes[i][static_cast<std::size_t>(o)];
      }
      merged.responding += is_alive(known_) ? 1 : 0;
      merged.hosts.add(known_);
    }
    any_ = settled_ = false;
  }

  static void unite_facts(std::vector<Fact>& facts, std::vector<Fact>& more) {
    std::move(more.begin(), more.end(), std::back_inserter(facts));
    std::sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return fact_key(a) < fact_key(b); });
    facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
  }

  static void unite_outcomes(std::vector<Outcome>& into, const std::vector<Outcome>& more) {
    for (std::size_t i = 0; i < into.size() && i < more.size(); ++i)
      if (says_more(more[i], into[i])) into[i] = more[i];
  }

  std::size_t stages_;
  Order order_;
  const FieldTable& fields_;
  bool with_detail_;
  SettledSet silent_;  ///< by any run
  std::vector<Part> parts_;
  HostRecord known_;  ///< of the address that is being joined
  bool any_ = false, settled_ = false;
};

}  // namespace

Result<MergedHosts> merge_hosts(const std::vector<RunRemains>& runs, const FieldTable& fields, bool with_detail) {
  auto order = Order::of(runs);
  if (!order) return tl::unexpected(order.error());
  return Joining(std::move(*order), fields, with_detail, runs).join();
}

}  // namespace sonde::core
