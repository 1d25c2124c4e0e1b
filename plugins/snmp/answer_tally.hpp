// How many hosts took a credential, over all instances of a stage. SNMP answers a wrong community with silence, so that
// one host says nothing about it; that of all hosts none has answered does.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sonde::snmp {

class AnswerTally {
 public:
  /// The one that the living instances of this stage share. enter() and leave() once each.
  static std::shared_ptr<AnswerTally> of_stage(std::string_view stage);
  void enter() { ++instances_; }
  /// True for the last one.
  bool leave() { return --instances_ == 0; }

  void accepted() { ++accepted_; }
  void refused() { ++refused_; }  ///< an agent answered, and took no credential
  void silent() { ++silent_; }    ///< a host that is alive, from whose port nothing came, not even "unreachable"

  /// What to warn of behind the last host; empty: nothing.
  std::string complaint() const;

 private:
  std::atomic<uint32_t> instances_{0};
  std::atomic<uint64_t> accepted_{0}, refused_{0}, silent_{0};
};

}  // namespace sonde::snmp
