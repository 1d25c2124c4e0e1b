// What the parts of one run share. Constant while shards run, but for the budgets and the inbox, which are built for
// it.
#pragma once
#include <atomic>
#include <bitset>
#include <unordered_map>
#include <vector>

#include "engine/budgets.hpp"
#include "engine/congestion.hpp"
#include "engine/outbox.hpp"
#include "engine/run_rules.hpp"
#include "inventory/settled_set.hpp"
#include "plan/plan.hpp"

namespace sonde::core {

struct RunShared {
  RunShared(const Plan& p, std::size_t shards, int64_t descriptors, int64_t now)
      : plan(p),
        budgets(p.limits.packets_per_second, descriptors, now),
        congestion(budgets.packets, p.limits.packets_per_second, p.limits.back_off, now),
        inbox(shards),
        shard_count(shards),
        written(shards),
        limits(limits_document(p)),
        exclusions(exclusions_document(p)) {}

  /// What document() answers to probes.
  sonde_err document(std::string_view name, sonde_str* out) const {
    const std::string* text = name == "limits" ? &limits : name == "exclude" ? &exclusions : nullptr;
    if (!text) return SONDE_E_ABSENT;
    *out = {text->data(), text->size()};
    return SONDE_OK;
  }

  const Plan& plan;
  Budgets budgets;
  Congestion congestion;
  Inbox inbox;
  std::size_t shard_count;
  /// By shard: how many of its settled hosts are in the journal, and their facts out of the way. What is not yet there
  /// counts as in flight, so that a kill -9 never costs more hosts than limits.hosts_in_flight.
  /// A shard that has no room until then sets `awaited` and looks once more; the coordinator counts, and then wakes it.
  struct alignas(64) Written {  // a line of its own: shards look here for every host
    std::atomic<uint64_t> hosts{0}, facts{0};
    std::atomic<bool> awaited{false};
  };
  std::vector<Written> written;
  const std::string limits, exclusions;  ///< as documents, see run_rules.hpp
  Permutation order{1, 0};
  const SettledSet* settled = nullptr;                      ///< of a resumed journal
  std::unordered_map<IpAddress, std::bitset<256>> crashed;  ///< target -> stages that crashed on it before
  std::vector<std::string> unavailable;                     ///< by stage: why it does not run, or empty
  std::atomic<uint64_t> unreadable{0};                      ///< hosts whose source facts did not come back
  bool keep_all = false;                                    ///< an output wants every host
  bool keep_detail = false;                                 ///< an output wants detail fields: they alone make a record
  bool journal = false;
  int log_level = 3;
};

}  // namespace sonde::core
