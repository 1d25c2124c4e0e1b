// Calls into the plugin, and its calls about tasks and fields. The network side is in probe_instance_net.cpp.
#include "engine/probe_instance.hpp"

#include <algorithm>
#include <future>

#include "engine/convert.hpp"
#include "engine/crash.hpp"
#include "engine/creation.hpp"
#include "engine/shard.hpp"
#include "engine/sockets.hpp"
#include "engine/task_rules.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

namespace {
/// What the stages before stated.
std::span<const Fact> known(const HostSlot& h) {
  return std::span(h.facts).first(h.first_fact);
}
}  // namespace

ProbeInstance::ProbeInstance(Shard& shard, uint8_t stage)
    : HostCalls(&shard.plan().stages[stage].options),
      shard_(shard),
      stage_(stage),
      plugin_(*shard.plan().stages[stage].plugin),
      rights_(needs_of(plugin_, shard.plan().stages[stage].options)),
      has_threads_((plugin_.needs & SONDE_NEED_THREADS) != 0) {}

const StagePlan& ProbeInstance::stage_plan() const {
  return shard_.plan().stages[stage_];
}

Result<void> ProbeInstance::create() {
  CrashScope scope(plugin_.id.c_str(), stage_plan().name.c_str());
  const sonde_err e = plugin_.plugin->create(context(), table(), &instance_);
  if (e == SONDE_OK) return {};
  instance_ = nullptr;
  return creation_failure(e, take_failure(0), stage_plan());
}

ProbeInstance::~ProbeInstance() {
  if (instance_) {
    CrashScope scope(plugin_.id.c_str(), stage_plan().name.c_str());
    plugin_.plugin->destroy(instance_);
  }
  // What the plugin forgot. Dialled connections are ours to close, the others were its own.
  shard_.loop().remove_all(*this, [this](int fd, uint64_t tag) {
    if (tag == 0) return;
    close_socket(fd, false);
    shard_.shared().budgets.descriptors.give_back();
  });
  shard_.loop().disarm_all(*this);
}

CrashScope ProbeInstance::enter() {
  looked_in_call_ = false;
  return {plugin_.id.c_str(), stage_plan().name.c_str()};
}

int32_t ProbeInstance::call_start(std::span<const sonde_task> tasks) {
  const CrashScope scope = enter();
  return plugin_.probe->start(instance_, tasks.data(), static_cast<uint32_t>(tasks.size()));
}

void ProbeInstance::call_timer(uint64_t id, uint64_t user) {
  const CrashScope scope = enter();
  if (plugin_.probe->on_timer) plugin_.probe->on_timer(instance_, id, user);
}

void ProbeInstance::on_io(uint64_t id, uint64_t user, uint32_t events) {
  const CrashScope scope = enter();
  if (const uint32_t slot = slot_of(shard_.loop().tag_of(id)); shard_.slots().exists(slot))
    CrashScope::target(shard_.slots()[slot].ip);
  if (plugin_.probe->on_io) plugin_.probe->on_io(instance_, id, user, events);
}

void ProbeInstance::call_cancel(sonde_task task, uint64_t user, uint32_t why) {
  const CrashScope scope = enter();
  if (const uint32_t slot = shard_.slots().find(task, stage_); slot != no_slot)
    CrashScope::target(shard_.slots()[slot].ip);
  if (plugin_.probe->cancel) plugin_.probe->cancel(instance_, task, user, why);
}

bool ProbeInstance::here() const {
  return shard_.on_own_thread();
}

sonde_err ProbeInstance::on_shard_from_elsewhere(const std::function<sonde_err()>& f) {
  if (!has_threads_) return SONDE_E_THREAD;
  std::promise<sonde_err> answer;
  std::future<sonde_err> wait = answer.get_future();
  if (!shard_.post_if_open([&] { answer.set_value(f()); })) return SONDE_E_STALE;
  return wait.get();
}

int ProbeInstance::log_enabled(int level) {
  return level <= shard_.shared().log_level;
}

void ProbeInstance::log(sonde_task task, int level, std::string_view message) {
  std::string text = speaker("stage", stage_plan().name, *stage_plan().plugin) + ": " + std::string(message);
  if (shard_.on_own_thread()) {
    const uint32_t slot = shard_.slots().find(task, stage_);
    if (slot != no_slot) text += " (" + shard_.slots()[slot].ip.to_string() + ")";
    shard_.log(level, std::move(text));
  } else {
    Shard& shard = shard_;
    shard.post_if_open([&shard, level, text]() mutable { shard.log(level, std::move(text)); });
  }
}

sonde_err ProbeInstance::place(sonde_place* out) {
  write_place(shard_.plan(), stage_, shard_.index(), static_cast<uint32_t>(shard_.shared().shard_count), out);
  return SONDE_OK;
}

sonde_err ProbeInstance::target(sonde_task task, sonde_target* out) {
  return on_shard([&]() -> sonde_err {
    const uint32_t slot = shard_.slots().find(task, stage_);
    if (slot == no_slot) return SONDE_E_STALE;
    const IpAddress& ip = shard_.slots()[slot].ip;
    CrashScope::target(ip);
    return write_target(ip, shard_.name_of(ip), out);
  });
}

int64_t ProbeInstance::deadline(sonde_task task) {
  int64_t at = 0;
  on_shard([&]() -> sonde_err {
    const uint32_t slot = shard_.slots().find(task, stage_);
    if (slot == no_slot) return SONDE_E_STALE;
    const HostSlot& h = shard_.slots()[slot];
    at = h.waits > 0 ? monotonic_ns() + h.extras->left : h.deadline;
    return SONDE_OK;
  });
  return at;
}

int ProbeInstance::cancelled(sonde_task task) {
  return deadline(task) == 0;
}

sonde_err ProbeInstance::attach(sonde_task task, uint64_t user) {
  return on_shard([&]() -> sonde_err {
    const uint32_t slot = shard_.slots().find(task, stage_);
    if (slot == no_slot) return SONDE_E_STALE;
    shard_.slots()[slot].user = user;
    return SONDE_OK;
  });
}

uint32_t ProbeInstance::count(sonde_task task, uint32_t input) {
  uint32_t n = 0;
  on_shard([&]() -> sonde_err {
    const uint32_t slot = shard_.slots().find(task, stage_);
    const auto& inputs = stage_plan().inputs;
    if (slot == no_slot || input >= inputs.size() || inputs[input] == no_field) return SONDE_E_ABSENT;
    const HostSlot& h = shard_.slots()[slot];
    n = static_cast<uint32_t>(items_.of(task, shard_.plan().fields[inputs[input]], inputs[input], known(h)).size());
    return SONDE_OK;
  });
  return n;
}

sonde_err ProbeInstance::get(sonde_task task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) {
  return on_shard([&]() -> sonde_err {
    const uint32_t slot = shard_.slots().find(task, stage_);
    if (slot == no_slot) return SONDE_E_STALE;
    return read_input(shard_.plan(), stage_, input, item, task, items_, known(shard_.slots()[slot]),
                      shard_.slots().outcomes(slot), key, out);
  });
}

sonde_err ProbeInstance::put(sonde_task task, uint32_t output, std::string_view key, const sonde_value& value) {
  return on_shard([&]() -> sonde_err {
    const uint32_t slot = shard_.slots().find(task, stage_);
    if (slot == no_slot) return SONDE_E_STALE;
    const auto& outputs = stage_plan().outputs;
    if (output >= outputs.size()) return SONDE_E_INVALID;
    HostSlot& h = shard_.slots()[slot];
    CrashScope::target(h.ip);
    return store_fact(shard_.plan().fields[outputs[output]], outputs[output], stage_, key, value, h.facts, h.first_fact,
                      h.fact_index);
  });
}

sonde_err ProbeInstance::done(sonde_task task, sonde_outcome outcome) {
  return on_shard([&]() -> sonde_err { return done_here(task, outcome); });
}

sonde_err ProbeInstance::done_here(sonde_task task, sonde_outcome outcome) {
  const uint32_t slot = shard_.slots().find(task, stage_);
  if (slot == no_slot) return SONDE_E_STALE;
  switch (outcome) {
    case SONDE_POSITIVE: {
      const HostSlot& h = shard_.slots()[slot];
      if (std::string why = missing_field(stage_plan(), std::span(h.facts).subspan(h.first_fact)); !why.empty()) {
        shard_.finish(slot, Outcome::error, std::move(why));
        return SONDE_E_INVALID;
      }
      shard_.finish(slot, Outcome::positive);
      break;
    }
    case SONDE_NEGATIVE:
      shard_.finish(slot, Outcome::negative);
      break;
    case SONDE_NO_ANSWER:
      shard_.finish_unanswered(slot);
      break;
    case SONDE_CANCELLED:
      shard_.finish_cancelled(slot);
      break;
    case SONDE_POSTPONED:
      shard_.postpone(slot);
      break;
    default:
      shard_.finish(slot, Outcome::error, take_failure(task));
  }
  return SONDE_OK;
}

sonde_err ProbeInstance::document(std::string_view name, sonde_str* out) {
  return shard_.shared().document(name, out);
}

sonde_err ProbeInstance::wake(uint64_t user) {
  {
    std::lock_guard lock(wake_mutex_);
    if (std::find(wakes_.begin(), wakes_.end(), user) != wakes_.end()) return SONDE_OK;  // merged
    wakes_.push_back(user);
  }
  // The instance may be gone by then: an optional stage whose create() failed after it had woken itself.
  shard_.loop().post([this, user, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    {
      std::lock_guard lock(wake_mutex_);
      std::erase(wakes_, user);
    }
    shard_.something_came_free(stage_);
    call_timer(0, user);
  });
  return SONDE_OK;
}

}  // namespace sonde::core
