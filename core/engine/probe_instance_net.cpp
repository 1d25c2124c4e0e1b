// The network and event-loop calls of an asynchronous probe: scope, rate and budgets are applied here, where a socket
// or a permit is handed out.
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/convert.hpp"
#include "engine/crash.hpp"
#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
#include "engine/sockets.hpp"
#include "engine/task_rules.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

namespace {
constexpr uint64_t service_tag = uint64_t{1} << 61;  // dialled for task 0
constexpr uint64_t datagram_tag = uint64_t{1} << 62;

uint64_t connection_tag(uint32_t slot, uint8_t proto) {
  return (slot == no_slot ? service_tag : uint64_t{slot} + 1) | (proto == IPPROTO_UDP ? datagram_tag : 0);
}
}  // namespace

bool ProbeInstance::is_datagram(uint64_t tag) {
  return (tag & datagram_tag) != 0;
}

uint32_t ProbeInstance::slot_of(uint64_t tag) {
  return tag == 0 || (tag & service_tag) != 0 ? no_slot : static_cast<uint32_t>((tag & ~datagram_tag) - 1);
}

sonde_err ProbeInstance::check_scope(sonde_task task, uint32_t slot, const sonde_target& to, const IpAddress& ip) {
  const IpAddress* own = task == 0 ? nullptr : &shard_.slots()[slot].ip;
  const std::string why = scope_refusal(shard_.plan().scope, own, shard_.stage(stage_).services, to, ip);
  if (why.empty()) return SONDE_OK;
  fail(task, SONDE_E_DENIED, why);
  return SONDE_E_DENIED;
}

Permit ProbeInstance::permit_for(uint32_t slot) {
  const int64_t now = monotonic_ns();
  return take_permit(shard_.shared().budgets.packets, now,
                     [&] { return slot == no_slot || shard_.neighbour_place(shard_.slots()[slot], now, false); });
}

sonde_err ProbeInstance::dial(sonde_task task, const sonde_target& target, uint32_t events, uint64_t user,
                              sonde_conn* out) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  const uint32_t slot = task == 0 ? no_slot : shard_.slots().find(task, stage_);
  if (task != 0 && slot == no_slot) return SONDE_E_STALE;
  const sonde_target to = read_target(target);
  const IpAddress ip = address_of(to);
  CrashScope::target(ip);
  if (to.port == 0 || (to.proto != IPPROTO_TCP && to.proto != IPPROTO_UDP)) return SONDE_E_INVALID;
  if (sonde_err e = check_right(task, rights_, SONDE_NEED_CONNECT, "dial()", "SONDE_NEED_CONNECT"); e != SONDE_OK)
    return e;
  if (sonde_err e = check_scope(task, slot, to, ip); e != SONDE_OK) return e;

  RunShared& shared = shard_.shared();
  const uint64_t most = shared.plan.limits.connections_per_host;
  SlotExtras* const host = slot == no_slot ? nullptr : &shard_.slots()[slot].with_extras();
  if (host && most != 0 && host->connections.size() >= most) {
    if (!shard_.may_wait(slot, *this)) return SONDE_E_INVALID;
    host->waiting_dials.push_back(user);
    return SONDE_E_AGAIN;
  }
  const auto wait_for = [&](Shortage what) {
    const sonde_err e = shard_.queue_dial(what, *this, task, user);
    if (e == SONDE_E_IO) fail(task, e, std::string(describe(what)));
    return e;
  };
  if (!shared.budgets.descriptors.take()) return wait_for(Shortage::descriptors);
  if (const Permit permit = permit_for(slot); permit != Permit::given) {
    shared.budgets.descriptors.give_back();
    return wait_for(permit == Permit::no_packet ? Shortage::packets : Shortage::neighbours);
  }

  int refused = 0;
  const int fd = open_connection(ip, to.port, to.proto, &refused);
  if (fd < 0) {
    shared.budgets.packets.give_back(monotonic_ns());
    shared.budgets.descriptors.give_back();
    if (is_local_shortage(-fd)) return wait_for(is_of_one_target(-fd) ? Shortage::ports : Shortage::descriptors);
    fail(task, SONDE_E_IO, "connect to " + ip.to_string() + ": " + std::strerror(-fd));
    return SONDE_E_IO;
  }
  const uint64_t id = shard_.loop().add(*this, fd, refused ? 0 : events, user, connection_tag(slot, to.proto));
  if (id == 0) {
    ::close(fd);
    shared.budgets.descriptors.give_back();
    fail(task, SONDE_E_IO, "the connection to " + ip.to_string() + " could not be watched: " + std::strerror(errno));
    return SONDE_E_IO;
  }
  if (refused) shard_.loop().inject(id, SONDE_IO_ERROR | (static_cast<uint32_t>(refused) << 16));
  shard_.dialled(host, id);
  if (!host && to.proto == IPPROTO_UDP) own_socket(fd);  // few, and open for long
  *out = {id, fd, 0};
  return SONDE_OK;
}

sonde_err ProbeInstance::hangup(uint64_t id, bool reset) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  if (!shard_.loop().owns(id, *this)) return SONDE_E_STALE;
  const uint64_t tag = shard_.loop().tag_of(id);
  if (tag == 0) return SONDE_E_INVALID;  // watch(), not dial()
  if (slot_of(tag) == no_slot) {
    if (is_datagram(tag)) look_for_drops(monotonic_ns());
    close_socket(shard_.loop().remove(id, *this, true), reset);
    shard_.shared().budgets.descriptors.give_back();
    return SONDE_OK;
  }
  shard_.close_connection(slot_of(tag), id, reset, *this);
  return SONDE_OK;
}

sonde_err ProbeInstance::admit(sonde_task task, const sonde_target& target) {
  return on_shard([&]() -> sonde_err {
    const uint32_t slot = task == 0 ? no_slot : shard_.slots().find(task, stage_);
    if (task != 0 && slot == no_slot) return SONDE_E_STALE;
    if (sonde_err e = check_right(task, rights_, needs_admission, "admit()", needs_admission_words); e != SONDE_OK)
      return e;
    const sonde_target to = read_target(target);
    // A library may find its servers by itself (resolv.conf): that it opens sockets is declared, and shown by plan.
    const bool own_server = task == 0 && (plugin_.needs & SONDE_NEED_SOCKETS);
    if (sonde_err e = own_server ? sonde_err{SONDE_OK} : check_scope(task, slot, to, address_of(to)); e != SONDE_OK)
      return e;
    // A server stays admitted for the whole run: what goes there is asked of pace(), each packet, the first like
    // others.
    if (slot == no_slot) return SONDE_OK;
    const Permit permit = permit_for(slot);
    if (permit == Permit::no_packet) return answer_of(permit);
    const sonde_err e = shard_.admission(slot, permit == Permit::given);
    if (e == SONDE_E_IO) fail(task, e, std::string(describe(Shortage::neighbours)));
    return e;
  });
}

sonde_err ProbeInstance::raw(int family, int proto, uint32_t ifindex, int* fd) {
  if (sonde_err e = check_right(0, rights_, SONDE_NEED_RAW, "raw()", "SONDE_NEED_RAW"); e != SONDE_OK) return e;
  const int got = open_raw(family, proto, ifindex);
  if (got >= 0) {
    own_socket(got);
    *fd = got;
    return SONDE_OK;
  }
  if (-got == EPERM || -got == EACCES) {
    fail(0, SONDE_E_DENIED, "raw sockets need CAP_NET_RAW");
    return SONDE_E_DENIED;
  }
  fail(0, SONDE_E_IO, std::string("raw socket: ") + std::strerror(-got));
  return is_local_shortage(-got) ? SONDE_E_AGAIN : SONDE_E_IO;
}

uint32_t ProbeInstance::pace(uint32_t packets, int64_t* again) {
  return shard_.shared().budgets.packets.take(packets, monotonic_ns(), again);
}

sonde_err ProbeInstance::watch(int fd, uint32_t events, uint64_t user, uint64_t* id) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  if (fd < 0) return SONDE_E_INVALID;
  *id = shard_.loop().add(*this, fd, events, user, 0);
  if (*id == 0) return SONDE_E_IO;
  own_socket(fd);
  return SONDE_OK;
}

sonde_err ProbeInstance::rewatch(uint64_t id, uint32_t events) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  return shard_.loop().set_events(id, *this, events) ? SONDE_OK : SONDE_E_STALE;
}

sonde_err ProbeInstance::unwatch(uint64_t id) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  if (!shard_.loop().owns(id, *this)) return SONDE_E_STALE;
  if (shard_.loop().tag_of(id) != 0) return SONDE_E_INVALID;  // dial(): hangup() closes it
  shard_.loop().remove(id, *this);
  socket_unwatched();
  return SONDE_OK;
}

sonde_err ProbeInstance::timer(int64_t at, uint64_t user, uint64_t* id) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  if (*id == 0 || !shard_.loop().rearm(*this, *id, at, user)) *id = shard_.loop().arm(*this, at, user);
  return SONDE_OK;
}

sonde_err ProbeInstance::untimer(uint64_t* id) {
  if (!shard_.on_own_thread()) return SONDE_E_THREAD;
  if (*id != 0) shard_.loop().disarm(*this, *id);
  *id = 0;
  return SONDE_OK;
}

}  // namespace sonde::core
