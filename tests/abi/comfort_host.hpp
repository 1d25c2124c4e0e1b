// A host made of lambdas for one instance of a probe that sonde/plugin.hpp made: a test says what it answers and when.
#pragma once
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sonde/plugin.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sonde::test {

// One instance of a probe, its tasks numbered by the test; what it dials is one end of a socket pair.
class Host {
 public:
  Host() {
    table_.size = sizeof table_;
    table_.now = [](sonde_ctx* c) { return self(c).now += self(c).tick; };
    table_.log_enabled = [](sonde_ctx*, int) { return 1; };
    table_.log = [](sonde_ctx* c, sonde_task, int, sonde_str s) { self(c).said.emplace_back(s.ptr, s.len); };
    table_.fail = [](sonde_ctx* c, sonde_task, sonde_err, sonde_str s) { self(c).said.emplace_back(s.ptr, s.len); };
    table_.target = [](sonde_ctx*, sonde_task, sonde_target*) { return sonde_err{SONDE_OK}; };
    table_.cancelled = [](sonde_ctx* c, sonde_task) { return self(c).is_cancelled ? 1 : 0; };
    table_.deadline = [](sonde_ctx* c, sonde_task t) {
      const auto over = [t](const auto& one) { return one.first == t; };
      const Ended& settled = self(c).ended;
      return std::any_of(settled.begin(), settled.end(), over) ? 0 : self(c).now + 1'000'000'000;
    };
    table_.pace = [](sonde_ctx* c, uint32_t wanted, int64_t* again) {
      self(c).asked_pace += wanted;
      *again = self(c).now + 5'000'000;
      return std::min(wanted, std::exchange(self(c).may_leave, self(c).may_leave_later));
    };
    table_.put = [](sonde_ctx*, sonde_task, uint32_t, sonde_str, const sonde_value*) { return sonde_err{SONDE_OK}; };
    table_.done = [](sonde_ctx* c, sonde_task t, sonde_outcome o) {
      self(c).ended.emplace_back(t, o);
      return sonde_err{SONDE_OK};
    };
    table_.dial = [](sonde_ctx* c, sonde_task, const sonde_target* to, uint32_t, uint64_t, sonde_conn* out) {
      self(c).dialled = to->port;
      self(c).proto = to->proto;
      if (self(c).dial_answer == SONDE_OK) *out = {7, self(c).pair[0], 0};
      return self(c).dial_answer;
    };
    table_.connect = [](sonde_ctx* c, sonde_task, const sonde_target*, int* fd) {
      *fd = self(c).connect_fd;
      return self(c).dial_answer;
    };
    table_.hangup = [](sonde_ctx* c, uint64_t, int) {
      ++self(c).hangups;
      return sonde_err{SONDE_OK};
    };
    table_.rewatch = [](sonde_ctx* c, uint64_t id, uint32_t events) {
      self(c).watched[id] = events;
      return sonde_err{SONDE_OK};
    };
    table_.timer = [](sonde_ctx* c, int64_t at, uint64_t, uint64_t* id) {
      self(c).timer_at = at;
      *id = 33;
      return sonde_err{SONDE_OK};
    };
    table_.untimer = [](sonde_ctx* c, uint64_t* id) {
      self(c).timer_at = 0;
      *id = 0;
      return sonde_err{SONDE_OK};
    };
    make_pair(SOCK_STREAM);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    if (instance) plugin->destroy(instance);
    for (int end : pair) ::close(end);
  }
  // SOCK_DGRAM: each message by itself, as with UDP.
  void make_pair(int type) {
    for (int end : pair)
      if (end >= 0) ::close(end);
    if (::socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair) != 0) throw std::runtime_error("socketpair");
  }

  template <class P>
  void make() {
    static constexpr sonde::About about = {.id = "one", .version = "1", .summary = "s", .license = "l"};
    plugin = &sonde::detail::ProbePlugin<P, about>::plugin;
    ASSERT_EQ(plugin->create(reinterpret_cast<sonde_ctx*>(this), &table_, &instance), SONDE_OK);
  }
  const sonde_probe& probe() const { return *static_cast<const sonde_probe*>(plugin->api); }
  void start(std::vector<sonde_task> tasks) {
    ASSERT_EQ(probe().start(instance, tasks.data(), static_cast<uint32_t>(tasks.size())),
              static_cast<int>(tasks.size()));
  }
  void io(uint32_t events, sonde_task task = 1, uint64_t id = 7) { probe().on_io(instance, id, task, events); }
  void timer(uint64_t id = 33, sonde_task task = 1) { probe().on_timer(instance, id, task); }
  // What the plugin has sent next, "(nothing)" when it has not.
  std::string heard() {
    char text[64];
    const ssize_t n = ::recv(pair[1], text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? "(nothing)" : std::string(text, static_cast<size_t>(n));
  }
  void say(std::string_view text) {
    ASSERT_EQ(::send(pair[1], text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  using Ended = std::vector<std::pair<sonde_task, sonde_outcome>>;
  const sonde_plugin* plugin = nullptr;
  sonde_inst* instance = nullptr;
  int pair[2] = {-1, -1};
  int64_t now = 1000, tick = 0, timer_at = 0;  // each look at the clock moves it
  sonde_err dial_answer = SONDE_OK;
  int connect_fd = -1, hangups = 0;
  bool is_cancelled = false;
  uint32_t asked_pace = 0, may_leave = 1000, may_leave_later = 1000;
  uint16_t dialled = 0;
  uint8_t proto = 0;
  std::map<uint64_t, uint32_t> watched;
  std::vector<std::string> said;
  Ended ended;

 private:
  static Host& self(sonde_ctx* c) { return *reinterpret_cast<Host*>(c); }
  sonde_host table_{};
};

}  // namespace sonde::test
