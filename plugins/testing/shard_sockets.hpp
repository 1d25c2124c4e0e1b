// The sockets of a ShardHost: what it dials for the probe and what the probe watches itself, on poll(). Connections are
// limited as the engine does, and the host can be told to be short of them.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sonde/probe.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sonde::testing {

class ShardSockets {
 public:
  std::size_t connections_per_host = std::numeric_limits<std::size_t>::max();
  unsigned refused_dials = 0;                  ///< so many are answered with AGAIN; their turn comes
  std::set<uint16_t> denied;                   ///< ports
  std::map<uint16_t, int> fault;               ///< an errno that the connect to a port ends with
  std::map<uint16_t, std::string> unroutable;  ///< refused by dial() itself, with this reason
  uint32_t dials_go_to = 0;                    ///< this IPv4 address instead of the target's; 0: to the target's

  std::size_t dials = 0, most_at_once = 0, io_calls = 0;
  int last_descriptor = -1;  ///< of a dial

  std::size_t open_connections() const {
    return static_cast<std::size_t>(
        std::count_if(watches_.begin(), watches_.end(), [](const auto& w) { return w.second.task != 0; }));
  }

 protected:
  struct Watch {
    int fd;
    uint32_t events;
    uint64_t user;
    sonde_task task = 0;  ///< dialled for it; 0: by watch()
    int fault = 0;        ///< told in the next turn, as the engine does
  };
  struct Turn {
    sonde_task task;
    uint64_t user;
  };

  std::size_t connections_of(sonde_task task) const {
    return static_cast<std::size_t>(
        std::count_if(watches_.begin(), watches_.end(), [&](const auto& w) { return w.second.task == task; }));
  }
  /// The first that is open, of any task where `task` is 0.
  uint64_t connection_of(sonde_task task) const {
    for (const auto& [id, w] : watches_)
      if (w.task != 0 && (task == 0 || w.task == task)) return id;
    return 0;
  }

  sonde_err dial(sonde_task task, const sonde_target& to, uint32_t events, uint64_t user, sonde_conn& out,
                 std::string& failure) {
    if (denied.count(to.port) != 0) return SONDE_E_DENIED;
    if (const auto it = unroutable.find(to.port); it != unroutable.end()) {
      failure = it->second;
      return SONDE_E_IO;
    }
    ++dials;
    if (refused_dials > 0 || connections_of(task) >= connections_per_host) {
      if (refused_dials > 0)
        --refused_dials;
      else
        --dials;  // the engine does not come as far as a connect
      turns_.push_back({task, user});
      return SONDE_E_AGAIN;
    }
    const int type = (to.proto == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    last_descriptor = ::socket(AF_INET, type, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    std::memcpy(&at.sin_addr.s_addr, to.ip + 12, 4);
    if (dials_go_to != 0) at.sin_addr.s_addr = htonl(dials_go_to);
    at.sin_port = htons(to.port);
    Watch w{last_descriptor, events, user, task, 0};
    if (const auto it = fault.find(to.port); it != fault.end())
      w.fault = it->second;
    else if (::connect(w.fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS)
      w.fault = errno;
    if (w.fault != 0) w.events = 0;
    const uint64_t id = ++next_watch_;
    watches_[id] = w;
    out = {id, w.fd, 0};
    most_at_once = std::max(most_at_once, connections_of(task));
    return SONDE_OK;
  }
  sonde_err hangup(uint64_t id, bool reset) {
    const auto it = watches_.find(id);
    if (it == watches_.end()) return SONDE_E_STALE;
    if (it->second.task == 0) return SONDE_E_INVALID;
    if (reset) {
      const linger now{1, 0};
      ::setsockopt(it->second.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    ::close(it->second.fd);
    watches_.erase(it);
    return SONDE_OK;
  }
  uint64_t watch(int fd, uint32_t events, uint64_t user) {
    watches_[++next_watch_] = {fd, events, user};
    return next_watch_;
  }
  sonde_err rewatch(uint64_t id, uint32_t events) {
    const auto it = watches_.find(id);
    if (it == watches_.end()) return SONDE_E_STALE;
    if (it->second.fault == 0) it->second.events = events;
    return SONDE_OK;
  }

  /// Each turn that has come: `call(task, user)`.
  template <class Call>
  void serve_turns(Call&& call) {
    for (std::size_t n = turns_.size(); n > 0 && !turns_.empty(); --n) {
      const Turn t = turns_.front();
      if (connections_of(t.task) >= connections_per_host) return;
      turns_.pop_front();
      call(t.task, t.user);
    }
  }
  /// Each connect that failed at once: `on_io(id, user, events)`.
  template <class OnIo>
  void deliver_faults(OnIo&& on_io) {
    std::vector<uint64_t> ids;
    for (const auto& [id, w] : watches_)
      if (w.fault != 0) ids.push_back(id);
    for (const uint64_t id : ids) {
      const auto it = watches_.find(id);
      if (it == watches_.end()) continue;
      const int error = std::exchange(it->second.fault, 0);
      it->second.events = 0;
      on_io(id, it->second.user, SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16);
    }
  }
  /// The same of what is ready within `wait_ns`. `peer`: a descriptor beside, or -1; `serve_peer()`: before and after.
  template <class OnIo, class ServePeer>
  void deliver_events(int64_t wait_ns, int peer, ServePeer&& serve_peer, OnIo&& on_io) {
    std::vector<pollfd> polled{{peer, POLLIN, 0}};
    std::vector<uint64_t> ids;
    for (const auto& [id, w] : watches_) {
      if (w.events == 0) continue;
      const int events = ((w.events & SONDE_IO_READ) ? POLLIN : 0) | ((w.events & SONDE_IO_WRITE) ? POLLOUT : 0);
      polled.push_back({w.fd, static_cast<short>(events), 0});
      ids.push_back(id);
    }
    serve_peer();
    ::poll(polled.data(), polled.size(), static_cast<int>(std::max<int64_t>(0, (wait_ns + 999'999) / 1'000'000)));
    serve_peer();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const int seen = polled[i + 1].revents;
      const auto it = watches_.find(ids[i]);
      if (seen == 0 || it == watches_.end()) continue;
      uint32_t events =
          ((seen & POLLIN) ? uint32_t{SONDE_IO_READ} : 0u) | ((seen & POLLOUT) ? uint32_t{SONDE_IO_WRITE} : 0u);
      if (seen & POLLERR) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(it->second.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        events |= error != 0 ? SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16 : uint32_t{SONDE_IO_READ};
      } else if (seen & POLLHUP) {
        events |= it->second.events;
      }
      ++io_calls;
      on_io(ids[i], it->second.user, events);
    }
  }

  std::map<uint64_t, Watch> watches_;

 private:
  std::deque<Turn> turns_;
  uint64_t next_watch_ = 0;
};

}  // namespace sonde::testing
