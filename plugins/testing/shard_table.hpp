// The C table of a ShardHost: what a probe calls, brought to the parts of the host that answer it.
#pragma once
#include <sonde/probe.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "losses.hpp"
#include "shard_tasks.hpp"

namespace sonde::testing {

/// The functions behind the pointers. A struct so that the host can befriend them all at once.
template <class Host>
struct ShardTable {
  static Host& self(sonde_ctx* c) { return *reinterpret_cast<Host*>(c); }
  static Losses& losses(sonde_ctx* c) { return self(c).losses; }

  static sonde_host make() {
    sonde_host table{};
    table.size = sizeof table;
    table.get_extension = loss_extension<losses>;
    table.log_enabled = [](sonde_ctx*, int) { return 1; };
    table.log = [](sonde_ctx* c, sonde_task, int, sonde_str m) { self(c).log.emplace_back(m.ptr, m.len); };
    table.fail = [](sonde_ctx* c, sonde_task t, sonde_err, sonde_str why) {
      self(c).failure.assign(why.ptr, why.len);
      if (auto* task = self(c).open(t)) task->result.failure.assign(why.ptr, why.len);
    };
    table.now = [](sonde_ctx* c) { return self(c).now(); };
    table.place = [](sonde_ctx*, sonde_place* p) -> sonde_err {
      p->seed = 7;
      return SONDE_OK;
    };
    table.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options.get({p.ptr, p.len}, type, *out);
    };
    table.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options.count({p.ptr, p.len}); };
    add_task_calls(table);
    add_socket_calls(table);
    table.timer = [](sonde_ctx* c, int64_t at, uint64_t user, uint64_t* id) -> sonde_err {
      if (!self(c).timers_.count(*id)) *id = ++self(c).next_timer_;
      self(c).timers_[*id] = {at, user};
      return SONDE_OK;
    };
    table.untimer = [](sonde_ctx* c, uint64_t* id) -> sonde_err {
      self(c).timers_.erase(std::exchange(*id, 0));
      return SONDE_OK;
    };
    return table;
  }

 private:
  static void add_task_calls(sonde_host& table) {
    table.target = [](sonde_ctx* c, sonde_task t, sonde_target* out) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      std::memcpy(out->ip, task->ip, sizeof task->ip);
      out->name = {self(c).target_name.data(), self(c).target_name.size()};
      return SONDE_OK;
    };
    table.deadline = [](sonde_ctx* c, sonde_task t) {
      return self(c).open(t) && !self(c).ended ? self(c).open(t)->deadline : 0;
    };
    table.attach = [](sonde_ctx* c, sonde_task t, uint64_t user) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      task->user = user;
      return SONDE_OK;
    };
    table.put = [](sonde_ctx* c, sonde_task t, uint32_t output, sonde_str key, const sonde_value* v) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      self(c).put(*task, output, {key.ptr, key.len}, *v);
      return SONDE_OK;
    };
    table.count = [](sonde_ctx* c, sonde_task, uint32_t input) { return self(c).count(input); };
    table.get = [](sonde_ctx* c, sonde_task, uint32_t input, uint32_t item, sonde_str*, sonde_value* out) {
      return self(c).get(input, item, *out);
    };
    table.done = [](sonde_ctx* c, sonde_task t, sonde_outcome outcome) -> sonde_err {
      if (!self(c).exists(t)) return SONDE_E_STALE;
      return self(c).finish(t, outcome) ? sonde_err{SONDE_OK} : sonde_err{SONDE_E_STALE};
    };
  }

  static void add_socket_calls(sonde_host& table) {
    table.dial = [](sonde_ctx* c, sonde_task t, const sonde_target* to, uint32_t events, uint64_t user,
                    sonde_conn* out) { return self(c).dial(t, *to, events, user, *out, self(c).failure); };
    table.hangup = [](sonde_ctx* c, uint64_t id, int reset) { return self(c).hangup(id, reset != 0); };
    table.admit = [](sonde_ctx* c, sonde_task, const sonde_target*) {
      if (self(c).admit_answer == SONDE_E_DENIED) self(c).failure = "127.0.0.1 is no server that the options name";
      return self(c).admit_answer;
    };
    table.raw = [](sonde_ctx* c, int family, int proto, uint32_t ifindex, int* fd) -> sonde_err {
      return self(c).raw ? self(c).raw(family, proto, ifindex, *fd) : sonde_err{SONDE_E_DENIED};
    };
    table.pace = [](sonde_ctx* c, uint32_t wanted, int64_t* again) {
      Host& h = self(c);
      const uint32_t given = h.pacing ? h.pacing(wanted) : std::min(wanted, h.pace_limit);
      if (!h.pacing) h.pace_limit -= given;
      h.paced += given;
      if (given < wanted) *again = h.now() + 1'000'000;
      return given;
    };
    table.watch = [](sonde_ctx* c, int fd, uint32_t events, uint64_t user, uint64_t* id) -> sonde_err {
      *id = self(c).watch(fd, events, user);
      return SONDE_OK;
    };
    table.rewatch = [](sonde_ctx* c, uint64_t id, uint32_t events) { return self(c).rewatch(id, events); };
    table.unwatch = [](sonde_ctx* c, uint64_t id) -> sonde_err {
      return self(c).watches_.erase(id) ? SONDE_OK : SONDE_E_STALE;
    };
  }
};

}  // namespace sonde::testing
