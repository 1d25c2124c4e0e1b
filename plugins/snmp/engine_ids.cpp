// The table of engine ids of a run.
#include "engine_ids.hpp"

namespace sonde::snmp {

std::shared_ptr<EngineIds> EngineIds::of_this_run() {
  static std::mutex mutex;
  static std::weak_ptr<EngineIds> current;
  const std::lock_guard<std::mutex> held(mutex);
  auto ids = current.lock();
  if (!ids) current = ids = std::make_shared<EngineIds>();
  return ids;
}

std::string EngineIds::claim(const std::string& engine_id, const std::string& address) {
  const std::lock_guard<std::mutex> held(mutex_);
  const auto [known, fresh] = first_.emplace(engine_id, address);
  return fresh || known->second == address ? std::string() : known->second;
}

}  // namespace sonde::snmp
