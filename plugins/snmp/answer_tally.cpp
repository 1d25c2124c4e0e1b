#include "answer_tally.hpp"

#include <map>
#include <mutex>

namespace sonde::snmp {
namespace {

std::string hosts(uint64_t n, const char* one, const char* many) {
  return n == 1 ? std::string("the one host that ") + one : "none of the " + std::to_string(n) + " hosts that " + many;
}

}  // namespace

std::shared_ptr<AnswerTally> AnswerTally::of_stage(std::string_view stage) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<AnswerTally>, std::less<>> known;
  const std::lock_guard<std::mutex> held(mutex);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<AnswerTally>& place = known[std::string(stage)];
  auto tally = place.lock();
  if (!tally) place = tally = std::make_shared<AnswerTally>();
  return tally;
}

std::string AnswerTally::complaint() const {
  if (accepted_ != 0) return {};
  // Agents that are there weigh more than hosts on which there may be none.
  if (refused_ != 0)
    return hosts(refused_, "runs an SNMP agent took none of the credentials",
                 "run SNMP agents took any of the credentials") +
           ": check the community, or the user and its keys";
  if (silent_ != 0)
    return hosts(silent_, "is alive answered none of the credentials", "are alive answered any of the credentials") +
           ": the community may be wrong, which agents meet with silence, or no agent may run there";
  return {};
}

}  // namespace sonde::snmp
