// For tests: a host of one instance and one task, with a real loop (poll) and real UDP to loopback, where an Agent of
// the test answers.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <sonde/plugin.hpp>

#include <cerrno>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../../testing/options.hpp"

namespace sonde::snmp {

class ProbeHost {
 public:
  using Handler = std::function<std::vector<std::string>(const std::string&)>;

  /// `handler` answers what comes to the port; none: nothing listens there.
  explicit ProbeHost(Handler handler = nullptr) : handler_(std::move(handler)) {
    table_.size = sizeof table_;
    table_.now = [](sonde_ctx*) { return clock_now(); };
    table_.log_enabled = [](sonde_ctx*, int) { return 1; };
    table_.log = [](sonde_ctx* c, sonde_task, int, sonde_str m) { self(c).logged += std::string(m.ptr, m.len) + "\n"; };
    table_.fail = [](sonde_ctx* c, sonde_task, sonde_err, sonde_str why) { self(c).failure.assign(why.ptr, why.len); };
    table_.place = [](sonde_ctx*, sonde_place* p) -> sonde_err {
      p->seed = 7;
      return SONDE_OK;
    };
    table_.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options.get({p.ptr, p.len}, type, *out);
    };
    table_.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options.count({p.ptr, p.len}); };
    table_.target = [](sonde_ctx* c, sonde_task, sonde_target* out) -> sonde_err {
      out->ip[10] = out->ip[11] = 0xff;
      out->ip[12] = 127;
      out->ip[15] = self(c).last_octet;
      return SONDE_OK;
    };
    table_.deadline = [](sonde_ctx* c, sonde_task) { return self(c).ended ? int64_t{0} : INT64_MAX; };
    table_.attach = [](sonde_ctx* c, sonde_task, uint64_t user) -> sonde_err {
      self(c).attached_ = user;
      return SONDE_OK;
    };
    table_.put = [](sonde_ctx* c, sonde_task, uint32_t output, sonde_str key, const sonde_value* v) -> sonde_err {
      self(c).put(output, {key.ptr, key.len}, *v);
      return SONDE_OK;
    };
    table_.get = [](sonde_ctx* c, sonde_task, uint32_t, uint32_t, sonde_str*, sonde_value* out) -> sonde_err {
      if (!self(c).known_alive) return SONDE_E_ABSENT;
      out->type = SONDE_BOOL;
      out->as.u = 1;
      return SONDE_OK;
    };
    table_.done = [](sonde_ctx* c, sonde_task, sonde_outcome o) -> sonde_err {
      self(c).outcome = o;
      ++self(c).done;
      self(c).hangup();
      return SONDE_OK;
    };
    table_.dial = [](sonde_ctx* c, sonde_task, const sonde_target* to, uint32_t, uint64_t user, sonde_conn* out) {
      return self(c).dial(*to, user, *out);
    };
    table_.pace = [](sonde_ctx* c, uint32_t n, int64_t* again) -> uint32_t {
      self(c).paced += n;
      if (!self(c).full && (self(c).paced % 2 != 0 || !self(c).slow)) return n;
      *again = clock_now() + 5'000'000;
      return 0;
    };
    table_.timer = [](sonde_ctx* c, int64_t at, uint64_t user, uint64_t* id) -> sonde_err {
      if (*id == 0) *id = ++self(c).last_id_;
      self(c).timers_[*id] = {at, user};
      return SONDE_OK;
    };
    table_.untimer = [](sonde_ctx* c, uint64_t* id) -> sonde_err {
      self(c).timers_.erase(*id);
      *id = 0;
      return SONDE_OK;
    };
    options.set("discover", true).set("timeout", int64_t{80'000'000}).set("tries", int64_t{2});
    options.set("repetitions", int64_t{10}).set("max_rows", int64_t{1000}).set("max_bytes", uint64_t{262144});
    server_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(server_, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(server_, reinterpret_cast<sockaddr*>(&at), &size);
    options.set("port", int64_t{ntohs(at.sin_port)});
    if (!handler_) {
      ::close(server_);
      server_ = -1;
    }
  }
  ~ProbeHost() {
    stop();
    if (server_ >= 0) ::close(server_);
  }
  ProbeHost(const ProbeHost&) = delete;
  ProbeHost& operator=(const ProbeHost&) = delete;

  Context context() { return {reinterpret_cast<sonde_ctx*>(this), &table_}; }
  sonde_err create() { return plugin()->create(context().raw_context(), &table_, &instance_); }
  void stop() {
    if (instance_ != nullptr) plugin()->destroy(instance_);
    instance_ = nullptr;
    hangup();
  }
  bool begin() {
    if (create() != SONDE_OK) return false;
    const sonde_task task = 1;
    return probe().start(instance_, &task, 1) == 1;
  }
  bool run(int64_t limit_ms = 5000) {
    if (!begin()) return false;
    const int64_t end = clock_now() + limit_ms * 1'000'000;
    while (outcome == 0 && clock_now() < end) turn();
    return outcome != 0;
  }
  void turn() {
    if (refuse_dial && turns_++ == 0) {
      refuse_dial = false;
      probe().on_timer(instance_, 0, attached_);
    }
    serve();
    pollfd fds[] = {{fd_, POLLIN, 0}, {server_, POLLIN, 0}};
    ::poll(fds, 2, 2);
    serve();
    if (fd_ >= 0 && fds[0].revents != 0) {
      uint32_t events = (fds[0].revents & POLLIN) != 0 ? uint32_t{SONDE_IO_READ} : 0u;
      if ((fds[0].revents & POLLERR) != 0) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        events |= SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16;
      }
      probe().on_io(instance_, 1, user_, events);
    }
    const auto timers = timers_;
    for (const auto& [id, timer] : timers) {
      if (timer.first > clock_now() || timers_.count(id) == 0) continue;
      timers_.erase(id);
      probe().on_timer(instance_, id, timer.second);
    }
  }
  void cancel(uint32_t why) { probe().cancel(instance_, 1, attached_, why); }
  size_t live_timers() const { return timers_.size(); }
  bool connected() const { return fd_ >= 0; }
  int descriptor() const { return used_; }

  testing::Options options;
  std::string failure, logged;
  bool ended = false, slow = false, full = false, refuse_dial = false, alive = false;
  bool known_alive = false;  ///< to an earlier stage
  uint8_t last_octet = 1;
  unsigned paced = 0, done = 0, dials = 0;
  unsigned closes_after = 0;  ///< questions, then nothing listens any more; 0: never
  sonde_outcome outcome = 0;
  std::string hostname, os;
  std::map<std::string, std::string> snmp;  ///< numbers as text

 private:
  static ProbeHost& self(sonde_ctx* c) { return *reinterpret_cast<ProbeHost*>(c); }
  static const sonde_plugin* plugin() { return sonde_plugin_v0(0); }
  static const sonde_probe& probe() { return *static_cast<const sonde_probe*>(plugin()->api); }
  static int64_t clock_now() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  }
  sonde_err dial(const sonde_target& to, uint64_t user, sonde_conn& out) {
    ++dials;
    if (refuse_dial) return SONDE_E_AGAIN;
    fd_ = used_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(to.port);
    ::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    user_ = user;
    out = {1, fd_, 0};
    return SONDE_OK;
  }
  void hangup() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void serve() {
    char buffer[65536];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    for (ssize_t n = 0; server_ >= 0 && (n = ::recvfrom(server_, buffer, sizeof buffer, 0,
                                                        reinterpret_cast<sockaddr*>(&from), &size)) >= 0;) {
      for (const std::string& answer : handler_(std::string(buffer, static_cast<size_t>(n))))
        ::sendto(server_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
      if (++served_ == closes_after) ::close(std::exchange(server_, -1));
    }
  }
  void put(uint32_t output, const std::string& key, const sonde_value& v) {
    std::string text;
    if (v.type == SONDE_TEXT || v.type == SONDE_JSON) text.assign(v.as.s.ptr, v.as.s.len);
    if (v.type == SONDE_U64) text = std::to_string(v.as.u);
    if (v.type == SONDE_I64) text = std::to_string(v.as.i);
    if (output == 0) alive = v.as.u != 0;
    if (output == 1) hostname = text;
    if (output == 2) os = text;
    if (output == 3) snmp[key] = text;
  }

  sonde_host table_{};
  Handler handler_;
  sonde_inst* instance_ = nullptr;
  int server_ = -1, fd_ = -1, used_ = -1;
  uint64_t user_ = 0, attached_ = 0, last_id_ = 0, turns_ = 0;
  unsigned served_ = 0;
  std::map<uint64_t, std::pair<int64_t, uint64_t>> timers_;
};

}  // namespace sonde::snmp
