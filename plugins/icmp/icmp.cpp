// How echo requests leave, and when a question ends. What comes back is read in answers.cpp.
#include "icmp/icmp.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common-linux/netlink_linux.hpp"
#include "common-linux/send_error.hpp"
#include "icmp/echo_filter.hpp"

namespace sonde::icmp {
namespace {

enum Wait : uint64_t { tick = 1, socket4 = 4, socket6 = 6, first_frame = 16 };

constexpr size_t receive_size = 512;  // headers, a quotation, and the part of the payload that proves
constexpr unsigned most_sends = 512;  // retries in one event, some 2 ms

// Ids of siblings differ in their low bits, whatever the seed makes of the high ones; so do the two of each.
uint16_t id_for(const sonde_place& place, bool framed) {
  const uint32_t count = std::clamp<uint32_t>(place.count, 1, 0x4000);
  const auto low = static_cast<uint16_t>(2 * std::bit_ceil(count) - 1);
  const auto high = static_cast<uint16_t>(net::key_from_seed(place.seed).k1 >> 48);
  return static_cast<uint16_t>((high & ~low) | ((2 * place.index + (framed ? 1 : 0)) & low));
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
      questions_(count_, net::extra_attempts),
      loss_(host) {
  const sonde_place place = host_.place();
  identity_.key = net::random_key();
  identity_.id = id_for(place, false);
  frame_identity_ = {identity_.key, id_for(place, true)};
  v4_ = open_echo_socket(host_, AF_INET, identity_.id, packet_size_);
  v6_ = open_echo_socket(host_, AF_INET6, identity_.id, packet_size_);
  if (!v4_ && !v6_)
    throw Failure(
        SONDE_E_DENIED,
        "neither raw nor ping sockets are allowed; expected CAP_NET_RAW, root, or a group of this user within "
        "net.ipv4.ping_group_range");
  if (v4_.raw || v6_.raw) {
    try {
      network_ = net::NetlinkReader().read_all();
      frames_ = net::open_frame_sockets<uint32_t>(host_, network_, packet_size_, frame_filter(true, frame_identity_.id),
                                                  frame_filter(false, frame_identity_.id));
    } catch (const Failure& e) {
      host_.log(SONDE_LOG_WARN, std::string(e.what()) + "; neighbours are asked through the kernel's table instead");
    }
  }
  if (v4_) watch4_ = host_.watch(v4_.socket.fd(), SONDE_IO_READ, socket4);
  if (v6_) watch6_ = host_.watch(v6_.socket.fd(), SONDE_IO_READ, socket6);
  for (size_t i = 0; i < frames_.size(); ++i)
    frames_[i].watch = host_.watch(frames_[i].socket.fd(), SONDE_IO_READ, first_frame + i);
}

Icmp::~Icmp() {
  alarm_.cancel(host_);
  if (watch4_) host_.unwatch(watch4_);
  if (watch6_) host_.unwatch(watch6_);
  for (const FrameSocket& f : frames_) host_.unwatch(f.watch);
  report_counters();
}

void Icmp::report_counters() const {
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
  if (!socket.raw) return true;
  if (const auto path =
          net::frame_path(frames_, network_, task, link_input, mac_input, target, packet_size_ + net::ip6_header_size))
    q.frame = std::make_unique<const FramePath>(*path);
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
    const uint32_t slot = questions_.open(task.id(), std::move(q));
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
  if (q.frame) {
    const auto& [link, ends] = *q.frame;
    build_request(echo_, q.ip, tag, frame_identity_);
    build_frame(link->batch->buffer(), ends, echo_, ip_id_++);
    link->add(echo_.size(), ends, slot);
    framed_ = true;
    if (link->batch->full()) flush(*link->batch, link->socket.fd(), true, now);
    return;
  }
  net::SocketAddress to;
  const socklen_t length = net::write_socket_address(q.ip, q.scope_id, to);
  EchoSocket& socket = four ? v4_ : v6_;
  build_request(socket.batch->buffer().first(packet_size_), q.ip, tag, identity_);
  socket.batch->add(packet_size_, to, length, slot);
  if (socket.batch->full()) flush(*socket.batch, socket.socket.fd(), false, now);
}

void Icmp::flush(SlotBatch& batch, int fd, bool framed, int64_t now) {
  const int64_t spacing = rtt_.spacing(interval_, timeout_);
  const int64_t wait = adaptive_ ? rtt_.adaptive_wait(timeout_) : timeout_;
  batch.flush(
      fd,
      [&](uint32_t slot, int64_t wall) {
        Questions::Slot& s = questions_[slot];
        sent_at_.note(slot, s.sent, wall);
        s.question.last_asked = now;
        if (s.sent == 0) s.question.first_asked = now;
        questions_.sent(slot, now, spacing, wait);
      },
      [&](uint32_t slot, int error) { send_failed(slot, framed, error, now); });
}

void Icmp::flush_all(int64_t now) {
  if (v4_ && !v4_.batch->empty()) flush(*v4_.batch, v4_.socket.fd(), false, now);
  if (v6_ && !v6_.batch->empty()) flush(*v6_.batch, v6_.socket.fd(), false, now);
  for (FrameSocket& f : frames_)
    if (!f.batch->empty()) flush(*f.batch, f.socket.fd(), true, now);
}

void Icmp::send_failed(uint32_t slot, bool framed, int error, int64_t now) {
  pacer_.give_back(1);
  if (const net::SendFault fault = net::classify_send_error(error); fault != net::SendFault::local) {
    ++counters_.shortages;
    if (error == ENOBUFS) loss_.congested(1);
    if (fault == net::SendFault::no_source)
      questions_.has_no_source(slot, now + net::no_source_wait);
    else
      questions_.not_sent(slot, now + net::shortage_wait);
    return;
  }
  Questions::Slot& s = questions_[slot];
  // The neighbour may be reachable by the kernel's choice even where our frame is not (a link that went down).
  if (framed) {
    s.question.frame.reset();
    questions_.not_sent(slot, now);
    return;
  }
  const Task task(host_, s.task);
  std::string why = net::explain_send_error("the echo request", error, s.question.ip);
  if (error == EMSGSIZE) why += ": lower the option size";
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
    if (!net::goes_on(loss_.judge(questions_, next.slot, now))) settle(next.slot, SONDE_NO_ANSWER);
}

void Icmp::arm(int64_t now) {
  alarm_.set(host_, questions_, pacer_, hungry_, net::never, now, tick);
}

void Icmp::on_timer(uint64_t id, uint64_t) {
  if (id == 0) return;  // our own wake(): the host offers again what start() left
  alarm_.fired();
  // What had not been read by `now` may have arrived before it: silence is judged only over an empty socket.
  const int64_t now = host_.now();
  if (drain_all()) end_due(now);
  send_due(now);
  if (std::exchange(hungry_, false)) host_.wake(tick);
  arm(now);
}

void Icmp::on_io(uint64_t, uint64_t user, uint32_t) {
  if (user >= first_frame)
    drain(frames_[user - first_frame]);
  else
    drain(user == socket4 ? v4_ : v6_, user == socket4);
  arm(host_.now());
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
  if (why == SONDE_EXPIRED) loss_.cut_short(questions_, slot);
  questions_.close(slot);
  // A question that never left proves no silence.
  if (why == SONDE_EXPIRED && s->sent == 0)
    task.fail(SONDE_E_AGAIN, "no echo request could leave before the deadline");
  else
    task.done(why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
}

}  // namespace sonde::icmp
