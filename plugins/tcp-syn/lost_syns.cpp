// What the host is told of lost SYNs, and which ports are asked again because their silence proves nothing.
//
// Only what the target itself says counts, a SYN+ACK or an RST: a port that answers to a later SYN shows that an
// earlier one was lost. Silence alone shows nothing, so a network full of filtered ports and of dead hosts slows nobody
// down. Nor do ICMP errors: routers and hosts send them at a limited rate, whatever the path can take.
#include <algorithm>
#include <array>

#include "tcp-syn/tcp_syn.hpp"

namespace sonde::tcp_syn {

static_assert(most_tries + net::extra_attempts <= PortTable::most_sent, "each attempt at a port is counted");

// Of a port whose first answer came at that time.
void TcpSyn::tell_fates(uint32_t slot, uint32_t place, int64_t arrived) {
  const uint8_t sent = table_.sent(slot, place);
  std::array<int64_t, most_tries + net::extra_attempts> sent_at{};
  for (unsigned i = 0; i < sent && i < sent_at.size(); ++i) sent_at[i] = times_.at(index_of(slot, place), i);
  loss_.answered_at(arrived, std::span(sent_at).first(std::min<size_t>(sent, sent_at.size())), rtt_);
}

net::Standing TcpSyn::standing(uint32_t slot, uint32_t place) const {
  const PortState state = table_.state(slot, place);
  // Something came back for it, if only an error of a router: that packet was not lost. And what this machine refuses
  // to send to this port it refuses again.
  if (state != PortState::silent) return {};
  return net::weigh(table_.sent(slot, place), questions_.tries(), questions_.most(),
                    [&](unsigned i) { return loss_.silence(times_.at(index_of(slot, place), i)); });
}

// The wait for this host is over. True: it goes on, for ports whose silence proves nothing, or may not.
bool TcpSyn::goes_on(uint32_t slot, int64_t now) {
  if (!loss_) return false;
  Questions::Slot& s = questions_[slot];
  Question& q = s.question;
  uint32_t again = 0;
  unsigned rounds = 0;
  bool waits = false, in_doubt = false;
  for (uint32_t place = first_place(q); place < end_place(q); ++place) {
    const net::Standing port = standing(slot, place);
    const unsigned sent = table_.sent(slot, place);
    if (port.verdict == net::Verdict::asked_again) {
      ++again;
      rounds = std::max(rounds, questions_.tries() + port.proves_nothing - sent);
    }
    waits |= port.verdict == net::Verdict::waits;
    in_doubt |= port.verdict == net::Verdict::ends_in_doubt;
  }
  if (again > 0 && s.sent < questions_.most()) {
    loss_.asked_again(again);
    questions_.ask_again(slot, now, rounds);
    return true;
  }
  if (waits) {
    questions_.wait_longer(slot, now);
    return true;
  }
  q.in_doubt |= in_doubt || again > 0;
  return false;
}

// Its time is up. What was never asked is told as that.
void TcpSyn::cut_short(uint32_t slot) {
  if (!loss_) return;
  Question& q = questions_[slot].question;
  for (uint32_t place = first_place(q); place < end_place(q) && !q.in_doubt; ++place)
    q.in_doubt = table_.sent(slot, place) > 0 && standing(slot, place).verdict != net::Verdict::ends;
}

}  // namespace sonde::tcp_syn
