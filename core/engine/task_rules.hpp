// The rules of tasks that an asynchronous probe's instance and a worker's answer by alike.
#pragma once
#include <sonde/plugin.h>

#include <span>
#include <string>

#include "engine/budgets.hpp"
#include "engine/convert.hpp"
#include "plan/plan.hpp"

namespace sonde::core {

/// Why `ip` may not be reached, or empty. `own`: the target of the task, nullptr for task 0, which may reach `services`
/// (sorted).
std::string scope_refusal(const Scope&, const IpAddress* own, std::span<const IpAddress> services, const sonde_target&,
                          const IpAddress& ip);

/// Why a task that put these facts is not positive: it left out a required field. Or empty.
std::string missing_field(const StagePlan&, std::span<const Fact> put);

/// What place() answers.
void write_place(const Plan&, uint8_t stage, uint32_t index, uint32_t count, sonde_place* out);

/// What get() answers of what the stages before stated.
sonde_err read_input(const Plan&, uint8_t stage, uint32_t input, uint32_t item, sonde_task, FieldItems&,
                     std::span<const Fact> known, const Outcome* outcomes, sonde_str* key, sonde_value* out);

/// One packet of the rate, and then a place in the neighbour table: that counts from now on, and is not taken for a
/// packet that may not leave.
enum class Permit : uint8_t { given, no_packet, no_place };
template <class TakePlace>
Permit take_permit(PacketBudget& packets, int64_t now, const TakePlace& take_place) {
  int64_t again = 0;
  if (packets.take(1, now, &again) == 0) return Permit::no_packet;
  if (take_place()) return Permit::given;
  packets.give_back(now);
  return Permit::no_place;
}
/// What admit() says of it.
constexpr sonde_err answer_of(Permit p) {
  return p == Permit::given ? SONDE_OK : SONDE_E_AGAIN;
}

}  // namespace sonde::core
