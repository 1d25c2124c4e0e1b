// Context: the host as an instance sees it. Task: one question about one target. Both are two pointers wide; copy them.
#ifndef SONDE_DETAIL_CONTEXT_HPP
#define SONDE_DETAIL_CONTEXT_HPP
#include <sonde/detail/fields.hpp>
#include <sonde/plugin.h>

#include <chrono>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sonde {

// Between the two kinds of view; neither copies. [any]
inline sonde_str str(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view view(sonde_str s) { return {s.ptr, s.len}; }

// A fault of this machine or of the configuration, with the text that the user reads; an empty one leaves what the host
// said when it refused a call. Never about a target.
class Failure : public std::runtime_error {
 public:
  Failure(sonde_err code, const std::string &text) : std::runtime_error(text), code_(code) {}
  sonde_err code() const { return code_; }

 private:
  sonde_err code_;
};

// For the constructor: what is wrong with an option, shown to the user at its place in the pipeline file. `pointer` is that
// of the option ("/oids/2"), also of one that is missing; `why` goes on behind its name: "expected an OID, found 'x'".
class OptionFailure : public Failure {
 public:
  OptionFailure(std::string_view pointer, const std::string &why)
      : Failure(SONDE_E_CONFIG, "options" + std::string(pointer) + ": " + why) {}
};

// Several mistakes told at once: each check runs in collect(), which keeps what it throws; then throw_all(). What is wrong
// with options comes before what this machine lacks, of which the first is told. In C: a line each in the text of fail().
class OptionFailures {
 public:
  template <class F> void collect(F &&check) {
    try {
      check();
    } catch (const Failure &e) {
      if (e.code() != SONDE_E_CONFIG) {
        if (!other_) other_ = e;
      } else {
        text_ += (text_.empty() ? "" : "\n") + std::string(e.what());
      }
    }
  }
  void throw_all() const {
    if (!text_.empty()) throw Failure(SONDE_E_CONFIG, text_);
    if (other_) throw *other_;
  }

 private:
  std::string text_;
  std::optional<Failure> other_;
};

class Connection;
class Stream;
namespace detail {
class Dial;
class Sleep;
// A moment `ns` after `now`, at most the last that there is.
constexpr int64_t later(int64_t now, int64_t ns) {
  int64_t sum = 0;
  return __builtin_add_overflow(now, ns, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}
}  // namespace detail

// The host as one instance sees it. Views that it hands out live until the callback returns.
class Context {
 public:
  Context() = default;
  Context(sonde_ctx *ctx, const sonde_host *host) : ctx_(ctx), host_(host) {}

  sonde_ctx *raw_context() const { return ctx_; }
  const sonde_host &host() const { return *host_; }
  // Monotonic ns. The host's clock, which a test may turn; never mixed with another. [any]
  int64_t now() const { return host_->now(ctx_); }

  // SONDE_LOG_ERROR to SONDE_LOG_TRACE; the text may be hostile. [any]
  bool log_enabled(int level) const { return host_->log_enabled(ctx_, level) != 0; }
  void log(int level, std::string_view message, sonde_task task = 0) const { host_->log(ctx_, task, level, str(message)); }

  // Options by JSON pointer, in base units (a duration int64_t ns, a size uint64_t bytes); texts are copies. [setup]
  // option() throws Failure when the option was not given and has no default, optional() gives nothing then; both throw
  // when the schema has another type than T (bool, int64_t, uint64_t, double, std::string).
  template <class T> T option(std::string_view pointer) const {
    auto v = optional<T>(pointer);
    if (!v) throw OptionFailure(pointer, "is missing");
    return *v;
  }
  template <class T> std::optional<T> optional(std::string_view pointer) const {
    sonde_value v{};
    sonde_err e = host_->option(ctx_, str(pointer), option_type<T>(), &v);
    if (e == SONDE_E_ABSENT) return std::nullopt;
    if (e != SONDE_OK) throw Failure(e, "option " + std::string(pointer) + " has another type than the plugin asks for");
    if constexpr (std::is_same_v<T, bool>) return v.as.u != 0;
    else if constexpr (std::is_same_v<T, int64_t>) return v.as.i;
    else if constexpr (std::is_same_v<T, uint64_t>) return v.as.u;
    else if constexpr (std::is_same_v<T, double>) return v.as.f;
    else return std::string(view(v.as.s));
  }
  int64_t duration(std::string_view pointer) const { return option<int64_t>(pointer); }  // ns
  bool flag(std::string_view pointer) const { return option<bool>(pointer); }
  std::string text(std::string_view pointer) const { return option<std::string>(pointer); }
  uint64_t number(std::string_view pointer) const { return option<uint64_t>(pointer); }
  // The elements of an array; empty when it was not given. [setup]
  template <class T> std::vector<T> list(std::string_view pointer) const {
    std::vector<T> out;
    uint32_t n = host_->option_count(ctx_, str(pointer));
    for (uint32_t i = 0; i < n; ++i) out.push_back(option<T>(std::string(pointer) + "/" + std::to_string(i)));
    return out;
  }

  // Which of its siblings this instance is, and its seed. [any]
  sonde_place place() const {
    sonde_place p{};
    p.size = sizeof p;
    host_->place(ctx_, &p);
    return p;
  }

  // Timers and descriptors; [shard] or [setup]. `at`: monotonic ns. `id` must be 0 or that of a live timer, which then moves;
  // it need not outlive the call, but untimer() wants it. Descriptors stay their owner's: unwatch, then close.
  void timer(int64_t at, uint64_t user, uint64_t &id) const { check(host_->timer(ctx_, at, user, &id), "timer"); }
  void untimer(uint64_t &id) const { host_->untimer(ctx_, &id); }
  uint64_t watch(int fd, uint32_t events, uint64_t user) const {
    uint64_t id = 0;
    check(host_->watch(ctx_, fd, events, user, &id), "watch");
    return id;
  }
  // SONDE_IO_READ, SONDE_IO_WRITE or both; 0 pauses. STALE: there is no such watch any more.
  sonde_err rewatch(uint64_t id, uint32_t events) const { return host_->rewatch(ctx_, id, events); }
  void unwatch(uint64_t id) const { host_->unwatch(ctx_, id); }
  // Closes what dial() opened; `reset`: without TIME_WAIT.
  void hangup(uint64_t id, bool reset = false) const { host_->hangup(ctx_, id, reset ? 1 : 0); }
  // on_timer(0, user) soon, on the shard; several may merge into one. [any]
  void wake(uint64_t user) const { host_->wake(ctx_, user); }
  // A raw, non-blocking socket; the plugin closes it. `proto` as in socket(2), but in host order for AF_PACKET (ETH_P_ARP).
  // DENIED: this machine does not allow it; AGAIN: it is short of something; E_IO: the system's reason is told. [setup]
  sonde_err raw(int family, int proto, uint32_t ifindex, int &fd) const {
    return host_->raw(ctx_, family, proto, ifindex, &fd);
  }
  // How many of `packets` may leave now; when fewer, `again` is when to ask for the rest, in monotonic ns. [shard, worker]
  uint32_t pace(uint32_t packets, int64_t &again) const { return host_->pace(ctx_, packets, &again); }

  // Text for the error that the plugin is about to return; of a task, or of the instance. [any]
  void explain(sonde_err code, std::string_view why, sonde_task task = 0) const { host_->fail(ctx_, task, code, str(why)); }
  static void check(sonde_err e, const char *what) {
    if (e != SONDE_OK) throw Failure(e, std::string(what) + " was refused by the host (" + std::to_string(e) + ")");
  }

 private:
  template <class T> static constexpr uint32_t option_type() {
    if constexpr (std::is_same_v<T, bool>) return SONDE_BOOL;
    else if constexpr (std::is_same_v<T, int64_t>) return SONDE_I64;
    else if constexpr (std::is_same_v<T, uint64_t>) return SONDE_U64;
    else if constexpr (std::is_same_v<T, double>) return SONDE_F64;
    else return SONDE_TEXT;
  }
  sonde_ctx *ctx_ = nullptr;
  const sonde_host *host_ = nullptr;
};

// One question about one target. All of it is [task] unless it says otherwise; after done() every call is refused with
// SONDE_E_STALE, and nothing worse happens.
class Task {
 public:
  Task(Context host, sonde_task id) : host_(host), id_(id) {}
  sonde_task id() const { return id_; }
  Context context() const { return host_; }

  sonde_target target() const {
    sonde_target t{};
    t.size = sizeof t;
    Context::check(host_.host().target(host_.raw_context(), id_, &t), "target");
    return t;
  }
  // Monotonic ns, as Context::now(); 0 when the task is over.
  int64_t deadline() const { return host_.host().deadline(host_.raw_context(), id_); }
  // The deadline has come, or the run ends. [any]
  bool cancelled() const { return host_.host().cancelled(host_.raw_context(), id_) != 0; }
  // The word that cancel() brings back.
  void attach(uint64_t user) const { host_.host().attach(host_.raw_context(), id_, user); }

  // An input: its items, or the one value of a scalar; nothing when no earlier stage wrote it. The views live until the
  // callback returns (in a coroutine: until the next co_await).
  template <class T, uint32_t S> uint32_t count(const Field<T, S> &f) const {
    return host_.host().count(host_.raw_context(), id_, f.index);
  }
  template <class T, uint32_t S>
  std::optional<sonde_value> get(const Field<T, S> &f, uint32_t item = 0, std::string_view *key = nullptr) const {
    sonde_value v{};
    sonde_str k{};
    if (host_.host().get(host_.raw_context(), id_, f.index, item, &k, &v) != SONDE_OK) return std::nullopt;
    if (key) *key = view(k);
    return v;
  }

  // Whether an earlier stage asked this target for that input, to the end: then what it did not write is not there. False
  // when none did (skipped, failed, not in the pipeline).
  template <class T, uint32_t S> bool asked(const Field<T, S> &f) const {
    sonde_value v{};
    sonde_str k{};
    return host_.host().get(host_.raw_context(), id_, f.index, 0, &k, &v) != SONDE_E_UNSUPPORTED;
  }

  // Outputs: copied before the call returns; once more for a scalar or a key replaces, for a list adds. STALE (the task is
  // over) and TYPE (text that should be JSON and is none) are returned, not thrown.
  template <class T> sonde_err put(const Field<T, SONDE_SCALAR> &f, typename detail::type_of<T>::put v) const {
    return put_raw(f.index, {}, make<T>(v));
  }
  template <class T> sonde_err put(const Field<T, SONDE_LIST> &f, typename detail::type_of<T>::put v) const {
    return put_raw(f.index, {}, make<T>(v));
  }
  template <class T>
  sonde_err put(const Field<T, SONDE_MAP> &f, std::string_view key, typename detail::type_of<T>::put v) const {
    return put_raw(f.index, key, make<T>(v));
  }
  // Exactly once; a run() that returns or co_returns its outcome must not. STALE: it was over.
  sonde_err done(sonde_outcome outcome) const { return host_.host().done(host_.raw_context(), id_, outcome); }
  // done(SONDE_ERROR) with the reason: a local fault, never a statement about the target.
  sonde_err fail(sonde_err code, std::string_view why) const {
    host_.explain(code, why, id_);
    return done(SONDE_ERROR);
  }

  // Network, the comfortable way: to the task's own target. proto: 6 TCP, 17 UDP. A target that refuses or is silent gives
  // a connection that is not open (UDP is open at once: only what comes back tells); what the host refuses (scope, printer
  // ports) throws Failure and makes the task an error with the host's reason; a shortage of this machine makes it wait, or
  // be offered again.
  Stream connect(uint16_t port, uint8_t proto = 6) const;    // of a blocking run() [worker]
  detail::Dial open(uint16_t port, uint8_t proto = 6) const;  // co_await, gives a Connection [shard]
  // co_await: true when the time is over, false when the deadline came first. [shard]
  detail::Sleep sleep(std::chrono::nanoseconds) const;
  // Waits until the run's rate has let so many packets leave that the plugin, or a program of it, sends by itself; false when
  // the deadline came first. What dial(), connect(), admit() and writing datagrams sends is counted there. [worker]
  bool pace(uint32_t packets) const;

  // Network, as the ABI has it. `to` is usually target() with port and proto set.
  sonde_err dial(const sonde_target &to, uint32_t events, uint64_t user, sonde_conn &out) const {
    return host_.host().dial(host_.raw_context(), id_, &to, events, user, &out);
  }
  sonde_err connect(const sonde_target &to, int &fd) const {
    return host_.host().connect(host_.raw_context(), id_, &to, &fd);
  }
  sonde_err admit(const sonde_target &to) const { return host_.host().admit(host_.raw_context(), id_, &to); }

  template <class T> static sonde_value make(typename detail::type_of<T>::put v) {
    sonde_value out{};
    out.type = detail::type_of<T>::value;
    if constexpr (std::is_same_v<T, bool>) out.as.u = v ? 1 : 0;
    else if constexpr (std::is_same_v<T, int64_t>) out.as.i = v;
    else if constexpr (std::is_same_v<T, uint64_t>) out.as.u = v;
    else if constexpr (std::is_same_v<T, double>) out.as.f = v;
    else if constexpr (std::is_same_v<T, Any>) out = v;
    else if constexpr (std::is_same_v<T, Time>) out.as.i = v;
    else if constexpr (std::is_same_v<T, Ip>) std::memcpy(out.as.ip, v.data(), v.size());
    else out.as.s = str(v);
    return out;
  }

 private:
  sonde_err put_raw(uint32_t index, std::string_view key, const sonde_value &v) const {
    return host_.host().put(host_.raw_context(), id_, index, str(key), &v);
  }
  Context host_;
  sonde_task id_;
};

// A scalar for a field of type Any.
template <class T> sonde_value any(typename detail::type_of<T>::put v) { return Task::make<T>(v); }

}  // namespace sonde
#endif
