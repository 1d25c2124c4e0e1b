// One instance of an asynchronous probe on one shard: what the plugin may ask for, answered out of the shard.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/ip_address.hpp"
#include "engine/convert.hpp"
#include "engine/event_loop.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

class CrashScope;
class HeldSockets;
class Shard;
enum class Permit : uint8_t;
struct ShardStage;

class ProbeInstance final : public HostCalls, public LoopClient {
 public:
  ProbeInstance(Shard& shard, uint8_t stage);
  ~ProbeInstance();
  /// Calls the plugin's create(). A Diagnostic says why it would not.
  Result<void> create();
  uint8_t stage_index() const { return stage_; }
  /// It judges silence by the extension sonde.loss/1: a run that slows down makes its tasks ask again, and take longer.
  bool judges_silence() const { return judges_silence_; }
  /// Reads how many packets its sockets have dropped for want of buffer: those of raw() and those that it watches.
  void look_for_drops(int64_t now);
  /// Those of raw(), and those that it watches, before it is destroyed.
  void hold_sockets(HeldSockets&) const;
  /// By a connection's tag in the loop.
  static bool is_datagram(uint64_t tag);
  /// A socket of its own dropped that many since then.
  void dropped(uint64_t packets, int64_t since, int64_t now);

  int32_t call_start(std::span<const sonde_task> tasks);
  void call_timer(uint64_t id, uint64_t user);
  void call_cancel(sonde_task, uint64_t user, uint32_t why);
  void on_io(uint64_t id, uint64_t user, uint32_t events) override;
  void on_timer(uint64_t id, uint64_t user) override { call_timer(id, user); }

  const void* extension(std::string_view id) override;
  int log_enabled(int level) override;
  void log(sonde_task, int level, std::string_view message) override;
  sonde_err place(sonde_place* out) override;
  sonde_err target(sonde_task, sonde_target* out) override;
  int64_t deadline(sonde_task) override;
  int cancelled(sonde_task) override;
  sonde_err attach(sonde_task, uint64_t user) override;
  uint32_t count(sonde_task, uint32_t input) override;
  sonde_err get(sonde_task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) override;
  sonde_err put(sonde_task, uint32_t output, std::string_view key, const sonde_value&) override;
  sonde_err done(sonde_task, sonde_outcome) override;
  sonde_err dial(sonde_task, const sonde_target&, uint32_t events, uint64_t user, sonde_conn* out) override;
  sonde_err hangup(uint64_t id, bool reset) override;
  sonde_err admit(sonde_task, const sonde_target&) override;
  sonde_err raw(int family, int proto, uint32_t ifindex, int* fd) override;
  uint32_t pace(uint32_t packets, int64_t* again) override;
  sonde_err watch(int fd, uint32_t events, uint64_t user, uint64_t* id) override;
  sonde_err rewatch(uint64_t id, uint32_t events) override;
  sonde_err unwatch(uint64_t id) override;
  sonde_err timer(int64_t at, uint64_t user, uint64_t* id) override;
  sonde_err untimer(uint64_t* id) override;
  sonde_err wake(uint64_t user) override;
  sonde_err document(std::string_view name, sonde_str* out) override;

 private:
  friend struct LossTable;
  /// Of a connection's tag in the loop; no_slot: not dialled for a task.
  static uint32_t slot_of(uint64_t tag);
  /// Around each call into the plugin that begins a new look at the drops.
  [[nodiscard]] CrashScope enter();
  void own_socket(int fd);
  void socket_unwatched();
  /// Once for each call into the plugin: what it drained before it asked cannot have been dropped since.
  void look_for_drops_once();
  /// Runs f on the shard's thread: at once when we are on it; for a plugin with threads of its own posted and waited
  /// for; else SONDE_E_THREAD.
  template <class F>
  sonde_err on_shard(F&& f) {
    return here() ? f() : on_shard_from_elsewhere(std::ref(f));
  }
  sonde_err on_shard_from_elsewhere(const std::function<sonde_err()>& f);
  bool here() const;
  sonde_err done_here(sonde_task, sonde_outcome);
  sonde_err check_scope(sonde_task, uint32_t slot, const sonde_target&, const IpAddress&);
  Permit permit_for(uint32_t slot);  ///< no_slot: for task 0
  const struct StagePlan& stage_plan() const;

  Shard& shard_;
  uint8_t stage_;
  const struct PluginEntry& plugin_;
  sonde_inst* instance_ = nullptr;
  FieldItems items_;       ///< of the task that asks
  const uint32_t rights_;  ///< SONDE_NEED_* with the options of this stage
  bool has_threads_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< what is posted holds it weakly
  struct OwnSocket {
    int fd;
    uint64_t inode;  ///< the number may be another's by the time we look
    uint64_t drops;  ///< at the last look
  };
  std::vector<OwnSocket> sockets_;
  int64_t last_look_ = 0;
  bool looked_in_call_ = false;
  bool lost_before_ = false;  ///< of the target that is told about, an earlier packet
  bool judges_silence_ = false;
  std::mutex wake_mutex_;
  std::vector<uint64_t> wakes_;  ///< users of wake() not yet told
};

}  // namespace sonde::core
