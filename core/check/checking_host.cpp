#include "check/checking_host.hpp"

#include <time.h>

#include <algorithm>
#include <cstring>

#include "check/sandbox.hpp"
#include "check/syscall_watch.hpp"

namespace sonde::core::check {
namespace {

// The contract says 5 ms; a check runs beside others on a busy machine, so only the time on the processor counts, and
// only what no machine makes of 5 ms.
constexpr int64_t most_cpu_ns = 100'000'000;
thread_local const CheckingHost* running = nullptr;  // whose callback this thread is in

int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// A name as template argument.
template <std::size_t N>
struct Name {
  char text[N];
  constexpr Name(const char (&from)[N]) { std::copy_n(from, N, text); }
};

}  // namespace

/// The functions behind the pointers: look, then do as the usual table does.
struct NotingTable {
  template <auto Member>
  struct Call;
  template <class R, class... A, R (*sonde_host::*Member)(sonde_ctx*, A...)>
  struct Call<Member> {
    template <Name name, Tag tag>
    static R noted(sonde_ctx* c, A... a) {
      CheckingHost& host = CheckingHost::of(c);
      const SystemCallPause pause;
      host.entering(name.text, tag);
      if constexpr (std::is_same_v<R, sonde_err>) {
        const sonde_err e = (HostCalls::table()->*Member)(c, a...);
        if (e != SONDE_OK) host.refused(name.text, e);
        return e;
      } else {
        return (HostCalls::table()->*Member)(c, a...);
      }
    }
  };

  static sonde_host make() {
    sonde_host t = *HostCalls::table();
    t.get_extension = Call<&sonde_host::get_extension>::noted<"get_extension", Tag::any>;
    t.log_enabled = Call<&sonde_host::log_enabled>::noted<"log_enabled", Tag::any>;
    t.log = Call<&sonde_host::log>::noted<"log", Tag::any>;
    t.fail = Call<&sonde_host::fail>::noted<"fail", Tag::any>;
    t.now = Call<&sonde_host::now>::noted<"now", Tag::any>;
    t.place = Call<&sonde_host::place>::noted<"place", Tag::any>;
    t.option = Call<&sonde_host::option>::noted<"option", Tag::setup>;
    t.option_count = Call<&sonde_host::option_count>::noted<"option_count", Tag::setup>;
    t.option_key = Call<&sonde_host::option_key>::noted<"option_key", Tag::setup>;
    t.target = Call<&sonde_host::target>::noted<"target", Tag::task>;
    t.deadline = Call<&sonde_host::deadline>::noted<"deadline", Tag::task>;
    t.cancelled = Call<&sonde_host::cancelled>::noted<"cancelled", Tag::any>;
    t.attach = Call<&sonde_host::attach>::noted<"attach", Tag::task>;
    t.count = Call<&sonde_host::count>::noted<"count", Tag::task>;
    t.get = Call<&sonde_host::get>::noted<"get", Tag::task>;
    t.put = Call<&sonde_host::put>::noted<"put", Tag::task>;
    t.done = Call<&sonde_host::done>::noted<"done", Tag::task>;
    t.dial = Call<&sonde_host::dial>::noted<"dial", Tag::shard>;
    t.hangup = Call<&sonde_host::hangup>::noted<"hangup", Tag::shard>;
    t.connect = Call<&sonde_host::connect>::noted<"connect", Tag::worker>;
    t.admit = Call<&sonde_host::admit>::noted<"admit", Tag::task>;
    t.raw = Call<&sonde_host::raw>::noted<"raw", Tag::setup>;
    t.pace = Call<&sonde_host::pace>::noted<"pace", Tag::shard_or_worker>;
    t.watch = Call<&sonde_host::watch>::noted<"watch", Tag::shard>;
    t.rewatch = Call<&sonde_host::rewatch>::noted<"rewatch", Tag::shard>;
    t.unwatch = Call<&sonde_host::unwatch>::noted<"unwatch", Tag::shard>;
    t.timer = Call<&sonde_host::timer>::noted<"timer", Tag::shard>;
    t.untimer = Call<&sonde_host::untimer>::noted<"untimer", Tag::shard>;
    t.wake = Call<&sonde_host::wake>::noted<"wake", Tag::any>;
    t.document = Call<&sonde_host::document>::noted<"document", Tag::setup>;
    return t;
  }

  /// What a later minor appends. Whoever asks SONDE_HAS() never comes to it.
  struct Longer {
    sonde_host known;
    void (*unknown[4])();
  };
  static void nobody_calls_this() { std::abort(); }
};

const sonde_host* CheckingHost::table(bool longer) {
  static const sonde_host usual = NotingTable::make();
  static const NotingTable::Longer later = [] {
    NotingTable::Longer t{usual, {}};
    t.known.size = sizeof t;
    t.known.abi_minor = SONDE_ABI_MINOR + 9;
    t.known.version = "9.9.9";
    std::fill(std::begin(t.unknown), std::end(t.unknown), NotingTable::nobody_calls_this);
    return t;
  }();
  return longer ? &later.known : &usual;
}

CheckingHost::Callback::Callback(CheckingHost& host, Where where, const char* name)
    : host_(host), name_(name), cpu_before_(0) {
  host.owner_ = std::this_thread::get_id();
  host.where_ = where;
  host.callback_ = name;
  running = &host;
  say_doing(name);
  note_system_calls(name, where != Where::shard);
  cpu_before_ = cpu_ns();
}

CheckingHost::Callback::~Callback() {
  const int64_t took = cpu_ns() - cpu_before_;
  note_system_calls(nullptr, true);
  if (host_.where_ == Where::shard && took > most_cpu_ns * (under_sanitizer() ? 3 : 1))
    host_.notes_.add(Rule::time, std::string(name_) + " was " + std::to_string(took / 1'000'000) +
                                     " ms on the processor; a callback of the event loop has 5 ms");
  running = nullptr;
  host_.where_ = Where::outside;
  say_doing("");
}

sonde_err CheckingHost::create(bool from_the_future) {
  sonde_inst* made = nullptr;
  sonde_err e = SONDE_OK;
  creating_ = true;
  {
    const Callback here(*this, Where::setup, "create()");
    e = subject_.plugin.plugin->create(context(), table(from_the_future), &made);
  }
  creating_ = false;
  if (e == SONDE_OK) instance_ = made;
  return e;
}

void CheckingHost::destroy() {
  if (!instance_) return;
  {
    const Callback here(*this, Where::setup, "destroy()");
    subject_.plugin.plugin->destroy(instance_);
  }
  instance_ = nullptr;
  destroyed_ = true;
}

void CheckingHost::log(sonde_task, int level, std::string_view message) {
  if (level == SONDE_LOG_ERROR) logged_error_ = message;
}

sonde_err CheckingHost::place(sonde_place* out) {
  static const std::string stage = "check";
  sonde_place p{};
  p.size = std::min<uint32_t>(out->size, sizeof p);
  p.index = index_;
  p.count = count_;
  p.seed = seed_ * 0x9e3779b97f4a7c15u + index_;
  p.stage = {stage.data(), stage.size()};
  std::memcpy(out, &p, p.size);
  return SONDE_OK;
}

sonde_err CheckingHost::document(std::string_view name, sonde_str* out) {
  // The rules of a run on loopback alone; the run's own are made in engine/run_rules.cpp.
  static const std::string limits = R"({"packets_per_second":1000,"connections_per_host":2,"allow_print_ports":false})";
  static const std::string exclude = "";
  const std::string* text = name == "limits" ? &limits : name == "exclude" ? &exclude : nullptr;
  if (!text || subject_.plugin.kind != PluginKind::probe) return SONDE_E_ABSENT;
  *out = {text->data(), text->size()};
  return SONDE_OK;
}

bool CheckingHost::has_input(const char* call, uint32_t input) {
  if (input < subject_.inputs.size()) return true;
  notes_.add(Rule::record, std::string(call) + "() of input " + std::to_string(input) + "; the descriptor has " +
                               std::to_string(subject_.inputs.size()));
  return false;
}

uint32_t CheckingHost::count_known(sonde_task task, uint32_t input, std::span<const Fact> known) {
  if (!has_input("count", input) || subject_.inputs[input] == no_field) return 0;
  const FieldId id = subject_.inputs[input];
  return static_cast<uint32_t>(items_.of(task, subject_.fields[id], id, known).size());
}

sonde_err CheckingHost::get_known(sonde_task task, uint32_t input, uint32_t item, std::span<const Fact> known,
                                  sonde_str* key, sonde_value* out) {
  if (!has_input("get", input)) return SONDE_E_INVALID;
  const FieldId id = subject_.inputs[input];
  if (id == no_field) return SONDE_E_UNSUPPORTED;
  const auto& items = items_.of(task, subject_.fields[id], id, known);
  if (items.empty()) return SONDE_E_UNSUPPORTED;  // no stage stands before the one that is checked
  if (item >= items.size()) return SONDE_E_ABSENT;
  const Fact& f = known[items[item]];
  if (key) *key = {f.key.data(), f.key.size()};
  *out = to_abi(f.value);
  return SONDE_OK;
}

sonde_err CheckingHost::put_checked(uint32_t output, std::string_view key, const sonde_value& value,
                                    std::vector<Fact>& facts, std::size_t first, std::unique_ptr<FactIndex>& index) {
  if (output >= subject_.outputs.size()) {
    notes_.add(Rule::record, "put() of output " + std::to_string(output) + "; the descriptor has " +
                                 std::to_string(subject_.outputs.size()));
    return SONDE_E_INVALID;
  }
  const FieldId id = subject_.outputs[output];
  const Field& field = subject_.fields[id];
  const sonde_err e = store_fact(field, id, 0, key, value, facts, first, index);
  if (e == SONDE_E_TYPE)
    notes_.add(Rule::record, "put() of '" + field.name + "' with type " + std::to_string(value.type) +
                                 "; it is declared with type " + std::to_string(field.type));
  if (e == SONDE_E_INVALID)
    notes_.add(Rule::record, "put() of '" + field.name + "' was refused: " +
                                 (id == FieldTable::alive                    ? "alive is put as true or not at all"
                                  : field.shape == SONDE_MAP && key.empty()  ? "a map wants a key"
                                  : field.shape != SONDE_MAP && !key.empty() ? "only a map has keys"
                                  : field.type == SONDE_JSON                 ? "the text is not JSON"
                                                                             : "a number that is none"));
  return e;
}

bool CheckingHost::has_required(const std::vector<Fact>& facts, std::size_t first) {
  for (std::size_t i = 0; i < subject_.outputs.size(); ++i) {
    if ((subject_.plugin.outputs[i].flags & SONDE_F_REQUIRED) == 0) continue;
    if (std::any_of(facts.begin() + static_cast<std::ptrdiff_t>(first), facts.end(),
                    [&](const Fact& f) { return f.field == subject_.outputs[i]; }))
      continue;
    notes_.add(Rule::record, "done(SONDE_POSITIVE) without the required field " + subject_.plugin.outputs[i].name);
    return false;
  }
  return true;
}

Outcome CheckingHost::outcome_of(sonde_outcome o) {
  switch (o) {
    case SONDE_POSITIVE:
      return Outcome::positive;
    case SONDE_NEGATIVE:
      return Outcome::negative;
    case SONDE_NO_ANSWER:
      return Outcome::no_answer;
    case SONDE_CANCELLED:
      return Outcome::cancelled;
    default:
      return Outcome::error;
  }
}

bool CheckingHost::may(sonde_task task, uint32_t any_of, const char* call, std::string_view words) {
  if (check_right(task, subject_.rights, any_of, call, words) == SONDE_OK) return true;
  notes_.add(Rule::needs, std::string(call) + ", in " + callback_ +
                              ", is refused by a run: the descriptor's needs lack " + std::string(words) +
                              " (with these options)");
  return false;
}

bool CheckingHost::refuse_this_call() {
  return creating_ && ++may_fail_ == fail_at_;
}

void CheckingHost::entering(const char* call, Tag tag) {
  if (destroyed_ && !instance_) return notes_.add(Rule::thread, std::string(call) + "() was called behind destroy()");
  if (tag == Tag::any) return;
  const bool own = on_own_thread() && running == this;
  if (!own) {
    if (tag == Tag::task && subject_.needs(SONDE_NEED_THREADS)) return;
    return notes_.add(Rule::thread, std::string(call) + "() was called from a thread that is not the instance's");
  }
  const Where where = where_;
  const bool fits = tag == Tag::setup    ? where == Where::setup
                    : tag == Tag::shard  ? where == Where::shard || where == Where::setup
                    : tag == Tag::worker ? where == Where::worker
                    : tag == Tag::shard_or_worker
                        ? where != Where::outside
                        : where == Where::shard || where == Where::worker || where == Where::setup;
  if (!fits) notes_.add(Rule::thread, std::string(call) + "() does not belong into " + callback_);
}

void CheckingHost::refused(const char* call, sonde_err e) {
  if (e != SONDE_E_INVALID && e != SONDE_E_TYPE && e != SONDE_E_UNSUPPORTED) return;
  const std::string_view name = call;
  const bool record = name == "put" || name == "get" || name == "done";
  if (record) return;  // noted where the field is known
  if (name == "option" && e == SONDE_E_TYPE && creating_) {
    notes_.add(Rule::arguments, "option() was asked for another type than the schema gives, in create()");
    return;
  }
  notes_.add(Rule::arguments, std::string(call) + "() was refused with " + std::to_string(e) + ", in " +
                                  (on_own_thread() ? callback_ : "another thread"));
}

}  // namespace sonde::core::check
