// The probe: asks the ports of each target by single SYNs, waits, and tells answers from what only looks like one.
// tcp_syn.cpp says whose turn it is, sending.cpp sends, answers.cpp reads what comes back and concludes, lost_syns.cpp
// asks again for what was lost.
#pragma once
#include <sonde/plugin.hpp>

#include <span>
#include <vector>

#include "common-linux/alarm.hpp"
#include "common-linux/attempt_times.hpp"
#include "common-linux/attempts.hpp"
#include "common-linux/batch.hpp"
#include "common-linux/loss.hpp"
#include "common-linux/network.hpp"
#include "common-linux/pacer.hpp"
#include "common-linux/rtt.hpp"
#include "common-linux/slot_index.hpp"
#include "tcp-syn/arrival_time.hpp"
#include "tcp-syn/port_table.hpp"
#include "tcp-syn/segment.hpp"
#include "tcp-syn/sockets_linux.hpp"
#include "tcp-syn/source_address_linux.hpp"
#include "tcp-syn/source_port_linux.hpp"

namespace sonde::tcp_syn {

inline constexpr Scalar<bool> alive{0, "alive",
                                    "true when a port is open or refuses, or the target itself sent an error"};
inline constexpr List<uint64_t> ports{1, "ports", "open TCP ports"};
inline constexpr Scalar<Json> tcp{2, "tcp", "ports that are closed, silent, filtered or were not asked",
                                  SONDE_F_DETAIL};
inline constexpr Scalar<bool> answers_all{3, "tcp-syn.answers_all",
                                          "true: something accepts every port of this address; none is believed"};
inline constexpr auto outputs = fields(alive, ports, tcp, answers_all);

inline constexpr Scalar<std::string_view> mac_input{0, "mac",
                                                    "with link \"direct\": send to it without asking the kernel"};
inline constexpr Scalar<std::string_view> link_input{1, "link", "\"direct\": the target itself answered on this link"};
inline constexpr auto inputs = fields(mac_input, link_input);

class TcpSyn {
 public:
  explicit TcpSyn(Context host);
  ~TcpSyn();

  size_t start(std::span<const sonde_task> tasks);
  void on_io(uint64_t id, uint64_t user, uint32_t events);
  void on_timer(uint64_t id, uint64_t user);
  void cancel(Task task, uint64_t user, uint32_t why);

 private:
  // A host: its ports are asked in rounds, and, where that looks too good, then its decoys.
  struct Question {
    net::Ip ip{};
    uint32_t scope_id = 0;
    FrameSocket* frame = nullptr;  // known neighbour: sent as a whole frame
    net::FrameAddresses ends{};    // of a frame; `from` of every IPv4 packet
    Decoys decoys;
    uint32_t cursor = 0;      // the next place in this round
    uint32_t settled = 0;     // places of this round that need no more asking
    bool deciding = false;    // the decoys' turn
    bool mid_round = false;   // some of its packets had to wait
    bool from_host = false;   // a packet came back from this very address
    bool sourceless = false;  // a SYN had no address to leave from yet, in its last turn
    bool in_doubt = false;    // a port's silence proves nothing, and it may not be asked again
    int refusal = 0;          // errno of the last SYN that this machine did not let out
  };
  using Questions = net::Attempts<Question>;

  struct Endpoint {
    net::Ip ip{};
    uint32_t scope_id = 0;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
  };
  static uint64_t hash_of(const Endpoint& e) { return net::IpHash{}(e.ip) ^ e.scope_id; }
  // An address of a zone is another one on each link; of all others the zone is nobody's business.
  static Endpoint endpoint(const net::Ip& ip, uint32_t scope_id) {
    return {ip, net::is_link_local6(ip) ? scope_id : 0};
  }

  uint32_t take_tokens(uint32_t want, int64_t now);
  bool choose_path(Task, const sonde_target&, Question&);
  uint32_t first_place(const Question& q) const;
  uint32_t end_place(const Question& q) const;
  uint16_t port_at(const Question& q, uint32_t place) const;
  // Of a place among those of all hosts.
  uint32_t index_of(uint32_t slot, uint32_t place) const {
    return slot * static_cast<uint32_t>(table_.width()) + place;
  }
  bool is_due(uint32_t slot, uint32_t place) const;
  uint32_t due_in_turn(uint32_t slot) const;
  bool take_turn(uint32_t slot, int64_t now);
  void set_mid_round(Question&, bool);
  void put_off(uint32_t slot, int64_t now, int64_t wait);
  void send_syn(const Question&, PacketTag, uint16_t port);
  void put_on_wire(const Family&, const net::Ip& to, uint32_t scope_id, size_t size, PacketTag);
  void put_on_wire(FrameSocket&, const net::FrameAddresses&, size_t size, PacketTag);
  void flush(Batch&, int fd, bool framed);
  void flush_all();
  void send_failed(PacketTag, bool framed, int error);
  void refused(PacketTag, int error, int64_t now);
  void end_rounds(int64_t now);
  void send_due(int64_t now);
  void arm(int64_t now);

  // A segment or an ICMP error, the way that it came: in a frame where `link` is set.
  struct Arrival {
    const Family& family;
    FrameSocket* link;
    net::FrameAddresses ends;  // the MACs of frames alone; `to` not of IPv6 packets
    uint32_t scope_id;         // the link, of IPv6 addresses that need one
    int64_t at;
    const Identity& asked_as(const TcpSyn& self) const { return link ? self.frame_identity_ : self.identity_; }
  };
  bool drain_all(int64_t now);
  bool drain(Family&, int64_t now);
  bool drain(FrameSocket&, int64_t now);
  void answer(std::span<const uint8_t> segment, const Arrival&, int64_t now);
  void error(std::span<const uint8_t> icmp, const Arrival&, int64_t now);
  void send_reset(const Arrival&, const AnswerSegment&);
  uint32_t find(const Endpoint&) const;
  std::optional<uint32_t> asked_place(uint32_t slot, uint16_t port) const;
  void learn(uint32_t slot, uint16_t port, PortState, int64_t now);
  void settled(uint32_t slot, uint32_t place, int64_t now);
  void tell_fates(uint32_t slot, uint32_t place, int64_t arrived);
  net::Standing standing(uint32_t slot, uint32_t place) const;
  bool goes_on(uint32_t slot, int64_t now);
  void cut_short(uint32_t slot);
  void conclude(uint32_t slot, int64_t now);
  void report(uint32_t slot, bool stopped = false);
  void close(uint32_t slot);
  void report_counters() const;

  static constexpr uint32_t no_slot = net::SlotIndex::none;

  Context host_;
  const unsigned tries_;
  const int64_t interval_, timeout_;
  // SYNs in frames have a port of their own, so that each answer is heard once: by the packet sockets, which no
  // firewall of this machine stands before, or by the others.
  SourcePort source_port_, frame_port_;
  Identity identity_, frame_identity_;
  PortTable table_;
  net::AttemptMilliseconds times_;  // by index_of()
  const net::LossReport loss_;
  const size_t most_hosts_;
  SourceAddress source_address_;
  net::Network network_;
  Family v4_, v6_;
  std::vector<FrameSocket> frames_;
  net::ReceiveBatch receive_;
  Questions questions_;
  net::SlotIndex hosts_;          // by endpoint
  std::vector<net::Turn> ended_;  // rounds whose last packet is in a batch
  net::Pacer pacer_;
  net::RttEstimate rtt_;
  net::Alarm alarm_;
  std::vector<uint64_t> watches_;
  uint32_t mid_round_ = 0;  // hosts that are
  bool short_ = false;      // of buffers, until the end of this event
  bool hungry_ = false;     // start() left tasks for want of tokens
  bool framed_ = false;     // a frame has been sent
  uint16_t ip_id_ = 0;
  int64_t wall_ahead_ = 0;  // of the monotonic clock, when the sockets were last read

  struct Counters {
    uint64_t late = 0, unproven = 0, errors = 0, shortages = 0, flagged = 0;
  } counters_;
  int refusal_ = 0;  // as of a Question, of any
};

}  // namespace sonde::tcp_syn
