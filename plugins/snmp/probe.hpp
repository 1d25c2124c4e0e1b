// The probe: a dialled UDP socket and a Conversation for each host. It sends what is due, hands over what comes, and
// puts what was found.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <sonde/plugin.hpp>
#include <span>
#include <unordered_map>
#include <vector>

#include "answer_tally.hpp"
#include "conversation.hpp"
#include "engine_ids.hpp"
#include "options.hpp"

namespace sonde::snmp {

class Probe {
 public:
  explicit Probe(Context host);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  size_t start(std::span<const sonde_task> tasks);
  void on_io(uint64_t id, uint64_t user, uint32_t events);
  void on_timer(uint64_t id, uint64_t user);
  void cancel(Task task, uint64_t user, uint32_t why);

 private:
  struct Host {
    uint64_t handle = 0;
    sonde_task task = 0;
    sonde_target target{};
    std::optional<Conversation> talk;
    sonde_conn wire{};
    uint64_t timer = 0;
    uint32_t sent = 0;     ///< packets, those included that did not leave
    int fault = 0;         ///< why the last of those did not: an errno
    bool heard = false;    ///< something came back from the address
    bool refused = false;  ///< nothing listens there
  };
  enum class Sent : uint8_t { yes, later, no };

  Host* find(uint64_t handle);
  /// Each of these may end the task and with it the host.
  void dial(Host& host);
  void work(Host& host);
  void read(Host& host);
  void fail(Host& host, sonde_err code, const std::string& why);
  void conclude(Host& host);

  bool advance(Host& host, int64_t& wait_until);
  Sent send(Host& host, const std::string& message, int64_t& again);
  void count(Fate fate);
  void count(const Host& host);
  void put(const Host& host);
  void put_engine(const Host& host);
  void release(uint64_t handle);

  Context sonde_;
  Options options_;
  Traffic traffic_;
  net::SipKey ids_;  ///< of requests: the seed of a run is no secret
  std::shared_ptr<EngineIds> engines_;
  std::shared_ptr<AnswerTally> tally_;
  std::unordered_map<uint64_t, std::unique_ptr<Host>> hosts_;
  uint64_t last_handle_ = 0;
  uint64_t broken_ = 0, foreign_ = 0, forged_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace sonde::snmp
