// A blocking instance in a check: one call of run() at a time, on the real clock, because its reads are real.
#pragma once
#include <mutex>
#include <vector>

#include "check/checking_host.hpp"
#include "check/play.hpp"

namespace sonde::core::check {

class WorkerHost final : public CheckingHost {
 public:
  WorkerHost(const Subject&, Notes&, const Play&, Peers&, std::mutex& peers_mutex, uint32_t index, uint32_t count);

  /// Runs these targets as one batch, each with that much time (ns); `stop_in`: cancelled after so much, 0: never.
  /// What run() returned.
  sonde_err run(const std::vector<IpAddress>&, int64_t time, int64_t stop_in);
  const std::vector<Row>& rows() const { return rows_; }
  int64_t late_ns() const { return late_; }
  uint64_t asked() const { return asked_; }
  uint64_t refused_asks() const { return refused_asks_; }

  sonde_err target(sonde_task, sonde_target* out) override;
  int64_t deadline(sonde_task) override;
  int cancelled(sonde_task) override;
  sonde_err attach(sonde_task, uint64_t) override { return SONDE_OK; }
  uint32_t count(sonde_task, uint32_t input) override;
  sonde_err get(sonde_task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) override;
  sonde_err put(sonde_task, uint32_t output, std::string_view key, const sonde_value&) override;
  sonde_err done(sonde_task, sonde_outcome) override;
  sonde_err connect(sonde_task, const sonde_target&, int* fd) override;
  sonde_err admit(sonde_task, const sonde_target&) override;
  sonde_err raw(int family, int proto, uint32_t ifindex, int* fd) override;
  uint32_t pace(uint32_t packets, int64_t* again) override;

 private:
  struct Job {
    std::vector<Fact> inputs, outputs;
    std::unique_ptr<FactIndex> index;
    std::vector<int> sockets;
    bool over = false;
    Row row;
  };
  Job* find(sonde_task);
  Job* open(sonde_task, const char* call);
  void close(Job&);
  sonde_err check_scope(sonde_task, const Job*, const IpAddress&);
  bool expired() const { return monotonic_ns() >= deadline_; }
  bool stopped() const { return stop_at_ != 0 && monotonic_ns() >= stop_at_; }

  const Play& play_;
  Peers& peers_;
  std::mutex& peers_mutex_;
  std::recursive_mutex mutex_;  ///< of the jobs: threads of the plugin may ask too
  uint64_t serial_ = 0;
  std::vector<Job> jobs_;
  std::vector<Row> rows_;
  int64_t deadline_ = 0, stop_at_ = 0, late_ = 0;
  uint32_t shortages_;
  uint64_t asked_ = 0, refused_asks_ = 0;
};

}  // namespace sonde::core::check
