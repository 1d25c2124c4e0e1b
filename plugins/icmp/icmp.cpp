// How echo requests leave, and what is made of what comes back.
#include "icmp/icmp.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common-linux/netlink_linux.hpp"

namespace sonde::icmp {
namespace {

enum Wait : uint64_t { tick = 1, socket4 = 4, socket6 = 6 };

constexpr size_t receive_size = 512;      // headers, a quotation, and the part of the payload that proves
constexpr unsigned most_rounds = 16;      // receive calls in one event: the loop has others to serve
constexpr unsigned most_sends = 512;      // retries in one event, some 2 ms
constexpr int64_t least_ahead = 200'000;  // ns; a timer closer than that costs more than it gives

// Ids of siblings differ in their low bits, whatever the seed makes of the high ones.
uint16_t id_for(const sonde_place& place) {
  const uint32_t count = std::clamp<uint32_t>(place.count, 1, 0x4000);
  const auto siblings = static_cast<uint16_t>(std::bit_ceil(count) - 1);
  const auto high = static_cast<uint16_t>(net::key_from_seed(place.seed).k1 >> 48);
  return static_cast<uint16_t>((high & ~siblings) | (place.index & siblings));
}

std::string text(const net::Ip& ip) {
  char out[INET6_ADDRSTRLEN] = "";
  if (net::is_v4(ip))
    ::inet_ntop(AF_INET, ip.data() + 12, out, sizeof out);
  else
    ::inet_ntop(AF_INET6, ip.data(), out, sizeof out);
  return out;
}

// The local fault in the words of what a user can do about it.
std::string explain_send_error(int error, const net::Ip& to) {
  std::string why = "the echo request to " + text(to) + " was refused by this machine: " + std::strerror(error);
  switch (error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
      return why + "; expected a route to it (ip route get " + text(to) + ")";
    case EPERM:
      return why +
             "; expected the firewall to let it out, and room in its connection table (nft list ruleset, "
             "sysctl net.netfilter.nf_conntrack_count)";
    case EACCES:
      return why + "; the address is a broadcast address here";
    case EMSGSIZE:
      return why + "; expected the packet to fit the link: lower the option size";
    case EINVAL:
      if (net::is_link_local6(to)) return why + "; a link-local address needs its zone, as in " + text(to) + "%eth0";
      return why;
    default:
      return why;
  }
}

}  // namespace

Icmp::Icmp(Context host)
    : host_(host),
      count_(static_cast<unsigned>(host.option<int64_t>("/count"))),
      interval_(host.duration("/interval")),
      timeout_(host.duration("/timeout")),
      adaptive_(host.flag("/adaptive")),
      packet_size_(header_size + static_cast<size_t>(host.option<int64_t>("/size"))),
      receive_(receive_size),
      echo_(packet_size_),
      questions_(count_) {
  const sonde_place place = host_.place();
  identity_.key = net::key_from_seed(place.seed);
  identity_.id = id_for(place);
  v4_ = open_echo_socket(host_, AF_INET, identity_.id, packet_size_);
  v6_ = open_echo_socket(host_, AF_INET6, identity_.id, packet_size_);
  if (!v4_ && !v6_)
    throw Failure(SONDE_E_DENIED,
                  v4_.why_not +
                      "; expected CAP_NET_RAW (AmbientCapabilities=CAP_NET_RAW in a service unit, setcap "
                      "cap_net_raw+ep on the program, or root) or a group of this user within "
                      "net.ipv4.ping_group_range (sysctl -w net.ipv4.ping_group_range=\"0 2147483647\")");
  if (v4_.raw || v6_.raw) {
    try {
      network_ = net::NetlinkReader().read_all();
      frames_ = open_frame_sockets(host_, network_, packet_size_);
    } catch (const Failure& e) {
      host_.log(SONDE_LOG_WARN, std::string(e.what()) + "; neighbours are asked through the kernel's table instead");
    }
  }
  if (v4_) watch4_ = host_.watch(v4_.socket.fd(), SONDE_IO_READ, socket4);
  if (v6_) watch6_ = host_.watch(v6_.socket.fd(), SONDE_IO_READ, socket6);
}

Icmp::~Icmp() {
  host_.untimer(timer_);
  if (watch4_) host_.unwatch(watch4_);
  if (watch6_) host_.unwatch(watch6_);
  report_counters();
}

void Icmp::report_counters() const {
  const uint64_t dropped = uint64_t{v4_ ? v4_.socket.drops() : 0} + (v6_ ? v6_.socket.drops() : 0);
  if (dropped > 0)
    host_.log(SONDE_LOG_WARN,
              std::to_string(dropped) +
                  " packets were dropped because the receive buffer was full: some targets may be missing; "
                  "lower limits.packets_per_second or raise net.core.rmem_max");
  const Counters& c = counters_;
  if (c.duplicates + c.late + c.other_source + c.unproven + c.errors + c.shortages > 0)
    host_.log(SONDE_LOG_INFO, "duplicate replies " + std::to_string(c.duplicates) + ", late " + std::to_string(c.late) +
                                  ", from another address " + std::to_string(c.other_source) + ", not ours " +
                                  std::to_string(c.unproven) + ", ICMP errors " + std::to_string(c.errors) +
                                  ", sends put off " + std::to_string(c.shortages));
}

uint32_t Icmp::take_tokens(uint32_t want, int64_t now) {
  return pacer_.take(want, now, [this](uint32_t n, int64_t& again) { return host_.pace(n, again); });
}

// How this target is reached; false when it is not, and the task is over.
bool Icmp::choose_path(Task task, const sonde_target& target, Question& q) {
  q.ip = net::ip6(target.ip);
  q.scope_id = target.scope_id;
  const EchoSocket& socket = net::is_v4(q.ip) ? v4_ : v6_;
  if (!socket) {
    task.fail(SONDE_E_DENIED, socket.why_not);
    return false;
  }
  if (frames_.empty() || !socket.raw || network_.own(q.ip, q.scope_id)) return true;
  // A hardware address from elsewhere (an import, a router's) may be wrong here: only what answered on this link
  // counts.
  const auto link = task.get(link_input);
  if (!link || view(link->as.s) != "direct") return true;
  const auto known = task.get(mac_input);
  const auto mac = known ? net::parse_mac(view(known->as.s)) : std::nullopt;
  const auto place = network_.on_link(q.ip, q.scope_id);
  if (!mac || net::is_group(*mac) || net::is_zero(*mac) || !place) return true;
  // The kernel would fragment a large packet; a frame cannot be.
  if (place->link->mtu < packet_size_ + 40) return true;
  const auto frame =
      std::find_if(frames_.begin(), frames_.end(), [&](const FrameSocket& f) { return f.link == place->link->index; });
  if (frame == frames_.end()) return true;
  q.frame = &*frame;
  q.mac = *mac;
  q.own_mac = *place->link->mac;
  q.source = place->source;
  return true;
}

size_t Icmp::start(std::span<const sonde_task> tasks) {
  const int64_t now = host_.now();
  // Those that wait already come first, else new targets would starve the retries of old ones. They are served by the
  // timer, which reads the answers that have arrived before it asks anyone again.
  const bool backlog = questions_.has_postponed() || questions_.send_due() <= now;
  const uint32_t tokens = backlog ? 0 : take_tokens(static_cast<uint32_t>(tasks.size()), now);
  uint32_t used = 0;
  size_t taken = 0;
  while (taken < tasks.size() && used < tokens) {
    Task task(host_, tasks[taken++]);
    Question q;
    if (!choose_path(task, task.target(), q)) continue;
    const uint32_t slot = questions_.open(task.id(), q);
    if (sent_at_.size() < questions_.capacity() * count_) sent_at_.resize(questions_.capacity() * count_ * 2);
    task.attach(slot);
    send(slot, now);
    ++used;
  }
  pacer_.give_back(tokens - used);
  flush_all(now);
  hungry_ = taken < tasks.size();
  arm(now);
  return taken;
}

// Puts the next attempt at this target into the batch of its socket.
void Icmp::send(uint32_t slot, int64_t now) {
  Questions::Slot& s = questions_[slot];
  const Question& q = s.question;
  const bool four = net::is_v4(q.ip);
  const EchoTag tag = {slot, s.generation & generation_mask, s.sent};
  net::SocketAddress to{};
  if (q.frame) {
    SlotBatch& batch = *q.frame->batch;
    build_request(echo_, q.ip, tag, identity_);
    const size_t size = build_frame(batch.buffer(), {q.own_mac, q.mac, q.source, q.ip}, echo_, ip_id_++);
    to.link.sll_family = AF_PACKET;
    to.link.sll_protocol = htons(four ? ETH_P_IP : ETH_P_IPV6);
    to.link.sll_ifindex = static_cast<int>(q.frame->link);
    to.link.sll_halen = 6;
    std::memcpy(to.link.sll_addr, q.mac.data(), 6);
    batch.add(size, to, sizeof to.link, slot);
    if (batch.full()) flush(batch, q.frame->socket.fd(), now);
    return;
  }
  EchoSocket& socket = four ? v4_ : v6_;
  build_request(socket.batch->buffer().first(packet_size_), q.ip, tag, identity_);
  socklen_t length = 0;
  if (four) {
    to.v4.sin_family = AF_INET;
    std::memcpy(&to.v4.sin_addr, q.ip.data() + 12, 4);
    length = sizeof to.v4;
  } else {
    to.v6.sin6_family = AF_INET6;
    std::memcpy(&to.v6.sin6_addr, q.ip.data(), 16);
    to.v6.sin6_scope_id = q.scope_id;
    length = sizeof to.v6;
  }
  socket.batch->add(packet_size_, to, length, slot);
  if (socket.batch->full()) flush(*socket.batch, socket.socket.fd(), now);
}

void Icmp::flush(SlotBatch& batch, int fd, int64_t now) {
  const int64_t spacing = rtt_.spacing(interval_, timeout_);
  const int64_t wait = adaptive_ ? rtt_.adaptive_wait(timeout_) : timeout_;
  batch.flush(
      fd,
      [&](uint32_t slot, int64_t wall) {
        Questions::Slot& s = questions_[slot];
        sent_at_[size_t{slot} * count_ + s.sent] = wall;
        s.question.last_asked = now;
        if (s.sent == 0) s.question.first_asked = now;
        questions_.sent(slot, now, spacing, wait);
      },
      [&](uint32_t slot, int error) { send_failed(slot, error, now); });
}

void Icmp::flush_all(int64_t now) {
  if (v4_ && !v4_.batch->empty()) flush(*v4_.batch, v4_.socket.fd(), now);
  if (v6_ && !v6_.batch->empty()) flush(*v6_.batch, v6_.socket.fd(), now);
  for (FrameSocket& f : frames_)
    if (!f.batch->empty()) flush(*f.batch, f.socket.fd(), now);
}

void Icmp::send_failed(uint32_t slot, int error, int64_t now) {
  pacer_.give_back(1);
  if (net::classify_send_error(error) == net::SendFault::shortage) {
    ++counters_.shortages;
    questions_.not_sent(slot, now + net::shortage_wait);
    return;
  }
  Questions::Slot& s = questions_[slot];
  // The neighbour may be reachable by the kernel's choice even where our frame is not (a link that went down).
  if (s.question.frame) {
    s.question.frame = nullptr;
    questions_.not_sent(slot, now);
    return;
  }
  const Task task(host_, s.task);
  const std::string why = explain_send_error(error, s.question.ip);
  questions_.close(slot);
  task.fail(error == EPERM || error == EACCES ? SONDE_E_DENIED : SONDE_E_IO, why);
}

void Icmp::send_due(int64_t now) {
  for (unsigned n = 0; n < most_sends && questions_.send_due() <= now; ++n) {
    if (take_tokens(1, now) == 0) break;
    const auto next = questions_.next_send(now);
    send(next.slot, now);
  }
  flush_all(now);
}

void Icmp::end_due(int64_t now) {
  for (auto next = questions_.next_end(now); next.what == Questions::Due::give_up; next = questions_.next_end(now))
    settle(next.slot, SONDE_NO_ANSWER);
}

// One timer for the earliest of all that is to come. One that fires too early does no harm, so it is moved only ahead.
void Icmp::arm(int64_t now) {
  int64_t send = questions_.send_due();
  if (send != net::never) send = std::max(send, pacer_.again());
  int64_t at = std::min(send, questions_.end_due());
  if (hungry_) at = std::min(at, pacer_.again());
  if (at == net::never) return;
  at = std::max(at, now + least_ahead);
  if (at >= armed_) return;
  armed_ = at;
  host_.timer(at, tick, timer_);
}

void Icmp::on_timer(uint64_t id, uint64_t) {
  if (id == 0) return;  // our own wake(): the host offers again what start() left
  armed_ = net::never;
  timer_ = 0;
  // What had not been read by `now` may have arrived before it: silence is judged only over an empty socket.
  const int64_t now = host_.now();
  const bool empty4 = !v4_ || drain(v4_, true), empty6 = !v6_ || drain(v6_, false);
  if (empty4 && empty6) end_due(now);
  send_due(now);
  if (std::exchange(hungry_, false)) host_.wake(tick);
  arm(now);
}

void Icmp::on_io(uint64_t, uint64_t user, uint32_t) {
  drain(user == socket4 ? v4_ : v6_, user == socket4);
  arm(host_.now());
}

bool Icmp::drain(EchoSocket& socket, bool four) {
  return receive_.drain(socket.socket.fd(), most_rounds,
                        [&](const net::Received& packet) { received(socket, four, packet); });
}

void Icmp::received(const EchoSocket& socket, bool four, const net::Received& packet) {
  std::span<const uint8_t> icmp = packet.bytes;
  if (four && socket.raw) {
    const auto inside = strip_ipv4(icmp);
    if (!inside) return;
    icmp = *inside;
  }
  if (icmp.size() < header_size) return;
  const net::Ip from = four ? net::mapped(reinterpret_cast<const uint8_t*>(&packet.from.v4.sin_addr))
                            : net::ip6(packet.from.v6.sin6_addr.s6_addr);
  constexpr uint8_t reply4 = 0, reply6 = 129;
  if (icmp[0] == (four ? reply4 : reply6)) {
    const auto claim = read_claim(icmp);
    if (claim && icmp[1] == 0)
      reply(*claim, from, four ? 0 : packet.from.v6.sin6_scope_id, socket.raw, packet.wall_time);
    else
      ++counters_.unproven;
  } else if (const auto quoted = four ? read_error4(icmp) : read_error6(icmp)) {
    error(*quoted, from);
  }
}

void Icmp::reply(const EchoClaim& claim, const net::Ip& from, uint32_t scope_id, bool check_id, int64_t wall_time) {
  Questions::Slot* s = questions_.find(claim.tag.slot);
  if (s && (s->generation & generation_mask) != claim.tag.generation) s = nullptr;
  if (!proves(claim, from, identity_, check_id)) {
    // Ours all the same, but sent by someone who was not asked: a second address of a router, a broadcast's echo.
    if (!s || !proves(claim, s->question.ip, identity_, check_id)) {
      ++counters_.unproven;
      return;
    }
    ++counters_.other_source;
    if (!std::exchange(told_other_source_, true))
      host_.log(SONDE_LOG_INFO,
                "the echo request to " + text(s->question.ip) + " was answered from " + text(from) +
                    ": that proves nothing about the target and is ignored (told once, counted)",
                s->task);
    return;
  }
  if (!s) {
    // The question is over: a copy of the answer that ended it, or too late.
    const bool copy = claim.tag.slot < questions_.capacity() && questions_[claim.tag.slot].question.answered;
    ++(copy ? counters_.duplicates : counters_.late);
    return;
  }
  if (claim.tag.attempt >= s->sent) {
    ++counters_.unproven;
    return;
  }
  if (s->question.scope_id != 0 && scope_id != 0 && scope_id != s->question.scope_id) {
    ++counters_.other_source;
    return;
  }
  const int64_t rtt = round_trip(claim.tag.slot, claim.tag.attempt, wall_time);
  rtt_.add(rtt);
  const Task task(host_, s->task);
  task.put(alive, true);
  s->question.answered = true;
  task.put(rtt_ms, static_cast<double>((rtt + 500) / 1000) / 1000.0);
  settle(claim.tag.slot, SONDE_POSITIVE);
}

// An error is the target's own answer only when the target itself sent it; everyone else merely could not deliver, and
// a later attempt still may.
void Icmp::error(const QuotedEcho& quoted, const net::Ip& from) {
  ++counters_.errors;
  const bool four = net::is_v4(quoted.to);
  if (from != quoted.to || network_.own(from, 0)) return;
  constexpr uint8_t redirect = 5, source_quench = 4, too_big = 2;
  if (four ? quoted.type == redirect || quoted.type == source_quench : quoted.type == too_big) return;

  const auto belongs = [&](const EchoTag& tag) {
    const Questions::Slot* s = questions_.find(tag.slot);
    return s && (s->generation & generation_mask) == tag.generation && tag.attempt < s->sent &&
           s->question.ip == quoted.to;
  };
  std::optional<uint32_t> slot;
  if (quoted.claim) {
    if (belongs(quoted.claim->tag) && proves(*quoted.claim, quoted.to, identity_, true)) slot = quoted.claim->tag.slot;
  } else {
    // Only 8 octets were quoted: the sequence names the candidates, the checksum decides.
    for (unsigned attempt = 0; attempt < count_ && !slot; ++attempt)
      for (size_t i = static_cast<uint16_t>(quoted.sequence - attempt * 6553u); i < questions_.capacity();
           i += 0x10000) {
        const auto* s = questions_.find(static_cast<uint32_t>(i));
        if (!s) continue;
        const EchoTag tag = {static_cast<uint32_t>(i), s->generation & generation_mask, static_cast<uint8_t>(attempt)};
        if (belongs(tag) && checksum_proves(quoted, tag, identity_, packet_size_ - header_size)) slot = tag.slot;
      }
  }
  if (!slot) {
    ++counters_.unproven;
    return;
  }
  const Task task(host_, questions_[*slot].task);
  host_.log(SONDE_LOG_DEBUG, text(from) + " answered: " + describe_error(four, quoted.type, quoted.code), task.id());
  task.put(alive, true);
  settle(*slot, SONDE_NEGATIVE);
}

int64_t Icmp::round_trip(uint32_t slot, uint8_t attempt, int64_t wall_time) {
  const Question& q = questions_[slot].question;
  const int64_t now = host_.now();
  const int64_t rtt = (wall_time > 0 ? wall_time : net::wall_clock()) - sent_at_[size_t{slot} * count_ + attempt];
  // The wall clock may have been set meanwhile; the monotonic one bounds the truth.
  if (rtt > 0 && rtt <= now - q.first_asked) return rtt;
  return std::max<int64_t>(1, now - q.last_asked);
}

void Icmp::settle(uint32_t slot, sonde_outcome outcome) {
  const Task task(host_, questions_[slot].task);
  questions_.close(slot);
  task.done(outcome);
}

void Icmp::cancel(Task task, uint64_t user, uint32_t why) {
  const auto slot = static_cast<uint32_t>(user);
  Questions::Slot* s = questions_.find(slot);
  if (!s || s->task != task.id()) return;
  questions_.close(slot);
  // A question that never left proves no silence.
  if (why == SONDE_EXPIRED && s->sent == 0)
    task.fail(SONDE_E_AGAIN, "no echo request could leave before the deadline");
  else
    task.done(why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
}

}  // namespace sonde::icmp
