// The tasks of a ShardHost: their targets, what earlier stages know of them, and what the probe made of them.
#pragma once
#include <sonde/probe.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sonde::testing {

/// Monotonic ns, as now() of a host.
inline int64_t clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// What one task came to: its outcome and its outputs by index, values as text.
struct Result {
  sonde_outcome outcome = 0;
  std::map<uint32_t, std::string> put;
  std::map<uint32_t, std::map<std::string, std::string>> by_key;  ///< the same, of maps
  std::map<uint32_t, std::set<uint64_t>> numbers;                 ///< the same, of lists of numbers
  std::string failure;
  unsigned done = 0;  ///< must be 1
};

class ShardTasks {
 public:
  int64_t task_timeout = 20'000'000'000;
  bool ended = false;                                  ///< the host has settled all tasks without the plugin
  std::map<uint32_t, std::vector<sonde_value>> known;  ///< what earlier stages have put, by input
  bool asked_before = true;                            ///< earlier stages were asked for what is not known
  std::string target_name;

  void know(uint32_t input, bool truth) {
    sonde_value value{};
    value.type = SONDE_BOOL;
    value.as.u = truth ? 1 : 0;
    known[input] = {value};
  }
  void know(uint32_t input, const std::vector<uint64_t>& numbers) {
    known[input].clear();
    for (const uint64_t number : numbers) {
      sonde_value value{};
      value.type = SONDE_U64;
      value.as.u = number;
      known[input].push_back(value);
    }
  }
  void add(const uint8_t (&ip)[16]) {
    TaskState t;
    std::memcpy(t.ip, ip, sizeof ip);
    tasks_.push_back(t);
  }
  void add_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    const uint8_t ip[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
    add(ip);
  }
  const Result& result(std::size_t i) const { return tasks_.at(i).result; }
  std::size_t settled() const { return settled_; }

 protected:
  struct TaskState {
    uint8_t ip[16]{};
    uint64_t user = 0;
    int64_t deadline = 0;
    Result result;
  };

  /// The value of that key, or an empty one.
  template <class Map>
  static typename Map::mapped_type at(const Map& map, const typename Map::key_type& key) {
    const auto it = map.find(key);
    return it == map.end() ? typename Map::mapped_type() : it->second;
  }
  bool exists(sonde_task t) const { return t != 0 && t <= tasks_.size(); }
  TaskState* open(sonde_task t) { return exists(t) && tasks_[t - 1].result.done == 0 ? &tasks_[t - 1] : nullptr; }
  /// False: it had ended before. How often is counted.
  bool settle(sonde_task t, sonde_outcome outcome) {
    Result& result = tasks_[t - 1].result;
    if (result.done++ > 0) return false;
    result.outcome = outcome;
    ++settled_;
    return true;
  }
  static void put(TaskState& task, uint32_t output, const std::string& key, const sonde_value& v) {
    const bool is_text = v.type == SONDE_TEXT || v.type == SONDE_JSON;
    const std::string text = is_text               ? std::string(v.as.s.ptr, v.as.s.len)
                             : v.type == SONDE_I64 ? std::to_string(v.as.i)
                                                   : std::to_string(v.as.u);
    if (!key.empty()) task.result.by_key[output][key] = text;
    if (!is_text) task.result.numbers[output].insert(v.as.u);
    task.result.put[output] = text;
  }
  uint32_t count(uint32_t input) const {
    const auto found = known.find(input);
    return found == known.end() ? 0u : static_cast<uint32_t>(found->second.size());
  }
  sonde_err get(uint32_t input, uint32_t item, sonde_value& out) const {
    if (item >= count(input)) return asked_before ? SONDE_E_ABSENT : SONDE_E_UNSUPPORTED;
    out = known.at(input)[item];
    return SONDE_OK;
  }

  std::vector<TaskState> tasks_;
  std::size_t offered_ = 0, settled_ = 0;
};

}  // namespace sonde::testing
