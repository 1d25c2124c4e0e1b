// The probe: mode run starts nmap on each batch, mode import looks its targets up in reports.
#pragma once
#include <memory>
#include <span>
#include <string>

#include "arguments.hpp"
#include "index.hpp"
#include "nmap_run.hpp"

namespace sonde::nmap_xml {

class Probe {
 public:
  explicit Probe(Context host);
  void run(std::span<const sonde_task> tasks);

 private:
  void set_up_run();
  void look_up(const Task& task) const;
  void run_nmap(std::span<const sonde_task> tasks);
  /// False: the task is settled, its target may not be asked. Waits until `patience` (host's clock) for a permit, and
  /// takes it away from the rest of the batch when there was none.
  bool admitted(const Task& task, const sonde_target& target, int64_t& patience) const;
  void watch(std::vector<std::unique_ptr<NmapRun>>& runs, int64_t end, double rate, uint64_t expected) const;

  Context host_;
  std::shared_ptr<const Index> index_;  ///< mode import
  Rules rules_;
  CommandLine line_;  ///< but for what differs from run to run
  uint64_t port_count_ = 0;
  int64_t timeout_ = 0;
};

}  // namespace sonde::nmap_xml
