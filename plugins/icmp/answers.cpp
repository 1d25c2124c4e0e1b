// What is made of the packets that come back: answers, errors, and what only looks like either.
#include <algorithm>
#include <cstring>
#include <utility>

#include "icmp/icmp.hpp"

namespace sonde::icmp {
namespace {

constexpr unsigned most_rounds = 16;  // receive calls in one event: the loop has others to serve

}  // namespace

bool Icmp::drain(EchoSocket& socket, bool four) {
  return receive_.drain(socket.socket.fd(), most_rounds,
                        [&](const net::Received& packet) { received(socket, four, packet); });
}

void Icmp::received(const EchoSocket& socket, bool four, const net::Received& packet) {
  std::span<const uint8_t> icmp = packet.bytes;
  if (four && socket.raw) {
    const auto inside = net::strip_ip4(icmp, IPPROTO_ICMP);
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
                "the echo request to " + net::to_text(s->question.ip) + " was answered from " + net::to_text(from) +
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
  loss_.answered(questions_, claim.tag.slot, claim.tag.attempt);
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
    for (unsigned attempt = 0; attempt < questions_.most() && !slot; ++attempt)
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
  host_.log(SONDE_LOG_DEBUG, net::to_text(from) + " answered: " + net::describe_error(four, quoted.type, quoted.code),
            task.id());
  task.put(alive, true);
  settle(*slot, SONDE_NEGATIVE);
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
