// What is said to one agent, and what came of it: discovery, credentials in order, the objects, the tables. Pure state:
// it knows neither sockets nor timers; the probe sends what is due and hands over what came.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common-linux/rtt.hpp"
#include "common-linux/siphash.hpp"
#include "message.hpp"
#include "on_the_way.hpp"
#include "options.hpp"
#include "walk.hpp"

namespace sonde::snmp {

/// An answer of this many texts fits in one unfragmented packet, mostly.
inline constexpr size_t objects_at_once = 12;
inline constexpr int64_t never = std::numeric_limits<int64_t>::max();

/// What is known of an agent in the end.
struct Findings {
  const Credential* accepted = nullptr;
  std::vector<std::pair<const Wanted*, Value>> values;
  std::vector<std::pair<std::string, std::string>> tables;      ///< key, JSON
  std::vector<std::pair<std::string, std::string>> incomplete;  ///< table, why
  std::vector<std::string> refusals;                            ///< "v3 user lab: unknown user"
  Chassis chassis;
  bool answered = false;  ///< an SNMP message came that makes sense
};

/// What the questions of all hosts of an instance have in common.
struct Traffic {
  net::RttEstimate round_trips;
  OnTheWay on_the_way;
};

class Conversation {
 public:
  /// One question with its repetitions.
  struct Exchange {
    enum class Purpose : uint8_t { closed, discovery, values, table };
    Purpose purpose = Purpose::closed;
    Request request;
    const Credential* credential = nullptr;
    std::string message;
    uint32_t sent = 0, tries = 1;
    uint32_t stuck = 0;  ///< times that this machine let it not out, which are no tries
    int64_t first_sent = 0;
    int64_t due = never;  ///< when it is to be sent (again) or given up
    uint64_t ticket = 0;  ///< of its last packet, see OnTheWay
    bool open() const { return purpose != Purpose::closed; }
    /// Sent as often as may be, or kept here as often.
    bool over() const { return sent == tries || stuck == tries; }
  };

  /// `options` and `traffic`, those of all hosts, must outlive it; `ids` is the key of request ids. sonde::Failure when
  /// a question cannot be coded; so may each function below.
  Conversation(const Options& options, Traffic& traffic, const net::SipKey& ids, const std::array<uint8_t, 16>& target,
               int64_t now);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// The question that is due, or null. To be sent: sent() or stuck(); is to be given up: unanswered().
  Exchange* due(int64_t now);
  int64_t next_due() const;
  /// A question waits that was not sent yet, be it for the rate, or only less often than it would have been.
  bool owes_question() const { return main_.open() && main_.sent < (main_.stuck > 0 ? main_.tries : 1); }
  /// A question was given up that this machine had let out less often than it should: silence proves nothing.
  bool was_stuck() const { return was_stuck_; }
  bool finished() const { return !main_.open() && !side_.open(); }
  void sent(Exchange& exchange, int64_t now);
  void stuck(Exchange& exchange, int64_t now);
  void unanswered(Exchange& exchange, int64_t now);
  Fate receive(std::span<const uint8_t> message, int64_t now);
  /// No more questions; what came of a table so far is kept with `why`.
  void stop(const std::string& why);

  const Findings& findings() const { return findings_; }
  const Engine& engine() const { return engine_; }

 private:
  using Purpose = Exchange::Purpose;
  int64_t spacing() const;
  void ask(Exchange& exchange, Purpose purpose, Request request, const Credential& credential, uint32_t tries,
           int64_t now);
  void discover(Exchange& exchange, int64_t now);
  void next_credential(int64_t now);
  void refused(const std::string& why, int64_t now);
  void ask_values(int64_t now);
  void values_answered(const Reply& reply, int64_t now);
  void leave_out(const Reply& reply);
  void batch_done(int64_t now);
  bool resynchronised(const Reply& reply);
  void next_table(int64_t now);
  void ask_table(int64_t now);
  void table_answered(const Request& request, const Reply& reply, int64_t now);
  void table_done();

  const Options& options_;
  Traffic& traffic_;
  net::SipKey ids_;
  std::array<uint8_t, 16> target_;
  uint32_t numbers_ = 0, resyncs_ = 0;
  bool was_stuck_ = false;
  Exchange main_, side_;  ///< `side_`: discovery beside the first community
  Engine engine_;
  int64_t slowest_ = 0;                       ///< answer of this agent, from the first packet on; ns
  size_t at_once_ = objects_at_once;          ///< learned from what was too big
  int64_t error_ = 0;                         ///< the last that named no object, with this credential
  size_t credential_ = 0;                     ///< of the options, one further than the present
  std::vector<const Wanted*> asked_, later_;  ///< objects of this question, and of those to come
  Appetite appetite_;
  size_t table_ = 0;  ///< of the options, one further than the present
  std::optional<Walk> walk_;
  size_t table_bytes_ = 0;
  Findings findings_;
};

}  // namespace sonde::snmp
