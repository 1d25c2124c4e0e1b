// The probe: asks the neighbours of this machine for their hardware address, and reads the kernel's table for the rest.
#pragma once
#include <sonde/plugin.hpp>

#include <memory>
#include <span>
#include <vector>

#include "arp-oui/held_answers.hpp"
#include "arp-oui/link_sockets_linux.hpp"
#include "arp-oui/oui.hpp"
#include "common-linux/alarm.hpp"
#include "common-linux/attempts.hpp"
#include "common-linux/batch.hpp"
#include "common-linux/loss.hpp"
#include "common-linux/netlink_linux.hpp"
#include "common-linux/pacer.hpp"
#include "common-linux/slot_index.hpp"

namespace sonde::arp_oui {

inline constexpr Scalar<bool> alive{0, "alive", "the target itself answered on the link, or is this machine"};
inline constexpr Scalar<std::string_view> mac{1, "mac", "hardware address, AA:BB:CC:DD:EE:FF"};
inline constexpr Scalar<std::string_view> vendor{2, "vendor", "to whom the IEEE assigned the address block"};
inline constexpr List<std::string_view> mac_flags{
    3, "mac_flags",
    "local: made up; virtual-router, load-balancer: of a group; shared: answers for many addresses; "
    "relayed: sent from another card",
    SONDE_F_DETAIL};
inline constexpr Scalar<std::string_view> link_state{
    4, "link", "direct: answered on the link; silent: asked there in vain; self: this machine", SONDE_F_DETAIL};
inline constexpr auto outputs = fields(alive, mac, vendor, mac_flags, link_state);

class ArpOui {
 public:
  explicit ArpOui(Context host);
  ~ArpOui();

  size_t start(std::span<const sonde_task> tasks);
  void on_io(uint64_t id, uint64_t user, uint32_t events);
  void on_timer(uint64_t id, uint64_t user);
  void cancel(Task task, uint64_t user, uint32_t why);

 private:
  struct Question {
    net::Ip ip{}, source{};
    uint32_t socket = 0;  // index in sockets_
  };
  using Questions = net::Attempts<Question>;
  static uint64_t hash_of(const net::Ip& ip, uint32_t link) { return net::IpHash()(ip) + link * uint64_t{0x9e3779b9}; }

  bool read_vendors(const std::vector<std::string>& named);
  bool answer_now(Task, const net::Ip&, uint32_t scope_id, const net::Link* own, int64_t now);
  LinkSocket* socket_for(const net::OnLink&, bool four);
  bool take_token(int64_t now);
  void send(uint32_t slot, int64_t now);
  void flush(LinkSocket&, int64_t now);
  void flush_all(int64_t now);
  void send_due(int64_t now);
  void end_due(int64_t now);
  void arm(int64_t now);
  bool drain(LinkSocket&);
  void answered(const LinkSocket&, const net::Ip&, const net::Ip* asked_by, const net::Mac&,
                const net::Mac& frame_source);
  void tell(const HeldAnswer&);
  void describe(Task, const net::Mac&, bool shared);
  void close(uint32_t slot);

  Context host_;
  const unsigned tries_;
  const int64_t interval_, timeout_;
  std::shared_ptr<const OuiTable> oui_;  // of the default files: none before the first task
  unsigned vendor_tries_ = 100;          // a second in all: offers of tasks that may wait for a descriptor to read them
  net::NetlinkReader netlink_;
  net::Network network_;
  int64_t neighbours_read_;
  std::vector<LinkSocket> sockets_;
  net::ReceiveBatch receive_;
  Questions questions_;
  net::SlotIndex asked_;  // by address and link
  const net::LossReport loss_;
  net::RttEstimate rtt_;
  HeldAnswers held_;
  net::Pacer pacer_;
  net::Alarm alarm_;
  bool hungry_ = false;  // start() left tasks for want of tokens
  uint64_t malformed_ = 0, unasked_ = 0;
};

}  // namespace sonde::arp_oui
