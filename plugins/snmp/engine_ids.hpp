// Which address has which engine id. An engine id names one device (RFC 3411), so two addresses with the same one are
// two addresses of a device, or clones of an image, which SNMPv3 cannot tell apart.
//
// This is the one thing that the instances of a run share while it goes: shards see different hosts. It is guarded by
// a mutex, taken once a host that answered, and ends with the last instance.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace sonde::snmp {

class EngineIds {
 public:
  /// The one of this run, made by the first instance.
  static std::shared_ptr<EngineIds> of_this_run();

  /// Who else has it: the first address that was heard with it, empty for the first itself. [any]
  std::string claim(const std::string& engine_id, const std::string& address);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> first_;  ///< engine id -> address
};

}  // namespace sonde::snmp
