// For the tests of blocking probes: a host of one instance that calls run() as a worker of sonde does. What the probe
// put and said is kept by target.
#pragma once
#include <sonde/probe.h>
#include <sonde/json_writer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"

namespace sonde::testing {

struct Answer {
  sonde_outcome outcome = 0;
  std::map<std::string, std::string> put;  ///< "ports": "22,80"; of a map "services[22/tcp]"; values as JSON
  std::string failure;
  unsigned done = 0;  ///< must be 1
};

class WorkerHost {
 public:
  WorkerHost(const sonde_plugin* plugin, Options options) : plugin_(plugin), options_(std::move(options)) {
    fill_table();
  }
  ~WorkerHost() {
    if (instance_) plugin_->destroy(instance_);
  }
  WorkerHost(const WorkerHost&) = delete;
  WorkerHost& operator=(const WorkerHost&) = delete;

  int64_t task_timeout = 30'000'000'000;
  std::atomic<bool> stopping{false};  ///< as cancelled() tells it
  std::map<std::string, std::string> documents;
  std::map<std::string, sonde_err> admit_answers;  ///< by address; OK for others
  uint64_t paced = 0;
  std::vector<std::string> log;
  std::string failure;  ///< of the instance

  sonde_err create() { return plugin_->create(context(), &table_, &instance_); }

  void add(const std::array<uint8_t, 16>& ip, uint32_t zone = 0) { tasks_.push_back({ip, zone, 0, {}}); }
  void add_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    add({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d});
  }
  sonde_err run() {
    std::vector<sonde_task> ids;
    for (size_t i = 0; i < tasks_.size(); ++i) {
      tasks_[i].deadline = clock() + task_timeout;
      ids.push_back(i + 1);
    }
    return static_cast<const sonde_probe*>(plugin_->api)->run(instance_, ids.data(), static_cast<uint32_t>(ids.size()));
  }
  const Answer& answer(size_t i) const { return tasks_.at(i).answer; }
  size_t size() const { return tasks_.size(); }

 private:
  struct TaskState {
    std::array<uint8_t, 16> ip;
    uint32_t zone;
    int64_t deadline;
    Answer answer;
  };
  static int64_t clock() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  }
  static WorkerHost& self(sonde_ctx* c) { return *reinterpret_cast<WorkerHost*>(c); }
  sonde_ctx* context() { return reinterpret_cast<sonde_ctx*>(this); }
  TaskState* open(sonde_task t) {
    return t == 0 || t > tasks_.size() || tasks_[t - 1].answer.done ? nullptr : &tasks_[t - 1];
  }
  static std::string text(const std::array<uint8_t, 16>& ip) {
    uint8_t bytes[16];
    std::copy(ip.begin(), ip.end(), bytes);
    std::string out;
    json::append_ip(out, bytes);
    return out;
  }

  sonde_err put(sonde_task t, uint32_t output, sonde_str key, const sonde_value& v) {
    TaskState* task = open(t);
    if (!task) return SONDE_E_STALE;
    if (output >= plugin_->desc->output_count) return SONDE_E_INVALID;
    const sonde_field& field = plugin_->desc->outputs[output];
    if (v.type != field.type) return SONDE_E_TYPE;
    std::string value;
    json::append_value(value, v);
    std::string name = field.name;
    if (field.shape == SONDE_MAP) name += "[" + std::string(key.ptr, key.len) + "]";
    std::string& place = task->answer.put[name];
    place = field.shape == SONDE_LIST && !place.empty() ? place + "," + value : value;
    return SONDE_OK;
  }

  void fill_table() {
    table_.size = sizeof table_;
    table_.log_enabled = [](sonde_ctx*, int) { return 1; };
    table_.log = [](sonde_ctx* c, sonde_task, int, sonde_str m) { self(c).log.emplace_back(m.ptr, m.len); };
    table_.fail = [](sonde_ctx* c, sonde_task t, sonde_err, sonde_str why) {
      TaskState* task = self(c).open(t);
      (task ? task->answer.failure : self(c).failure).assign(why.ptr, why.len);
    };
    table_.now = [](sonde_ctx*) { return clock(); };
    table_.place = [](sonde_ctx*, sonde_place* out) -> sonde_err {
      out->index = 0;
      out->count = 1;
      return SONDE_OK;
    };
    table_.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options_.get({p.ptr, p.len}, type, *out);
    };
    table_.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options_.count({p.ptr, p.len}); };
    table_.target = [](sonde_ctx* c, sonde_task t, sonde_target* out) -> sonde_err {
      TaskState* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      std::copy(task->ip.begin(), task->ip.end(), out->ip);
      out->scope_id = task->zone;
      return SONDE_OK;
    };
    table_.deadline = [](sonde_ctx* c, sonde_task t) { return self(c).open(t) ? self(c).open(t)->deadline : 0; };
    table_.cancelled = [](sonde_ctx* c, sonde_task t) -> int {
      TaskState* task = self(c).open(t);
      return !task || self(c).stopping || clock() > task->deadline;
    };
    table_.put = [](sonde_ctx* c, sonde_task t, uint32_t output, sonde_str key, const sonde_value* v) {
      return self(c).put(t, output, key, *v);
    };
    table_.done = [](sonde_ctx* c, sonde_task t, sonde_outcome outcome) -> sonde_err {
      TaskState* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      task->answer.outcome = outcome;
      ++task->answer.done;
      return SONDE_OK;
    };
    table_.admit = [](sonde_ctx* c, sonde_task t, const sonde_target*) -> sonde_err {
      TaskState* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      const auto found = self(c).admit_answers.find(text(task->ip));
      return found == self(c).admit_answers.end() ? SONDE_OK : found->second;
    };
    table_.pace = [](sonde_ctx* c, uint32_t wanted, int64_t*) {
      self(c).paced += wanted;
      return wanted;
    };
    table_.document = [](sonde_ctx* c, const char* name, sonde_str* out) -> sonde_err {
      const auto found = self(c).documents.find(name);
      if (found == self(c).documents.end()) return SONDE_E_ABSENT;
      *out = {found->second.data(), found->second.size()};
      return SONDE_OK;
    };
  }

  sonde_host table_{};
  const sonde_plugin* plugin_;
  Options options_;
  sonde_inst* instance_ = nullptr;
  std::vector<TaskState> tasks_;
};

}  // namespace sonde::testing
