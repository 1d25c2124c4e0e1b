// The C table of the ABI, forwarding to HostCalls, and the calls that are the same for every kind of instance.
#include "plugins/host_calls.hpp"

#include <time.h>

#include "base/text.hpp"

namespace sonde::core {

int64_t monotonic_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

namespace {
std::string_view view(sonde_str s) {
  return s.ptr ? std::string_view(s.ptr, s.len) : std::string_view();
}
}  // namespace

/// The functions behind the pointers. A struct so that HostCalls can befriend them all at once.
struct HostTable {
  static const void* get_extension(sonde_ctx* c, const char* id) {
    return id ? HostCalls::of(c).extension(id) : nullptr;
  }
  static int log_enabled(sonde_ctx* c, int level) { return HostCalls::of(c).log_enabled(level); }
  static void log(sonde_ctx* c, sonde_task t, int level, sonde_str m) {
    HostCalls& host = HostCalls::of(c);
    if (host.log_enabled(level)) host.log(t, level, to_valid_utf8(view(m)));
  }
  static void fail(sonde_ctx* c, sonde_task t, sonde_err e, sonde_str why) {
    HostCalls::of(c).fail(t, e, to_valid_utf8(view(why)));
  }
  static int64_t now(sonde_ctx* c) { return HostCalls::of(c).now(); }
  static sonde_err place(sonde_ctx* c, sonde_place* out) { return out ? HostCalls::of(c).place(out) : SONDE_E_INVALID; }
  static sonde_err option(sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
    return out ? HostCalls::of(c).option(view(p), type, out) : SONDE_E_INVALID;
  }
  static uint32_t option_count(sonde_ctx* c, sonde_str p) { return HostCalls::of(c).option_count(view(p)); }
  static sonde_err option_key(sonde_ctx* c, sonde_str p, uint32_t item, sonde_str* out) {
    return out ? HostCalls::of(c).option_key(view(p), item, out) : SONDE_E_INVALID;
  }
  static sonde_err target(sonde_ctx* c, sonde_task t, sonde_target* out) {
    return out && out->size != 0 ? HostCalls::of(c).target(t, out) : SONDE_E_INVALID;
  }
  static int64_t deadline(sonde_ctx* c, sonde_task t) { return HostCalls::of(c).deadline(t); }
  static int cancelled(sonde_ctx* c, sonde_task t) { return HostCalls::of(c).cancelled(t); }
  static sonde_err attach(sonde_ctx* c, sonde_task t, uint64_t user) { return HostCalls::of(c).attach(t, user); }
  static uint32_t count(sonde_ctx* c, sonde_task t, uint32_t input) { return HostCalls::of(c).count(t, input); }
  static sonde_err get(sonde_ctx* c, sonde_task t, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) {
    return out ? HostCalls::of(c).get(t, input, item, key, out) : SONDE_E_INVALID;
  }
  static sonde_err put(sonde_ctx* c, sonde_task t, uint32_t output, sonde_str key, const sonde_value* v) {
    return v ? HostCalls::of(c).put(t, output, view(key), *v) : SONDE_E_INVALID;
  }
  static sonde_err done(sonde_ctx* c, sonde_task t, sonde_outcome o) { return HostCalls::of(c).done(t, o); }
  static sonde_err dial(sonde_ctx* c, sonde_task t, const sonde_target* to, uint32_t events, uint64_t user,
                        sonde_conn* out) {
    return to && out ? HostCalls::of(c).dial(t, *to, events, user, out) : SONDE_E_INVALID;
  }
  static sonde_err hangup(sonde_ctx* c, uint64_t id, int reset) { return HostCalls::of(c).hangup(id, reset != 0); }
  static sonde_err connect(sonde_ctx* c, sonde_task t, const sonde_target* to, int* fd) {
    return to && fd ? HostCalls::of(c).connect(t, *to, fd) : SONDE_E_INVALID;
  }
  static sonde_err admit(sonde_ctx* c, sonde_task t, const sonde_target* to) {
    return to ? HostCalls::of(c).admit(t, *to) : SONDE_E_INVALID;
  }
  static sonde_err raw(sonde_ctx* c, int family, int proto, uint32_t ifindex, int* fd) {
    return fd ? HostCalls::of(c).raw(family, proto, ifindex, fd) : SONDE_E_INVALID;
  }
  static uint32_t pace(sonde_ctx* c, uint32_t packets, int64_t* again) {
    int64_t unused = 0;
    return HostCalls::of(c).pace(packets, again ? again : &unused);
  }
  static sonde_err watch(sonde_ctx* c, int fd, uint32_t events, uint64_t user, uint64_t* id) {
    return id ? HostCalls::of(c).watch(fd, events, user, id) : SONDE_E_INVALID;
  }
  static sonde_err rewatch(sonde_ctx* c, uint64_t id, uint32_t events) { return HostCalls::of(c).rewatch(id, events); }
  static sonde_err unwatch(sonde_ctx* c, uint64_t id) { return HostCalls::of(c).unwatch(id); }
  static sonde_err timer(sonde_ctx* c, int64_t at, uint64_t user, uint64_t* id) {
    return id ? HostCalls::of(c).timer(at, user, id) : SONDE_E_INVALID;
  }
  static sonde_err untimer(sonde_ctx* c, uint64_t* id) { return id ? HostCalls::of(c).untimer(id) : SONDE_E_INVALID; }
  static sonde_err wake(sonde_ctx* c, uint64_t user) { return HostCalls::of(c).wake(user); }
  static sonde_err document(sonde_ctx* c, const char* name, sonde_str* out) {
    return name && out ? HostCalls::of(c).document(name, out) : SONDE_E_INVALID;
  }

  static constexpr sonde_host table = {sizeof(sonde_host),
                                       SONDE_ABI_MINOR,
                                       "sonde",
                                       SONDE_VERSION,
                                       get_extension,
                                       log_enabled,
                                       log,
                                       fail,
                                       now,
                                       place,
                                       option,
                                       option_count,
                                       option_key,
                                       target,
                                       deadline,
                                       cancelled,
                                       attach,
                                       count,
                                       get,
                                       put,
                                       done,
                                       dial,
                                       hangup,
                                       connect,
                                       admit,
                                       raw,
                                       pace,
                                       watch,
                                       rewatch,
                                       unwatch,
                                       timer,
                                       untimer,
                                       wake,
                                       document};
};

const sonde_host* HostCalls::table() {
  return &HostTable::table;
}

const void* HostCalls::extension(std::string_view) {
  return nullptr;
}
int HostCalls::log_enabled(int level) {
  return level <= SONDE_LOG_INFO;
}

void HostCalls::fail(sonde_task t, sonde_err, std::string_view why) {
  std::lock_guard lock(failure_mutex_);
  failure_task_ = t;
  failure_text_ = why;
}

std::string HostCalls::take_failure(sonde_task t) {
  std::lock_guard lock(failure_mutex_);
  if (t != 0 && failure_task_ != t) return {};  // for the instance as a whole the last word counts
  return std::exchange(failure_text_, {});
}

int64_t HostCalls::now() {
  return monotonic_ns();
}
sonde_err HostCalls::place(sonde_place*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::check_right(sonde_task task, uint32_t rights, uint32_t any_of, std::string_view call,
                                 std::string_view words) {
  if ((rights & any_of) != 0) return SONDE_OK;
  fail(task, SONDE_E_DENIED,
       std::string(call) + " is for plugins whose descriptor needs " + std::string(words) +
           "; with these options this one does not");
  return SONDE_E_DENIED;
}
sonde_err HostCalls::target(sonde_task, sonde_target*) {
  return SONDE_E_UNSUPPORTED;
}
int64_t HostCalls::deadline(sonde_task) {
  return 0;
}
int HostCalls::cancelled(sonde_task) {
  return 0;
}
sonde_err HostCalls::attach(sonde_task, uint64_t) {
  return SONDE_E_UNSUPPORTED;
}
uint32_t HostCalls::count(sonde_task, uint32_t) {
  return 0;
}
sonde_err HostCalls::get(sonde_task, uint32_t, uint32_t, sonde_str*, sonde_value*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::put(sonde_task, uint32_t, std::string_view, const sonde_value&) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::done(sonde_task, sonde_outcome) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::dial(sonde_task, const sonde_target&, uint32_t, uint64_t, sonde_conn*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::hangup(uint64_t, bool) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::connect(sonde_task, const sonde_target&, int*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::admit(sonde_task, const sonde_target&) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::raw(int, int, uint32_t, int*) {
  return SONDE_E_UNSUPPORTED;
}
uint32_t HostCalls::pace(uint32_t packets, int64_t*) {
  return packets;
}
sonde_err HostCalls::watch(int, uint32_t, uint64_t, uint64_t*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::rewatch(uint64_t, uint32_t) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::unwatch(uint64_t) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::timer(int64_t, uint64_t, uint64_t*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::untimer(uint64_t*) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::wake(uint64_t) {
  return SONDE_E_UNSUPPORTED;
}
sonde_err HostCalls::document(std::string_view, sonde_str*) {
  return SONDE_E_UNSUPPORTED;
}

sonde_err HostCalls::option(std::string_view pointer, uint32_t type, sonde_value* out) {
  const Value* v = options_ ? options_->at_pointer(pointer) : nullptr;
  if (!v || v->is_null()) return SONDE_E_ABSENT;
  sonde_value value{};
  value.type = type;
  switch (type) {
    case SONDE_BOOL:
      if (!v->boolean()) return SONDE_E_TYPE;
      value.as.u = *v->boolean() ? 1 : 0;
      break;
    case SONDE_I64:
      if (v->integer())
        value.as.i = *v->integer();
      else if (v->unsigned_integer() && *v->unsigned_integer() <= INT64_MAX)
        value.as.i = static_cast<int64_t>(*v->unsigned_integer());
      else
        return SONDE_E_TYPE;
      break;
    case SONDE_U64:
      if (v->unsigned_integer())
        value.as.u = *v->unsigned_integer();
      else if (v->integer() && *v->integer() >= 0)
        value.as.u = static_cast<uint64_t>(*v->integer());
      else
        return SONDE_E_TYPE;
      break;
    case SONDE_F64:
      if (v->real())
        value.as.f = *v->real();
      else if (v->integer())
        value.as.f = static_cast<double>(*v->integer());
      else if (v->unsigned_integer())
        value.as.f = static_cast<double>(*v->unsigned_integer());
      else
        return SONDE_E_TYPE;
      break;
    case SONDE_TEXT:
      if (!v->text()) return SONDE_E_TYPE;
      value.as.s = {v->text()->data(), v->text()->size()};
      break;
    case SONDE_JSON:
      option_text_ = to_json(*v);
      value.as.s = {option_text_.data(), option_text_.size()};
      break;
    default:
      return SONDE_E_TYPE;
  }
  *out = value;
  return SONDE_OK;
}

uint32_t HostCalls::option_count(std::string_view pointer) {
  const Value* v = options_ ? options_->at_pointer(pointer) : nullptr;
  if (!v) return 0;
  if (v->array()) return static_cast<uint32_t>(v->array()->size());
  if (v->object()) return static_cast<uint32_t>(v->object()->size());
  return 0;
}

sonde_err HostCalls::option_key(std::string_view pointer, uint32_t item, sonde_str* out) {
  const Value* v = options_ ? options_->at_pointer(pointer) : nullptr;
  if (!v || !v->object() || item >= v->object()->size()) return SONDE_E_ABSENT;
  const std::string& key = (*v->object())[item].key;
  *out = {key.data(), key.size()};
  return SONDE_OK;
}

}  // namespace sonde::core
