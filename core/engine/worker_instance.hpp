// One instance of a blocking probe in one worker thread: what the plugin may ask for while run() has its tasks.
#pragma once
#include <memory>
#include <vector>

#include "engine/worker_pool.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

class WorkerInstance final : public HostCalls {
 public:
  WorkerInstance(RunShared& shared, uint8_t stage, uint32_t index, uint32_t count);
  ~WorkerInstance();
  Result<void> create();
  /// Calls run() with these jobs and closes whatever it left open.
  void run(const std::vector<std::shared_ptr<Job>>& jobs);

  int log_enabled(int level) override { return level <= shared_.log_level; }
  void log(sonde_task, int level, std::string_view message) override;
  sonde_err place(sonde_place* out) override;
  sonde_err target(sonde_task, sonde_target* out) override;
  int64_t deadline(sonde_task) override;
  int cancelled(sonde_task) override;
  sonde_err attach(sonde_task, uint64_t) override { return SONDE_OK; }  // there is no cancel() to give it back to
  uint32_t count(sonde_task, uint32_t input) override;
  sonde_err get(sonde_task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) override;
  sonde_err put(sonde_task, uint32_t output, std::string_view key, const sonde_value&) override;
  sonde_err done(sonde_task, sonde_outcome) override;
  sonde_err connect(sonde_task, const sonde_target&, int* fd) override;
  sonde_err admit(sonde_task, const sonde_target&) override;
  uint32_t pace(uint32_t packets, int64_t* again) override;
  sonde_err document(std::string_view name, sonde_str* out) override { return shared_.document(name, out); }

 private:
  std::shared_ptr<Job> find(sonde_task) const;
  sonde_err check_scope(sonde_task, const Job*, const sonde_target&, const IpAddress&);
  sonde_err connect_now(Job&, const IpAddress&, const sonde_target&, int* fd);
  bool neighbour_place(Job&);
  bool wait_for_packet(const Job&);
  void close_job(Job&);

  RunShared& shared_;
  const uint8_t stage_;
  const StagePlan& plan_;
  const std::vector<IpAddress> services_;
  const uint32_t rights_;  ///< SONDE_NEED_* with the options of this stage
  const uint32_t index_, count_;
  sonde_inst* instance_ = nullptr;
  mutable std::mutex jobs_mutex_;  ///< a plugin's own thread may still ask after run() has returned
  uint64_t serial_ = 0;            ///< of the batch: part of the task ids
  std::vector<std::shared_ptr<Job>> jobs_;
};

}  // namespace sonde::core
