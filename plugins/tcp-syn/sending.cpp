// How packets leave: by which socket, from which address, and what becomes of those that this machine does not let out.
#include <algorithm>
#include <cerrno>

#include "common-linux/send_error.hpp"
#include "tcp-syn/tcp_syn.hpp"

namespace sonde::tcp_syn {

// How this target is reached; false when it is not, and the task is over.
bool TcpSyn::choose_path(Task task, const sonde_target& target, Question& q) {
  q.ip = net::ip6(target.ip);
  q.scope_id = target.scope_id;
  const bool four = net::is_v4(q.ip);
  const Family& family = four ? v4_ : v6_;
  if (!family) {
    task.fail(SONDE_E_DENIED, family.why_not);
    return false;
  }
  if (const auto path =
          net::frame_path(frames_, network_, task, link_input, mac_input, target, net::ip6_header_size + syn_size)) {
    q.frame = path->socket;
    q.ends = path->ends;
    return true;
  }
  if (!four) return true;
  const int error = source_address_.find(q.ip, q.ends.from);
  if (error == 0) return true;
  if (net::classify_send_error(error) == net::SendFault::shortage) {
    ++counters_.shortages;
    task.done(SONDE_POSTPONED);
    return false;
  }
  task.fail(error == EACCES || error == EPERM ? SONDE_E_DENIED : SONDE_E_IO,
            net::explain_send_error("a SYN", error, q.ip));
  return false;
}

void TcpSyn::send_syn(const Question& q, PacketTag tag, uint16_t port) {
  const Family& family = net::is_v4(q.ip) ? v4_ : v6_;
  if (q.frame) {
    const auto body = net::write_frame_headers(q.frame->batch->buffer(), q.ends, IPPROTO_TCP, syn_size, ip_id_++);
    write_syn(body.first<syn_size>(), frame_identity_, q.ip, port);
    seal(body, q.ends.from, q.ip);
    framed_ = true;
    put_on_wire(*q.frame, q.ends, syn_size, tag);
    return;
  }
  auto buffer = family.batch->buffer();
  if (family.four) {
    net::write_ip4_header(buffer.first<net::ip4_header_size>(), q.ends.from, q.ip, IPPROTO_TCP, syn_size, 0);
    buffer = buffer.subspan(net::ip4_header_size);
  }
  write_syn(buffer.first<syn_size>(), identity_, q.ip, port);
  if (family.four) seal(buffer.first(syn_size), q.ends.from, q.ip);
  put_on_wire(family, q.ip, q.scope_id, syn_size, tag);
}

// Takes back the connection that a target has half opened, the way that the SYN went: the kernel's own RST would go
// through its neighbour table.
void TcpSyn::send_reset(const Arrival& arrival, const AnswerSegment& answered) {
  const Identity& self = arrival.asked_as(*this);
  const net::FrameAddresses back = net::reversed(arrival.ends);
  const PacketTag nobody = {0, no_place};
  if (arrival.link) {
    const auto body = net::write_frame_headers(arrival.link->batch->buffer(), back, IPPROTO_TCP, reset_size, ip_id_++);
    write_reset(body.first<reset_size>(), self, answered.port, answered.acknowledged);
    seal(body, back.from, back.to);
    put_on_wire(*arrival.link, back, reset_size, nobody);
    return;
  }
  const Family& family = arrival.family;
  auto buffer = family.batch->buffer();
  if (family.four) {
    net::write_ip4_header(buffer.first<net::ip4_header_size>(), back.from, back.to, IPPROTO_TCP, reset_size, 0);
    buffer = buffer.subspan(net::ip4_header_size);
  }
  write_reset(buffer.first<reset_size>(), self, answered.port, answered.acknowledged);
  if (family.four) seal(buffer.first(reset_size), back.from, back.to);
  put_on_wire(family, back.to, arrival.scope_id, reset_size, nobody);
}

void TcpSyn::put_on_wire(FrameSocket& link, const net::FrameAddresses& ends, size_t size, PacketTag tag) {
  link.add(size, ends, tag);
  if (link.batch->full()) flush(*link.batch, link.socket.fd(), true);
}

void TcpSyn::put_on_wire(const Family& family, const net::Ip& ip, uint32_t scope_id, size_t size, PacketTag tag) {
  net::SocketAddress to;
  const socklen_t length = net::write_socket_address(ip, scope_id, to);
  family.batch->add((family.four ? net::ip4_header_size : 0) + size, to, length, tag);
  if (family.batch->full()) flush(*family.batch, family.tcp.fd(), false);
}

void TcpSyn::flush(Batch& batch, int fd, bool framed) {
  batch.flush(
      fd, [](PacketTag, int64_t) {}, [&](PacketTag tag, int error) { send_failed(tag, framed, error); });
}

void TcpSyn::flush_all() {
  for (const Family* f : {&v4_, &v6_})
    if (*f && !f->batch->empty()) flush(*f->batch, f->tcp.fd(), false);
  for (FrameSocket& f : frames_)
    if (!f.batch->empty()) flush(*f.batch, f.socket.fd(), true);
}

void TcpSyn::send_failed(PacketTag tag, bool framed, int error) {
  if (tag.place == no_place) return;
  pacer_.give_back(1);
  Questions::Slot* s = questions_.find(tag.slot);
  if (!s) return;  // another packet of that host was refused before
  const net::SendFault fault = net::classify_send_error(error);
  const bool shortage = fault != net::SendFault::local;
  if (shortage) {
    (fault == net::SendFault::shortage ? short_ : s->question.sourceless) = true;
    ++counters_.shortages;
    if (error == ENOBUFS) loss_.congested(1);
  }
  if (shortage || framed) {
    // The neighbour may be reachable by the kernel's choice even where our frame is not (a link that went down).
    if (!shortage) s->question.frame = nullptr;
    table_.add_sent(tag.slot, tag.place, -1);
    s->question.cursor = std::min(s->question.cursor, tag.place);
    return;
  }
  refused(tag, error, host_.now());
}

// This machine does not let that SYN out: its firewall may forbid one port and no other, so the others are asked all
// the same.
void TcpSyn::refused(PacketTag tag, int error, int64_t now) {
  Question& q = questions_[tag.slot].question;
  refusal_ = q.refusal = error;
  table_.add_sent(tag.slot, tag.place, -1);
  if (table_.sent(tag.slot, tag.place) > 0) {
    // One has left before, and is waited for; but its silence is that of fewer SYNs than were promised.
    q.in_doubt = true;
    table_.learn(tag.slot, tag.place, PortState::withheld);
    return;
  }
  if (table_.learn(tag.slot, tag.place, PortState::refused)) settled(tag.slot, tag.place, now);
}

}  // namespace sonde::tcp_syn
