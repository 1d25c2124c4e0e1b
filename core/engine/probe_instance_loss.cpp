// What a probe's instance sees of lost packets: its own sockets' overflows, and what the plugin tells through the
// extension sonde.loss/1. Both go to the run's Congestion.
#include <sonde/loss.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "engine/held_sockets.hpp"
#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
#include "engine/sockets.hpp"

namespace sonde::core {

/// The functions behind the extension's pointers. A struct so that ProbeInstance can befriend them all at once.
struct LossTable {
  static ProbeInstance& of(sonde_ctx* c) { return static_cast<ProbeInstance&>(HostCalls::of(c)); }
  static Congestion& congestion(sonde_ctx* c) { return of(c).shard_.shared().congestion; }
  static StageCounters& counters(sonde_ctx* c) { return of(c).shard_.stage(of(c).stage_).counters; }

  // What was lost is told in the order of sending, before what arrived: the first of them was the first packet. A
  // plugin may be wrong about the time: nothing was sent in the future.
  static void arrived(sonde_ctx* c, int64_t sent_at) {
    const int64_t now = monotonic_ns();
    const bool later = std::exchange(of(c).lost_before_, false);
    congestion(c).arrived(std::min(sent_at, now), now, later ? Congestion::Attempt::later : Congestion::Attempt::first);
  }
  static void lost(sonde_ctx* c, int64_t sent_at) {
    const int64_t now = monotonic_ns();
    const bool later = std::exchange(of(c).lost_before_, true);
    congestion(c).lost(std::min(sent_at, now), now, later ? Congestion::Attempt::later : Congestion::Attempt::first);
  }
  static int silence(sonde_ctx* c, int64_t sent_at) {
    of(c).look_for_drops_once();
    switch (congestion(c).silence(sent_at, monotonic_ns())) {
      case Congestion::Silence::doubtful:
        return SONDE_SILENCE_DOUBTFUL;
      case Congestion::Silence::open:
        return SONDE_SILENCE_OPEN;
      default:
        return SONDE_SILENCE_HOLDS;
    }
  }
  static void asked_again(sonde_ctx* c, uint32_t n) { counters(c).asked_again += n; }
  static void left_in_doubt(sonde_ctx* c, uint32_t n) { counters(c).in_doubt += n; }
  static void congested(sonde_ctx* c, uint32_t n) {
    counters(c).queue_full += n;
    congestion(c).queue_full(monotonic_ns());
  }
  static constexpr sonde_loss table = {sizeof(sonde_loss), 0,        arrived, lost, silence, asked_again,
                                       left_in_doubt,      congested};
};

const void* ProbeInstance::extension(std::string_view id) {
  if (id != SONDE_LOSS) return nullptr;
  judges_silence_ = true;
  return &LossTable::table;
}

void ProbeInstance::own_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  // A stream resends what was dropped; what is no socket drops nothing.
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type == SOCK_STREAM) return;
  const uint64_t inode = inode_of(fd);
  if (std::none_of(sockets_.begin(), sockets_.end(), [&](const OwnSocket& s) { return s.inode == inode; }))
    sockets_.push_back({fd, inode, 0});
}

// It may be watched again, and must not be counted twice then: it stays known until it is closed.
void ProbeInstance::socket_unwatched() {
  look_for_drops(monotonic_ns());
}

void ProbeInstance::look_for_drops(int64_t now) {
  uint64_t more = 0;
  // Closed, and the number perhaps another's.
  std::erase_if(sockets_, [](const OwnSocket& s) { return inode_of(s.fd) != s.inode; });
  for (OwnSocket& s : sockets_) {
    const uint64_t drops = dropped_by(s.fd);
    more += static_cast<uint32_t>(drops - s.drops);  // the kernel counts in 32 bits
    s.drops = drops;
  }
  dropped(more, last_look_ == 0 ? now : last_look_, now);
  last_look_ = now;
  looked_in_call_ = true;
}

void ProbeInstance::hold_sockets(HeldSockets& held) const {
  for (const OwnSocket& s : sockets_)
    if (inode_of(s.fd) == s.inode) held.hold(s.fd);
}

void ProbeInstance::dropped(uint64_t packets, int64_t since, int64_t now) {
  if (packets == 0) return;
  shard_.stage(stage_).counters.dropped_receive += packets;
  shard_.shared().congestion.overrun(since, now);
}

void ProbeInstance::look_for_drops_once() {
  if (!looked_in_call_) look_for_drops(monotonic_ns());
}

}  // namespace sonde::core
