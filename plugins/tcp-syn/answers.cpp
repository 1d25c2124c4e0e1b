// What is made of the packets that come back, and what a host came to.
#include <algorithm>
#include <array>
#include <cerrno>

#include "common-linux/send_error.hpp"
#include "tcp-syn/tcp_json.hpp"
#include "tcp-syn/tcp_syn.hpp"

namespace sonde::tcp_syn {
namespace {

constexpr unsigned most_rounds = 16;  // receive calls in one event: the loop has others to serve

net::Ip sender(bool four, const net::Received& packet) {
  return four ? net::mapped(reinterpret_cast<const uint8_t*>(&packet.from.v4.sin_addr))
              : net::ip6(packet.from.v6.sin6_addr.s6_addr);
}

}  // namespace

// True: nothing is left that had arrived.
bool TcpSyn::drain_all(int64_t now) {
  bool empty = drain(v4_, now);
  empty &= drain(v6_, now);
  if (framed_)
    for (FrameSocket& f : frames_) empty &= drain(f, now);
  return empty;
}

bool TcpSyn::drain(Family& family, int64_t now) {
  if (!family) return true;
  wall_ahead_ = net::wall_clock() - host_.now();
  const auto each = [&](const net::Received& packet, uint8_t protocol, auto&& read) {
    Arrival arrival = {family, nullptr, {}, 0, arrived_at(packet.wall_time, wall_ahead_, family.last_empty, now)};
    arrival.ends.from = sender(family.four, packet);
    if (!family.four) {
      arrival.scope_id = packet.from.v6.sin6_scope_id;
      read(packet.bytes, arrival);
    } else if (const auto inside = net::strip_ip4(packet.bytes, protocol)) {
      arrival.ends.to = net::mapped(&packet.bytes[16]);
      read(*inside, arrival);
    }
  };
  bool empty = receive_.drain(family.tcp.fd(), most_rounds, [&](const net::Received& packet) {
    each(packet, IPPROTO_TCP, [&](auto segment, const Arrival& arrival) { answer(segment, arrival, now); });
  });
  if (empty) family.last_empty = now;
  if (family.icmp)
    empty &= receive_.drain(family.icmp.fd(), most_rounds, [&](const net::Received& packet) {
      each(packet, IPPROTO_ICMP, [&](auto icmp, const Arrival& arrival) { error(icmp, arrival, now); });
    });
  return empty;
}

bool TcpSyn::drain(FrameSocket& link, int64_t now) {
  wall_ahead_ = net::wall_clock() - host_.now();
  const bool empty = receive_.drain(link.socket.fd(), most_rounds, [&](const net::Received& packet) {
    const auto frame = net::read_frame(packet.bytes);
    if (!frame || net::is_v4(frame->ends.to) != link.four) return;
    const Arrival arrival = {link.four ? v4_ : v6_, &link, frame->ends, link.link,
                             arrived_at(packet.wall_time, wall_ahead_, link.last_empty, now)};
    if (frame->protocol == IPPROTO_TCP)
      answer(frame->payload, arrival, now);
    else if (frame->protocol == (link.four ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}))
      error(frame->payload, arrival, now);
  });
  if (empty) link.last_empty = now;
  return empty;
}

uint32_t TcpSyn::find(const Endpoint& who) const {
  return hosts_.find(hash_of(who), [&](uint32_t slot) {
    const Question& q = questions_[slot].question;
    return endpoint(q.ip, q.scope_id) == who;
  });
}

void TcpSyn::answer(std::span<const uint8_t> segment, const Arrival& arrival, int64_t now) {
  const net::Ip& from = arrival.ends.from;
  const auto answered = read_answer(segment, from, arrival.asked_as(*this));
  if (!answered) {
    ++counters_.unproven;
    return;
  }
  if (answered->answer == Answer::open) send_reset(arrival, *answered);
  const uint32_t slot = find(endpoint(from, arrival.scope_id));
  Questions::Slot* s = slot == no_slot ? nullptr : questions_.find(slot);
  if (!s) {
    ++counters_.late;
    return;
  }
  s->question.from_host = true;
  if (const auto place = asked_place(slot, answered->port); place && has_said_nothing(table_.state(slot, *place)))
    tell_fates(slot, *place, arrival.at);
  learn(slot, answered->port, answered->answer == Answer::open ? PortState::open : PortState::closed, now);
}

void TcpSyn::error(std::span<const uint8_t> icmp, const Arrival& arrival, int64_t now) {
  const bool four = arrival.family.four;
  const auto answered = read_error(four, icmp, arrival.asked_as(*this));
  if (!answered) {
    ++counters_.unproven;
    return;
  }
  ++counters_.errors;
  const net::Ip& from = arrival.ends.from;
  // This machine's own complaint, as of a neighbour that it could not resolve, says nothing about the target.
  if (network_.own(from, 0)) return;
  const uint32_t slot = find(endpoint(answered->to, arrival.scope_id));
  Questions::Slot* s = slot == no_slot ? nullptr : questions_.find(slot);
  if (!s) {
    ++counters_.late;
    return;
  }
  const bool from_target = from == answered->to;
  if (host_.log_enabled(SONDE_LOG_DEBUG))
    host_.log(SONDE_LOG_DEBUG,
              net::to_text(from) + " about port " + std::to_string(answered->port) + ": " +
                  net::describe_error(four, answered->type, answered->code),
              s->task);
  s->question.from_host |= from_target;
  learn(slot, answered->port, answered->final || from_target ? PortState::filtered : PortState::unreachable, now);
}

// Where this port of the host stands, once it was asked.
std::optional<uint32_t> TcpSyn::asked_place(uint32_t slot, uint16_t port) const {
  const Question& q = questions_[slot].question;
  auto place = table_.place_of(port);
  const auto decoys = std::span(q.decoys.ports).first(q.decoys.count);
  if (!place)
    if (const auto it = std::find(decoys.begin(), decoys.end(), port); it != decoys.end())
      place = static_cast<uint32_t>(table_.asked().size() + static_cast<size_t>(it - decoys.begin()));
  return place && table_.sent(slot, *place) > 0 ? place : std::nullopt;
}

void TcpSyn::learn(uint32_t slot, uint16_t port, PortState state, int64_t now) {
  const auto place = asked_place(slot, port);
  if (!place) return;
  const bool was_settled = is_settled(table_.state(slot, *place));
  if (!table_.learn(slot, *place, state)) {
    ++counters_.late;
    return;
  }
  if (!was_settled && is_settled(state)) settled(slot, *place, now);
}

// Nothing more is to be asked there. What comes late for an asked port is learned, but the decoys are waited for.
void TcpSyn::settled(uint32_t slot, uint32_t place, int64_t now) {
  Question& q = questions_[slot].question;
  if (place >= first_place(q) && ++q.settled == end_place(q) - first_place(q)) conclude(slot, now);
}

// All ports have answered, or were waited for long enough.
void TcpSyn::conclude(uint32_t slot, int64_t now) {
  Question& q = questions_[slot].question;
  if (!q.deciding) {
    const auto asked = static_cast<uint32_t>(table_.asked().size());
    size_t open = 0, closed = 0;
    for (uint32_t place = 0; place < asked; ++place) {
      open += table_.state(slot, place) == PortState::open;
      closed += table_.state(slot, place) == PortState::closed;
    }
    if (is_suspicious(open, closed, asked)) {
      q.deciding = true;
      q.decoys = table_.decoys_for(identity_.key, q.ip);
      q.cursor = asked;
      q.settled = 0;
      set_mid_round(q, false);
      if (q.decoys.count > 0) {
        questions_.restart(slot);
        questions_.not_sent(slot, now);
        return;
      }
    }
  }
  report(slot);
}

void TcpSyn::report(uint32_t slot, bool stopped) {
  const Questions::Slot& s = questions_[slot];
  const Question q = s.question;
  const Task task(host_, s.task);
  if (q.in_doubt) loss_.left_in_doubt(1);
  const auto asked = table_.asked();
  std::array<PortState, most_decoys> decoys{};
  for (uint32_t i = 0; i < q.decoys.count; ++i) decoys[i] = table_.state(slot, static_cast<uint32_t>(asked.size()) + i);
  if (q.deciding && answers_for_everything(std::span(decoys).first(q.decoys.count))) {
    // Something on the way may have said all this, for an address that nobody has: no sign of life either.
    ++counters_.flagged;
    close(slot);
    task.put(answers_all, true);
    task.done(stopped ? sonde_outcome{SONDE_CANCELLED} : sonde_outcome{SONDE_POSITIVE});
    return;
  }
  OtherPorts others;
  bool open = false, time_was_up = false;
  for (uint32_t place = 0; place < asked.size(); ++place) {
    const uint16_t port = asked[place];
    switch (table_.state(slot, place)) {
      case PortState::open:
        open = true;
        task.put(ports, port);
        break;
      case PortState::closed:
        others.closed.push_back(port);
        break;
      case PortState::filtered:
      case PortState::unreachable:
        others.filtered.push_back(port);
        break;
      case PortState::refused:
        others.unasked.push_back(port);
        break;
      case PortState::silent:
      case PortState::withheld:
        if (table_.sent(slot, place) > 0) {
          others.silent.push_back(port);
        } else {
          others.unasked.push_back(port);
          time_was_up = true;
        }
    }
  }
  close(slot);
  if (q.from_host) {
    task.put(alive, true);
    for (auto* list : {&others.closed, &others.silent, &others.filtered, &others.unasked})
      std::sort(list->begin(), list->end());
    task.put(tcp, tcp_json(others));
  }
  const auto share = [&] {
    return std::to_string(others.unasked.size()) + " of " + std::to_string(asked.size()) + " ports were ";
  };
  if (stopped)
    task.done(SONDE_CANCELLED);
  else if (time_was_up)  // also where some are open: who reads only that would take them for all
    task.fail(SONDE_E_AGAIN,
              share() + "not asked before the deadline; raise the stage's deadline or ask for fewer ports");
  else if (open)
    task.done(SONDE_POSITIVE);
  else if (!others.unasked.empty())
    task.fail(q.refusal == EPERM || q.refusal == EACCES ? SONDE_E_DENIED : SONDE_E_IO,
              share() + "not asked: " + net::explain_send_error("a SYN", q.refusal, q.ip));
  else
    task.done(q.from_host ? SONDE_NEGATIVE : SONDE_NO_ANSWER);
}

}  // namespace sonde::tcp_syn
