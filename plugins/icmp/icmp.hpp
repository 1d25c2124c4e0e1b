// The echo probe: asks each target a few times, waits, and tells answers from what only looks like one.
#pragma once
#include <sonde/plugin.hpp>

#include <memory>
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
#include "icmp/echo.hpp"
#include "icmp/quoted.hpp"
#include "icmp/sockets_linux.hpp"

namespace sonde::icmp {

inline constexpr Scalar<bool> alive{0, "alive", "a packet came back from this address"};
inline constexpr Scalar<double> rtt_ms{1, "rtt_ms", "round trip of an echo request, in milliseconds"};
inline constexpr auto outputs = fields(alive, rtt_ms);

inline constexpr Scalar<std::string_view> mac_input{0, "mac",
                                                    "with link \"direct\": send to it without asking the kernel"};
inline constexpr Scalar<std::string_view> link_input{1, "link", "\"direct\": the target itself answered on this link"};
inline constexpr auto inputs = fields(mac_input, link_input);

class Icmp {
 public:
  explicit Icmp(Context host);
  ~Icmp();

  size_t start(std::span<const sonde_task> tasks);
  void on_io(uint64_t id, uint64_t user, uint32_t events);
  void on_timer(uint64_t id, uint64_t user);
  void cancel(Task task, uint64_t user, uint32_t why);

 private:
  using FramePath = net::FramePath<uint32_t>;
  struct Question {
    net::Ip ip{};
    uint32_t scope_id = 0;
    std::unique_ptr<const FramePath> frame;   // known neighbour: sent as a whole frame
    int64_t first_asked = 0, last_asked = 0;  // monotonic
    bool answered = false;
  };
  using Questions = net::Attempts<Question>;

  uint32_t take_tokens(uint32_t want, int64_t now);
  bool choose_path(Task, const sonde_target&, Question&);
  void send(uint32_t slot, int64_t now);
  void flush(SlotBatch&, int fd, bool framed, int64_t now);
  void flush_all(int64_t now);
  void send_failed(uint32_t slot, bool framed, int error, int64_t now);
  void send_due(int64_t now);
  void end_due(int64_t now);
  void arm(int64_t now);

  // An ICMP packet, the way that it came.
  struct Arrival {
    bool four;
    net::Ip from;
    uint32_t scope_id;  // the link, of IPv6 addresses that need one
    const EchoIdentity& asked_as;
    bool check_id;
    int64_t wall_time;
  };
  bool drain_all();
  bool drain(EchoSocket&, bool four);
  bool drain(FrameSocket&);
  void received(std::span<const uint8_t> icmp, const Arrival&);
  void reply(const EchoClaim&, const Arrival&);
  void error(const QuotedEcho&, const Arrival&);
  void settle(uint32_t slot, sonde_outcome);
  int64_t round_trip(uint32_t slot, uint8_t attempt, int64_t wall_time);
  void report_counters() const;

  Context host_;
  const unsigned count_;
  const int64_t interval_, timeout_;
  const bool adaptive_;
  const size_t packet_size_;
  // Requests in frames have an id of their own, so that each answer is heard once: by the packet sockets, which no
  // firewall of this machine stands before, or by the others.
  EchoIdentity identity_, frame_identity_;
  net::Network network_;
  EchoSocket v4_, v6_;
  std::vector<FrameSocket> frames_;
  net::ReceiveBatch receive_;
  std::vector<uint8_t> echo_;  // scratch: the request inside a frame
  Questions questions_;
  net::AttemptTimes<int64_t> sent_at_;  // wall clock
  const net::LossReport loss_;
  net::Pacer pacer_;
  net::RttEstimate rtt_;
  net::Alarm alarm_;
  uint64_t watch4_ = 0, watch6_ = 0;
  bool hungry_ = false;  // start() left tasks for want of tokens
  bool framed_ = false;  // a frame has been sent
  uint16_t ip_id_ = 0;

  struct Counters {
    uint64_t duplicates = 0, late = 0, other_source = 0, unproven = 0, errors = 0, shortages = 0;
  } counters_;
  bool told_other_source_ = false;
};

}  // namespace sonde::icmp
