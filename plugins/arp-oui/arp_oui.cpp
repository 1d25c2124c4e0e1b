// Who is asked on the link, who is looked up, and what an answer means.
#include "arp-oui/arp_oui.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "arp-oui/arp.hpp"
#include "arp-oui/mac_class.hpp"
#include "arp-oui/ndp.hpp"
#include "arp-oui/oui_files.hpp"

namespace sonde::arp_oui {
namespace {

constexpr uint64_t tick = UINT64_MAX;  // the timer; a socket's events carry its index
constexpr size_t receive_size = 256;   // the longest that is understood, with room for options
constexpr unsigned most_rounds = 16, most_sends = 512;
constexpr int64_t neighbours_valid = 1'000'000'000;  // ns until the kernel's table is read again
constexpr uint64_t is_held = uint64_t{1} << 32;      // in attach(): the number is one of held_

}  // namespace

ArpOui::ArpOui(Context host)
    : host_(host),
      tries_(static_cast<unsigned>(host.option<int64_t>("/tries"))),
      interval_(host.duration("/interval")),
      timeout_(host.duration("/timeout")),
      network_(netlink_.read_all()),
      neighbours_read_(host.now()),
      receive_(receive_size),
      questions_(tries_, net::extra_attempts),
      loss_(host),
      held_(interval_) {
  const bool first = host_.place().index == 0;  // its siblings would only say the same
  const auto named = host_.list<std::string>("/oui_files");
  if (!named.empty() || !default_oui_is_there()) static_cast<void>(read_vendors(named));
  LinkSockets opened;
  if (host.flag("/ask")) opened = open_link_sockets(host_, network_);
  sockets_ = std::move(opened.sockets);
  if (first) {
    const std::string so = ", only looked up in the kernel's table; expected ";
    if (!opened.refused.empty())
      host_.log(SONDE_LOG_WARN, "neighbours on " + net::joined(opened.refused) + " cannot be asked" + so +
                                    "free descriptors (ulimit -n) and links that are up");
    if (!opened.too_many.empty())
      host_.log(SONDE_LOG_WARN, "neighbours on " + net::joined(opened.too_many) + " are not asked" + so +
                                    "no more than " + std::to_string(net::most_link_sockets) +
                                    " sockets, one for each link and family");
  }
  for (size_t i = 0; i < sockets_.size(); ++i)
    sockets_[i].watch = host_.watch(sockets_[i].socket.fd(), SONDE_IO_READ, i);
}

ArpOui::~ArpOui() {
  alarm_.cancel(host_);
  for (const LinkSocket& s : sockets_)
    if (s.watch) host_.unwatch(s.watch);
  if (malformed_ + unasked_ > 0)
    host_.log(SONDE_LOG_DEBUG, "answers that were malformed " + std::to_string(malformed_) +
                                   ", to questions of others or too "
                                   "late " +
                                   std::to_string(unasked_));
}

// False: no descriptor was left, and it is worth another try.
bool ArpOui::read_vendors(const std::vector<std::string>& named) {
  LoadedOui loaded = load_oui(named);
  if (loaded.short_of_files && vendor_tries_ > 0) {
    --vendor_tries_;
    return false;
  }
  oui_ = std::move(loaded.table);
  for (const std::string& warning : loaded.warnings) host_.log(SONDE_LOG_WARN, warning);
  return true;
}

size_t ArpOui::start(std::span<const sonde_task> tasks) {
  // Ten milliseconds, while no question is out that could be answered.
  if (!oui_ && !read_vendors({})) return 0;
  const int64_t now = host_.now();
  // New questions only when no old one waits for its retry: the timer serves those first.
  const bool backlog = questions_.has_postponed() || questions_.send_due() <= now;
  size_t taken = 0;
  for (; taken < tasks.size(); ++taken) {
    const Task task(host_, tasks[taken]);
    const sonde_target target = task.target();
    const net::Ip ip = net::ip6(target.ip);
    const net::Link* own = network_.own(ip, target.scope_id);
    const auto place = own ? std::nullopt : network_.on_link(ip, target.scope_id);
    LinkSocket* socket = place ? socket_for(*place, net::is_v4(ip)) : nullptr;
    if (!socket) {
      answer_now(task, ip, target.scope_id, own, now);
      continue;
    }
    if (backlog || !take_token(now)) break;
    const Question question = {ip, place->source, static_cast<uint32_t>(socket - sockets_.data())};
    const uint32_t slot = questions_.open(task.id(), question);
    asked_.insert(hash_of(ip, socket->link), slot);
    task.attach(slot);
    send(slot, now);
  }
  flush_all(now);
  hungry_ = taken < tasks.size();
  arm(now);
  return taken;
}

// What needs no packet: this machine itself, and whom only the kernel may know. Without an entry nothing is said: a
// host behind a router has no hardware address here, dead or alive.
bool ArpOui::answer_now(Task task, const net::Ip& ip, uint32_t scope_id, const net::Link* own, int64_t now) {
  if (own) {
    task.put(alive, true);
    task.put(link_state, "self");
    if (own->mac && !own->loopback) describe(task, *own->mac, false);
    return task.done(SONDE_POSITIVE) == SONDE_OK;
  }
  if (now - neighbours_read_ > neighbours_valid) {
    netlink_.refresh_neighbours(network_);
    neighbours_read_ = now;
  }
  const net::Neighbour* known = network_.neighbour(ip, scope_id);
  if (!known) return task.done(SONDE_CANCELLED) == SONDE_OK;
  // The entry tells who had the address when it was last used, not that anyone has it now: no alive.
  describe(task, known->mac, false);
  return task.done(SONDE_POSITIVE) == SONDE_OK;
}

LinkSocket* ArpOui::socket_for(const net::OnLink& place, bool four) {
  const auto it = std::find_if(sockets_.begin(), sockets_.end(),
                               [&](const LinkSocket& s) { return s.link == place.link->index && s.four == four; });
  return it == sockets_.end() ? nullptr : &*it;
}

bool ArpOui::take_token(int64_t now) {
  return pacer_.take(1, now, [this](uint32_t n, int64_t& again) { return host_.pace(n, again); }) == 1;
}

void ArpOui::send(uint32_t slot, int64_t now) {
  const Question& q = questions_[slot].question;
  LinkSocket& s = sockets_[q.socket];
  net::SocketAddress to{};
  to.link.sll_family = AF_PACKET;
  to.link.sll_protocol = htons(s.four ? ETH_P_ARP : ETH_P_IPV6);
  to.link.sll_ifindex = static_cast<int>(s.link);
  to.link.sll_halen = 6;
  const net::Mac to_mac = s.four ? net::broadcast_mac : solicited_node_mac(q.ip);
  std::memcpy(to.link.sll_addr, to_mac.data(), 6);
  const auto frame = s.batch->buffer();
  if (s.four)
    build_arp_request(frame, s.own_mac, net::v4(q.source), net::v4(q.ip));
  else
    build_solicitation(frame, s.own_mac, q.source, q.ip);
  s.batch->add(frame.size(), to, sizeof to.link, slot);
  if (s.batch->full()) flush(s, now);
}

void ArpOui::flush(LinkSocket& s, int64_t now) {
  s.batch->flush(
      s.socket.fd(), [&](uint32_t slot, int64_t) { questions_.sent(slot, now, interval_, timeout_); },
      [&](uint32_t slot, int error) {
        pacer_.give_back(1);
        if (net::classify_send_error(error) == net::SendFault::shortage) {
          if (error == ENOBUFS) loss_.congested(1);
          questions_.not_sent(slot, now + net::shortage_wait);
          return;
        }
        const Task task(host_, questions_[slot].task);
        const net::Link* link = network_.link(s.link);
        close(slot);
        task.fail(SONDE_E_IO, "the question could not be sent on " + (link ? link->name : std::string("its link")) +
                                  ": " + std::strerror(error) + "; expected a link that is up (ip link)");
      });
}

void ArpOui::flush_all(int64_t now) {
  for (LinkSocket& s : sockets_)
    if (!s.batch->empty()) flush(s, now);
}

void ArpOui::send_due(int64_t now) {
  for (unsigned n = 0; n < most_sends && questions_.send_due() <= now; ++n) {
    if (!take_token(now)) break;
    send(questions_.next_send(now).slot, now);
  }
  flush_all(now);
}

void ArpOui::end_due(int64_t now) {
  for (auto next = questions_.next_end(now); next.what == Questions::Due::give_up; next = questions_.next_end(now)) {
    const net::Verdict verdict = loss_.judge(questions_, next.slot, now);
    if (net::goes_on(verdict)) continue;
    const Task task(host_, questions_[next.slot].task);
    close(next.slot);
    // Later stages pass by who is silent here: not on the word of questions that may have been lost.
    if (verdict == net::Verdict::ends) task.put(link_state, "silent");
    task.done(SONDE_NO_ANSWER);
  }
}

void ArpOui::arm(int64_t now) {
  alarm_.set(host_, questions_, pacer_, hungry_, held_.due(), now, tick);
}

void ArpOui::on_timer(uint64_t id, uint64_t) {
  if (id == 0) return;  // our own wake(): the host offers again what start() left
  alarm_.fired();
  // What had not been read by `now` may have arrived before it: silence is judged only over empty sockets.
  const int64_t now = host_.now();
  bool empty = true;
  for (LinkSocket& s : sockets_) empty = drain(s) && empty;
  if (empty) end_due(now);
  while (const auto answer = held_.take_due(now)) tell(*answer);
  send_due(now);
  if (std::exchange(hungry_, false)) host_.wake(tick);
  arm(now);
}

void ArpOui::on_io(uint64_t, uint64_t user, uint32_t) {
  if (user >= sockets_.size()) return;
  drain(sockets_[user]);
  arm(host_.now());
}

bool ArpOui::drain(LinkSocket& s) {
  return receive_.drain(s.socket.fd(), most_rounds, [&](const net::Received& packet) {
    // What this machine sends passes by as well.
    if (packet.from.link.sll_pkttype == PACKET_OUTGOING) return;
    if (s.four) {
      const auto reply = parse_arp_reply(packet.bytes);
      if (!reply) return void(++malformed_);
      const net::Ip asked_by = net::mapped(reply->asked_by);
      answered(s, net::mapped(reply->sender), &asked_by, reply->mac, reply->frame_source);
    } else {
      const auto advertisement = parse_advertisement(packet.bytes);
      if (!advertisement) return void(++malformed_);
      if (!advertisement->solicited) return void(++unasked_);
      answered(s, advertisement->target, nullptr, advertisement->mac.value_or(advertisement->frame_source),
               advertisement->frame_source);
    }
  });
}

void ArpOui::answered(const LinkSocket& s, const net::Ip& ip, const net::Ip* asked_by, const net::Mac& answer,
                      const net::Mac& frame_source) {
  const uint32_t place = asked_.find(hash_of(ip, s.link), [&](uint32_t other) {
    const Question& q = questions_[other].question;
    return q.ip == ip && sockets_[q.socket].link == s.link;
  });
  Questions::Slot* slot = place == net::SlotIndex::none ? nullptr : questions_.find(place);
  // A gratuitous reply tells everybody; ours is addressed to us.
  if (!slot || slot->sent == 0 || (asked_by && *asked_by != slot->question.source)) {
    ++unasked_;
    return;
  }
  if (net::is_zero(answer)) {
    ++malformed_;
    return;
  }
  const Task task(host_, slot->task);
  // Which question it answers does not say, and a radio that sleeps may answer behind the next one.
  loss_.answered_at(host_.now(), questions_, place, rtt_);
  close(place);
  task.put(alive, true);
  task.put(link_state, "direct");
  if (answer != frame_source) task.put(mac_flags, "relayed");
  if (s.four) {
    const uint32_t held = held_.add(task.id(), answer, host_.now());
    task.attach(is_held | held);
    if (held_.shared(answer)) tell(*held_.take(held, task.id()));
    return;
  }
  describe(task, answer, false);
  task.done(SONDE_POSITIVE);
}

void ArpOui::tell(const HeldAnswer& answer) {
  const Task task(host_, answer.task);
  describe(task, answer.mac, held_.shared(answer.mac));
  task.done(SONDE_POSITIVE);
}

// mac, its flags, and the vendor where the address has one.
void ArpOui::describe(Task task, const net::Mac& address, bool shared) {
  task.put(mac, net::to_text(address));
  const MacClass known = classify(address);
  if (known.local) task.put(mac_flags, "local");
  if (!known.role.empty()) task.put(mac_flags, known.role);
  if (shared) {
    task.put(mac_flags, "shared");
    return;
  }
  const std::string_view name = known.registered() && !net::is_group(address) ? oui_->vendor(address) : known.vendor;
  if (!name.empty()) task.put(vendor, name);
}

void ArpOui::close(uint32_t slot) {
  const Question& q = questions_[slot].question;
  asked_.erase(hash_of(q.ip, sockets_[q.socket].link), slot);
  questions_.close(slot);
}

void ArpOui::cancel(Task task, uint64_t user, uint32_t why) {
  const auto slot = static_cast<uint32_t>(user);
  if ((user & is_held) != 0) {
    // It has answered, whatever ends the task now.
    if (const auto answer = held_.take(slot, task.id())) tell(*answer);
    return;
  }
  const Questions::Slot* s = questions_.find(slot);
  if (!s || s->task != task.id()) return;
  const uint8_t sent = s->sent;
  const bool in_doubt = why == SONDE_EXPIRED && loss_.cut_short(questions_, slot);
  close(slot);
  if (why != SONDE_EXPIRED) {
    task.done(SONDE_CANCELLED);
  } else if (sent == 0) {
    task.fail(SONDE_E_AGAIN, "no question could leave before the deadline");
  } else {
    // Later stages pass by who is silent here; that takes all the questions that were promised.
    if (sent >= tries_ && !in_doubt) task.put(link_state, "silent");
    task.done(SONDE_NO_ANSWER);
  }
}

}  // namespace sonde::arp_oui
