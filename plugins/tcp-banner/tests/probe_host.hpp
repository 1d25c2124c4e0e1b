// For tests: a host of one instance and one task, with a real loop (poll) and real connects to loopback. It limits
// connections as the engine does, AGAIN and the turn included, and can be told to be short of something.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sonde/probe.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../../testing/options.hpp"

namespace sonde::tcp_banner {

class ProbeHost {
 public:
  explicit ProbeHost(const std::vector<uint16_t>& asked) {
    table_.size = sizeof table_;
    table_.now = [](sonde_ctx*) { return clock_now(); };
    table_.log_enabled = [](sonde_ctx*, int) { return 0; };
    table_.log = [](sonde_ctx*, sonde_task, int, sonde_str) {};
    table_.fail = [](sonde_ctx* c, sonde_task, sonde_err, sonde_str why) { self(c).failure.assign(why.ptr, why.len); };
    table_.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options.get({p.ptr, p.len}, type, *out);
    };
    table_.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options.count({p.ptr, p.len}); };
    table_.target = [](sonde_ctx* c, sonde_task, sonde_target* out) -> sonde_err {
      out->ip[10] = out->ip[11] = 0xff;
      out->ip[12] = 127;
      out->ip[15] = 1;
      out->name = {self(c).name.data(), self(c).name.size()};
      return SONDE_OK;
    };
    table_.count = [](sonde_ctx* c, sonde_task, uint32_t) { return static_cast<uint32_t>(self(c).found.size()); };
    table_.get = [](sonde_ctx* c, sonde_task, uint32_t, uint32_t item, sonde_str*, sonde_value* out) -> sonde_err {
      if (item >= self(c).found.size()) return self(c).asked_before ? SONDE_E_ABSENT : SONDE_E_UNSUPPORTED;
      out->type = SONDE_U64;
      out->as.u = self(c).found[item];
      return SONDE_OK;
    };
    table_.attach = [](sonde_ctx* c, sonde_task, uint64_t user) -> sonde_err {
      self(c).attached_ = user;
      return SONDE_OK;
    };
    table_.put = [](sonde_ctx* c, sonde_task, uint32_t output, sonde_str key, const sonde_value* v) -> sonde_err {
      self(c).put(output, {key.ptr, key.len}, *v);
      return SONDE_OK;
    };
    table_.deadline = [](sonde_ctx* c, sonde_task) { return self(c).ended ? int64_t{0} : INT64_MAX; };
    table_.done = [](sonde_ctx* c, sonde_task, sonde_outcome o) -> sonde_err {
      self(c).outcome = o;
      return SONDE_OK;
    };
    table_.dial = [](sonde_ctx* c, sonde_task, const sonde_target* to, uint32_t events, uint64_t user,
                     sonde_conn* out) { return self(c).dial(*to, events, user, *out); };
    table_.hangup = [](sonde_ctx* c, uint64_t id, int reset) -> sonde_err {
      self(c).hangup(id, reset != 0);
      return SONDE_OK;
    };
    table_.rewatch = [](sonde_ctx* c, uint64_t id, uint32_t events) -> sonde_err {
      self(c).connections_.at(id).events = events;
      return SONDE_OK;
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
    options.list("ports", std::vector<std::string>(asked.size()));
    for (size_t i = 0; i < asked.size(); ++i) options.set("ports/" + std::to_string(i), uint64_t{asked[i]});
    options.set("timeout", ms(400)).set("idle", ms(100)).set("total", ms(700)).set("tries", int64_t{1});
    options.set("banner", true).set("probe", true).set("tls", true).set("max_bytes", uint64_t{4096});
  }
  ~ProbeHost() {
    if (instance_ != nullptr) plugin()->destroy(instance_);
  }
  /// The ports that it was made with are the fallback then.
  void use_found() {
    const uint32_t count = options.count("/ports");
    options.list("fallback_ports", std::vector<std::string>(count));
    for (uint32_t i = 0; i < count; ++i) {
      sonde_value v{};
      options.get("/ports/" + std::to_string(i), SONDE_U64, v);
      options.set("fallback_ports/" + std::to_string(i), uint64_t{v.as.u});
    }
    options.list("ports", std::vector<std::string>());
    options.set("ports", std::string("found"));
  }
  static testing::Options::Scalar ms(int64_t n) { return n * 1'000'000; }

  /// Offers the task and runs until it is done; false: not within the time.
  bool run(int64_t limit_ms = 10000) {
    if (!begin()) return false;
    const int64_t end = clock_now() + limit_ms * 1'000'000;
    while (outcome == 0 && clock_now() < end) turn();
    return outcome != 0;
  }
  bool begin() {
    if (plugin()->create(reinterpret_cast<sonde_ctx*>(this), &table_, &instance_) != SONDE_OK) return false;
    const sonde_task task = 1;
    return probe().start(instance_, &task, 1) == 1;
  }
  void turn() {
    if (!waiting_.empty() && connections_.size() < connections_per_host) {
      const uint64_t user = waiting_.front();
      waiting_.pop_front();
      probe().on_timer(instance_, 0, user);
    }
    deliver_errors();
    std::vector<pollfd> fds;
    std::vector<uint64_t> ids;
    for (auto& [id, c] : connections_) {
      if (errors_.count(id) != 0) continue;
      const int wanted = ((c.events & SONDE_IO_READ) ? POLLIN : 0) | ((c.events & SONDE_IO_WRITE) ? POLLOUT : 0);
      fds.push_back({c.fd, static_cast<short>(wanted), 0});
      ids.push_back(id);
    }
    ::poll(fds.data(), fds.size(), 2);
    for (size_t i = 0; i < fds.size(); ++i) {
      auto it = connections_.find(ids[i]);
      if (it == connections_.end() || fds[i].revents == 0) continue;
      uint32_t events = 0;
      if (fds[i].revents & POLLIN) events |= SONDE_IO_READ;
      if (fds[i].revents & POLLOUT) events |= SONDE_IO_WRITE;
      if (fds[i].revents & (POLLERR | POLLHUP)) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
        events |= SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16;
      }
      ++io_calls;
      probe().on_io(instance_, ids[i], it->second.user, events);
    }
    const auto timers = timers_;
    for (const auto& [id, timer] : timers) {
      if (timer.first > clock_now() || timers_.count(id) == 0 || timers_[id].first != timer.first) continue;
      timers_.erase(id);
      probe().on_timer(instance_, id, timer.second);
    }
  }
  void cancel(uint32_t why) { probe().cancel(instance_, 1, attached_, why); }
  size_t open_connections() const { return connections_.size(); }
  size_t live_timers() const { return timers_.size(); }

  testing::Options options;
  std::string name, failure;
  size_t connections_per_host = 2, most_at_once = 0, dials = 0, io_calls = 0;
  std::set<uint16_t> denied;
  std::vector<uint64_t> found;                 ///< open ports of an earlier stage
  bool asked_before = false;                   ///< by an earlier stage
  std::map<uint16_t, int> fault;               ///< an errno that the connect to a port ends with
  std::map<uint16_t, std::string> unroutable;  ///< refused by dial() itself, with this reason
  bool ended = false;                          ///< the host has settled the task without the plugin
  bool alive = false;
  std::set<uint64_t> ports;
  std::map<std::string, std::string> banners, services;
  std::string tcp;
  sonde_outcome outcome = 0;

 private:
  struct Open {
    int fd;
    uint32_t events;
    uint64_t user;
  };
  static ProbeHost& self(sonde_ctx* c) { return *reinterpret_cast<ProbeHost*>(c); }
  static const sonde_plugin* plugin() { return sonde_plugin_v0(0); }
  static const sonde_probe& probe() { return *static_cast<const sonde_probe*>(plugin()->api); }
  static int64_t clock_now() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  }
  void put(uint32_t output, const std::string& key, const sonde_value& v) {
    const std::string text = v.type == SONDE_TEXT || v.type == SONDE_JSON ? std::string(v.as.s.ptr, v.as.s.len) : "";
    switch (output) {
      case 0:
        alive = v.as.u != 0;
        break;
      case 1:
        ports.insert(v.as.u);
        break;
      case 2:
        banners[key] = text;
        break;
      case 3:
        services[key] = text;
        break;
      default:
        tcp = text;
    }
  }
  sonde_err dial(const sonde_target& to, uint32_t events, uint64_t user, sonde_conn& out) {
    if (denied.count(to.port) != 0) return SONDE_E_DENIED;
    if (auto it = unroutable.find(to.port); it != unroutable.end()) {
      failure = it->second;
      return SONDE_E_IO;
    }
    if (connections_.size() >= connections_per_host) {
      waiting_.push_back(user);
      return SONDE_E_AGAIN;
    }
    ++dials;
    const uint64_t id = ++last_id_;
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(to.port);
    int error = 0;
    if (auto it = fault.find(to.port); it != fault.end())
      error = it->second;
    else if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS)
      error = errno;
    out = {id, fd, 0};
    connections_[id] = {fd, events, user};
    most_at_once = std::max(most_at_once, connections_.size());
    if (error != 0) errors_[id] = error;  // told in the next turn, as the engine does
    return SONDE_OK;
  }
  void hangup(uint64_t id, bool reset) {
    auto it = connections_.find(id);
    if (it == connections_.end()) return;
    if (reset) {
      const linger now{1, 0};
      ::setsockopt(it->second.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    ::close(it->second.fd);
    connections_.erase(it);
    errors_.erase(id);
  }

  void deliver_errors() {
    const auto errors = std::exchange(errors_, {});
    for (const auto& [id, error] : errors) {
      auto it = connections_.find(id);
      if (it == connections_.end()) continue;
      probe().on_io(instance_, id, it->second.user, SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16);
    }
  }

  sonde_host table_{};
  sonde_inst* instance_ = nullptr;
  uint64_t attached_ = 0, last_id_ = 0;
  std::map<uint64_t, Open> connections_;
  std::map<uint64_t, std::pair<int64_t, uint64_t>> timers_;
  std::map<uint64_t, int> errors_;
  std::deque<uint64_t> waiting_;
};

}  // namespace sonde::tcp_banner
