// What is made of the packets that come back: answers, errors, and what only looks like either.
#include <algorithm>
#include <cstring>
#include <utility>

#include "icmp/icmp.hpp"

namespace sonde::icmp {
namespace {

constexpr unsigned most_rounds = 16;  // receive calls in one event: the loop has others to serve

}  // namespace

// True: nothing is left that had arrived.
bool Icmp::drain_all() {
  bool empty = !v4_ || drain(v4_, true);
  if (v6_) empty &= drain(v6_, false);
  if (framed_)
    for (FrameSocket& f : frames_) empty &= drain(f);
  return empty;
}

bool Icmp::drain(EchoSocket& socket, bool four) {
  return receive_.drain(socket.socket.fd(), most_rounds, [&](const net::Received& packet) {
    std::span<const uint8_t> icmp = packet.bytes;
    if (four && socket.raw) {
      const auto inside = net::strip_ip4(icmp, IPPROTO_ICMP);
      if (!inside) return;
      icmp = *inside;
    }
    const net::Ip from = four ? net::mapped(reinterpret_cast<const uint8_t*>(&packet.from.v4.sin_addr))
                              : net::ip6(packet.from.v6.sin6_addr.s6_addr);
    received(icmp, {four, from, four ? 0 : packet.from.v6.sin6_scope_id, identity_, socket.raw, packet.wall_time});
  });
}

bool Icmp::drain(FrameSocket& socket) {
  return receive_.drain(socket.socket.fd(), most_rounds, [&](const net::Received& packet) {
    const auto frame = net::read_frame(packet.bytes);
    if (!frame || frame->protocol != (socket.four ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})) return;
    const net::Ip& from = frame->ends.from;
    received(frame->payload,
             {socket.four, from, net::is_link_local6(from) ? socket.link : 0, frame_identity_, true, packet.wall_time});
  });
}

void Icmp::received(std::span<const uint8_t> icmp, const Arrival& arrival) {
  if (icmp.size() < header_size) return;
  constexpr uint8_t reply4 = 0, reply6 = 129;
  if (icmp[0] == (arrival.four ? reply4 : reply6)) {
    const auto claim = read_claim(icmp);
    if (claim && icmp[1] == 0)
      reply(*claim, arrival);
    else
      ++counters_.unproven;
  } else if (const auto quoted = arrival.four ? read_error4(icmp) : read_error6(icmp)) {
    error(*quoted, arrival);
  }
}

void Icmp::reply(const EchoClaim& claim, const Arrival& arrival) {
  Questions::Slot* s = questions_.find(claim.tag.slot);
  if (s && (s->generation & generation_mask) != claim.tag.generation) s = nullptr;
  if (!proves(claim, arrival.from, arrival.asked_as, arrival.check_id)) {
    // Ours all the same, but sent by someone who was not asked: a second address of a router, a broadcast's echo.
    if (!s || !proves(claim, s->question.ip, arrival.asked_as, arrival.check_id)) {
      ++counters_.unproven;
      return;
    }
    ++counters_.other_source;
    if (!std::exchange(told_other_source_, true))
      host_.log(SONDE_LOG_INFO,
                "the echo request to " + net::to_text(s->question.ip) + " was answered from " +
                    net::to_text(arrival.from) +
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
  if (s->question.scope_id != 0 && arrival.scope_id != 0 && arrival.scope_id != s->question.scope_id) {
    ++counters_.other_source;
    return;
  }
  const int64_t rtt = round_trip(claim.tag.slot, claim.tag.attempt, arrival.wall_time);
  rtt_.add(rtt);
  loss_.answered(questions_, claim.tag.slot, claim.tag.attempt);
  const Task task(host_, s->task);
  task.put(alive, true);
  s->question.answered = true;
  task.put(rtt_ms, static_cast<double>((rtt + 500) / 1000) / 1000.0);
  settle(claim.tag.slot, SONDE_POSITIVE);
}

// An error is the target's own answer only when the target itself sent it; everyone else merely could not deliver, and
// a later attempt still may.
void Icmp::error(const QuotedEcho& quoted, const Arrival& arrival) {
  ++counters_.errors;
  const bool four = arrival.four;
  const net::Ip& from = arrival.from;
  if (from != quoted.to || network_.own(from, 0)) return;
  constexpr uint8_t redirect = 5, source_quench = 4, too_big = 2;
  if (four ? quoted.type == redirect || quoted.type == source_quench : quoted.type == too_big) return;

  const EchoTag& tag = quoted.claim.tag;
  const Questions::Slot* s = questions_.find(tag.slot);
  if (!proves(quoted.claim, quoted.to, arrival.asked_as, true) || !s ||
      (s->generation & generation_mask) != tag.generation || tag.attempt >= s->sent || s->question.ip != quoted.to) {
    ++counters_.unproven;
    return;
  }
  const Task task(host_, s->task);
  host_.log(SONDE_LOG_DEBUG, net::to_text(from) + " answered: " + net::describe_error(four, quoted.type, quoted.code),
            task.id());
  task.put(alive, true);
  settle(tag.slot, SONDE_NEGATIVE);
}

int64_t Icmp::round_trip(uint32_t slot, uint8_t attempt, int64_t wall_time) {
  const Question& q = questions_[slot].question;
  const int64_t now = host_.now();
  const int64_t rtt = (wall_time > 0 ? wall_time : net::wall_clock()) - sent_at_.at(slot, attempt);
  // The wall clock may have been set meanwhile; the monotonic one bounds the truth.
  if (rtt > 0 && rtt <= now - q.first_asked) return rtt;
  return std::max<int64_t>(1, now - q.last_asked);
}

}  // namespace sonde::icmp
