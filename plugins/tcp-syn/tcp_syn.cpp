// Whose turn it is: hosts are asked in rounds, a burst of packets at a time, until their question ends. How the packets
// leave is in sending.cpp, what comes back in answers.cpp.
#include "tcp-syn/tcp_syn.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "common-linux/netlink_linux.hpp"
#include "tcp-syn/answer_filter.hpp"

namespace sonde::tcp_syn {
namespace {

enum Wait : uint64_t { tick = 1, socket4 = 4, socket6 = 6, first_frame = 16 };

constexpr size_t receive_size = 256;     // an IP header with options, a segment, or an error that quotes one
constexpr uint32_t burst = 16;           // packets to one host before another has its turn
constexpr uint32_t most_turns = 32;      // in one event: 512 packets, some 2 ms
constexpr uint32_t most_mid_round = 32;  // hosts with long port lists that take turns
constexpr size_t most_hosts = 65536;
// Octets for the states of ports and the times of attempts at them, when all are asked as often as may be.
constexpr size_t most_octets = 16 << 20;

size_t hosts_at_a_time(size_t width, unsigned attempts) {
  return std::clamp<size_t>(most_octets / (width * (1 + attempts * net::AttemptMilliseconds::octets_each)), 4,
                            most_hosts);
}

std::vector<uint16_t> read_ports(const Context& host) {
  std::vector<uint16_t> out;
  std::vector<bool> seen(size_t{std::numeric_limits<uint16_t>::max()} + 1, false);
  for (const uint64_t port : host.list<uint64_t>("/ports")) {
    if (port == 0 || port >= seen.size())
      throw Failure(SONDE_E_CONFIG, "ports go from 1 to 65535, not " + std::to_string(port));
    if (seen[port]) continue;
    seen[port] = true;
    out.push_back(static_cast<uint16_t>(port));
  }
  if (out.empty()) throw Failure(SONDE_E_CONFIG, "ports is empty: name at least one, as in ports: 22,80,443");
  return out;
}

}  // namespace

TcpSyn::TcpSyn(Context host)
    : host_(host),
      tries_(static_cast<unsigned>(host.option<int64_t>("/tries"))),
      interval_(host.duration("/interval")),
      timeout_(host.duration("/timeout")),
      source_port_(host.place().seed),
      frame_port_(host.place().seed),
      identity_{net::random_key(), source_port_.number()},
      frame_identity_{identity_.key, frame_port_.number()},
      table_(read_ports(host)),
      loss_(host),
      most_hosts_(hosts_at_a_time(table_.width(), tries_ + net::extra_attempts)),
      v4_(open_family(host_, true, identity_.source_port)),
      v6_(open_family(host_, false, identity_.source_port)),
      receive_(receive_size),
      questions_(tries_, loss_ ? net::extra_attempts : 0) {
  if (!v4_ && !v6_) throw Failure(SONDE_E_DENIED, "raw sockets are not allowed; expected CAP_NET_RAW or root");
  try {
    network_ = net::NetlinkReader().read_all();
    frames_ =
        net::open_frame_sockets<PacketTag>(host_, network_, syn_size, frame_filter(true, frame_identity_.source_port),
                                           frame_filter(false, frame_identity_.source_port));
  } catch (const Failure& e) {
    host_.log(SONDE_LOG_WARN, std::string(e.what()) + "; neighbours are asked through the kernel's table instead");
  }
  for (const Family* f : {&v4_, &v6_}) {
    if (!*f) continue;
    const uint64_t user = f->four ? socket4 : socket6;
    watches_.push_back(host_.watch(f->tcp.fd(), SONDE_IO_READ, user));
    if (f->icmp) watches_.push_back(host_.watch(f->icmp.fd(), SONDE_IO_READ, user));
  }
  v4_.last_empty = v6_.last_empty = host_.now();
  for (size_t i = 0; i < frames_.size(); ++i)
    watches_.push_back(host_.watch(frames_[i].socket.fd(), SONDE_IO_READ, first_frame + i));
}

TcpSyn::~TcpSyn() {
  alarm_.cancel(host_);
  for (const uint64_t id : watches_) host_.unwatch(id);
  report_counters();
}

void TcpSyn::report_counters() const {
  const Counters& c = counters_;
  // Without a number: instances that say the same are heard once.
  if (c.flagged > 0)
    host_.log(SONDE_LOG_WARN,
              "something accepts every port of some addresses, a SYN proxy or another device on the way: none of their "
              "ports is believed (tcp-syn.answers_all)");
  if (refusal_ != 0)
    host_.log(SONDE_LOG_WARN,
              std::string("this machine did not let out some SYNs (") + std::strerror(refusal_) +
                  "): their ports are told as unasked; expected routes and firewall rules for all ports "
                  "that are asked");
  if (c.late + c.unproven + c.errors + c.shortages + c.flagged > 0)
    host_.log(SONDE_LOG_INFO, "late or repeated answers " + std::to_string(c.late) + ", not ours " +
                                  std::to_string(c.unproven) + ", ICMP errors " + std::to_string(c.errors) +
                                  ", sends put off " + std::to_string(c.shortages) + ", answer for every port " +
                                  std::to_string(c.flagged));
}

uint32_t TcpSyn::take_tokens(uint32_t want, int64_t now) {
  return pacer_.take(want, now, [this](uint32_t n, int64_t& again) { return host_.pace(n, again); });
}

size_t TcpSyn::start(std::span<const sonde_task> tasks) {
  const int64_t now = host_.now();
  size_t taken = 0;
  hungry_ = false;
  // Those that wait already come first, else new targets would starve the retries of old ones. They are served by the
  // timer, which reads the answers that have arrived before it asks anyone again.
  const bool backlog = questions_.retry_due() <= now;
  while (!backlog && taken < tasks.size() && questions_.live() < most_hosts_ && mid_round_ < most_mid_round) {
    const uint32_t token = take_tokens(1, now);
    pacer_.give_back(token);
    if (token == 0) {
      hungry_ = true;
      break;
    }
    Task task(host_, tasks[taken++]);
    Question q;
    if (!choose_path(task, task.target(), q)) continue;
    const uint32_t slot = questions_.open(task.id(), q);
    table_.grow(questions_.capacity());
    table_.clear(slot);
    hosts_.insert(hash_of(endpoint(q.ip, q.scope_id)), slot);
    task.attach(slot);
    take_turn(slot, now);
  }
  flush_all();
  end_rounds(host_.now());
  arm(now);
  return taken;
}

uint32_t TcpSyn::first_place(const Question& q) const {
  return q.deciding ? static_cast<uint32_t>(table_.asked().size()) : 0;
}
uint32_t TcpSyn::end_place(const Question& q) const {
  return static_cast<uint32_t>(table_.asked().size()) + (q.deciding ? q.decoys.count : 0);
}
uint16_t TcpSyn::port_at(const Question& q, uint32_t place) const {
  const auto asked = table_.asked();
  return place < asked.size() ? asked[place] : q.decoys.ports[place - asked.size()];
}

// Whether it gets a packet in this round. The first rounds ask all that have not answered, further ones those of which
// too few packets prove anything.
bool TcpSyn::is_due(uint32_t slot, uint32_t place) const {
  const Questions::Slot& s = questions_[slot];
  if (is_settled(table_.state(slot, place))) return false;
  if (s.sent < tries_) return table_.sent(slot, place) <= s.sent;
  return standing(slot, place).verdict == net::Verdict::asked_again;
}

// How many packets its next turn is for. What is taken beyond that would count as sent.
uint32_t TcpSyn::due_in_turn(uint32_t slot) const {
  const Question& q = questions_[slot].question;
  uint32_t due = 0;
  for (uint32_t place = q.cursor; place < end_place(q) && due < burst; ++place) due += is_due(slot, place);
  return due;
}

void TcpSyn::set_mid_round(Question& q, bool mid_round) {
  if (mid_round != q.mid_round) mid_round_ += mid_round ? 1u : ~0u;
  q.mid_round = mid_round;
}

// The rest of its round leaves after `wait`; without an address to leave from it waits longer, and alone: it holds up
// neither other hosts nor new ones.
void TcpSyn::put_off(uint32_t slot, int64_t now, int64_t wait) {
  Question& q = questions_[slot].question;
  if (!std::exchange(q.sourceless, false)) return questions_.not_sent(slot, now + wait);
  set_mid_round(q, false);
  questions_.has_no_source(slot, now + net::no_source_wait);
}

// Puts packets of this host's round into their batch: a burst, or as many as may leave now. False: none might.
bool TcpSyn::take_turn(uint32_t slot, int64_t now) {
  Questions::Slot& s = questions_[slot];
  Question& q = s.question;
  if (q.sourceless) {  // learned after its last turn
    put_off(slot, now, 0);
    return true;
  }
  const uint32_t generation = s.generation, tokens = take_tokens(due_in_turn(slot), now);
  uint32_t used = 0;
  const uint32_t end = end_place(q);
  while (q.cursor < end) {
    const uint32_t place = q.cursor;
    if (!is_due(slot, place)) {
      ++q.cursor;
      continue;
    }
    if (used == tokens || short_) break;
    ++used;
    ++q.cursor;
    times_.note(index_of(slot, place), table_.sent(slot, place), now);
    table_.add_sent(slot, place, 1);
    send_syn(q, {slot, place}, port_at(q, place));
    // The batch may have been full and sent, and this machine may have refused it.
    if (!questions_.find(slot, generation)) break;
  }
  pacer_.give_back(tokens - used);
  if (!questions_.find(slot, generation)) return true;
  const bool more = q.cursor < end;
  set_mid_round(q, more);
  if (more)
    put_off(slot, now, short_ ? net::shortage_wait : 0);
  else
    ended_.push_back({0, slot, generation});
  return used > 0 || !more;
}

// Behind flush_all(): what has left counts from now on, what could not is sent a little later.
void TcpSyn::end_rounds(int64_t now) {
  for (const net::Turn& turn : ended_) {
    Questions::Slot* s = questions_.find(turn.slot, turn.generation);
    if (!s) continue;
    Question& q = s->question;
    if (q.cursor < end_place(q)) {
      put_off(turn.slot, now, net::shortage_wait);
      continue;
    }
    q.cursor = first_place(q);
    questions_.sent(turn.slot, now, rtt_.spacing(interval_, timeout_), timeout_);
  }
  ended_.clear();
  short_ = false;
}

void TcpSyn::send_due(int64_t now) {
  for (uint32_t n = 0; n < most_turns && questions_.send_due() <= now; ++n) {
    const auto next = questions_.next_send(now);
    if (!take_turn(next.slot, now)) break;
  }
  flush_all();
  end_rounds(host_.now());
}

void TcpSyn::arm(int64_t now) {
  alarm_.set(host_, questions_, pacer_, hungry_, net::never, now, tick);
}

void TcpSyn::on_timer(uint64_t id, uint64_t) {
  if (id == 0) return;  // our own wake(): the host offers again what start() left
  alarm_.fired();
  // What had not been read by `now` may have arrived before it: silence is judged only over empty sockets.
  const int64_t now = host_.now();
  if (drain_all(now))
    for (auto next = questions_.next_end(now); next.what == Questions::Due::give_up; next = questions_.next_end(now))
      if (!goes_on(next.slot, now)) conclude(next.slot, now);
  send_due(now);
  if (std::exchange(hungry_, false)) host_.wake(tick);
  arm(now);
}

void TcpSyn::on_io(uint64_t, uint64_t user, uint32_t) {
  const int64_t now = host_.now();
  if (user >= first_frame)
    drain(frames_[user - first_frame], now);
  else
    drain(user == socket4 ? v4_ : v6_, now);
  flush_all();
  arm(now);
}

void TcpSyn::close(uint32_t slot) {
  const Question& q = questions_[slot].question;
  hosts_.erase(hash_of(endpoint(q.ip, q.scope_id)), slot);
  if (q.mid_round) --mid_round_;
  questions_.close(slot);
}

void TcpSyn::cancel(Task task, uint64_t user, uint32_t why) {
  const auto slot = static_cast<uint32_t>(user);
  const Questions::Slot* s = questions_.find(slot);
  if (!s || s->task != task.id()) return;
  if (why == SONDE_EXPIRED) cut_short(slot);
  report(slot, why != SONDE_EXPIRED);
}

}  // namespace sonde::tcp_syn
