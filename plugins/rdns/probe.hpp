// The reverse DNS probe: asks for the PTR of each target, then whether the names lead back, thousands at once, and asks
// again what was lost. A task ends with an answer, with its last try, or with its deadline.
#pragma once
#include <sonde/plugin.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "common-linux/pacer.hpp"
#include "resolver.hpp"

namespace sonde::rdns {

class Probe final : public ReplySink {
 public:
  explicit Probe(Context host);
  ~Probe();
  size_t start(std::span<const sonde_task> tasks);
  void on_io(uint64_t id, uint64_t user, uint32_t events);
  void on_timer(uint64_t id, uint64_t user);
  void cancel(Task task, uint64_t user, uint32_t why);

 private:
  struct Lookup {
    sonde_task task = 0;
    uint32_t generation = 0;
    Address address{};
    std::string question;
    uint16_t type = type_ptr;
    std::vector<std::string> names;
    size_t server = 0;                          ///< asked last
    size_t asked_back = 0;                      ///< how many of the names were asked for, the present one included
    bool doubtful = false;                      ///< a forward question stayed open
    uint32_t tries = 0, strays = 0, asked = 0;  ///< of the present question
    ReplyKind last = ReplyKind::timeout;        ///< what became of the question that left last
    int no_way = 0;                             ///< the errno of the last reply that was no_way
    size_t no_way_to = 0;                       ///< the server which that was
  };
  struct Later {
    int64_t at;
    Ticket ticket;
    bool operator>(const Later& other) const { return at > other.at; }
  };

  void on_reply(Ticket ticket, const Reply& reply) override;
  void on_answer(Lookup& lookup, Ticket ticket, std::span<const uint8_t> message);
  void on_loss(Lookup& lookup, Ticket ticket, const Reply& reply);
  /// Asks for the next name, or settles when there is none.
  void ask_back(Lookup& lookup, Ticket ticket);
  void unanswerable(Lookup& lookup, Ticket ticket);
  void queue(Ticket ticket);
  void pump();
  void set_timer();
  Lookup* find(Ticket ticket);
  enum class Verdict : uint8_t { nxdomain, nodata, open };
  /// Give the slot back and settle the task: without a name, with names.
  void settle(Ticket ticket, Verdict verdict);
  void settle_named(Ticket ticket, std::optional<bool> confirmed);
  void release(uint32_t slot);
  bool admitted();

  Context host_;
  int64_t timeout_;
  uint32_t tries_;
  bool forward_;
  std::vector<std::unique_ptr<Resolver>> resolvers_;
  std::vector<std::deque<Ticket>> ready_;  ///< by resolver
  size_t admitted_ = 0;
  std::vector<Lookup> lookups_;
  std::vector<uint32_t> free_;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> later_;
  uint64_t timer_ = 0;
  int64_t timer_at_ = 0;
  net::Pacer tokens_;  ///< of the run's rate
};

}  // namespace sonde::rdns
