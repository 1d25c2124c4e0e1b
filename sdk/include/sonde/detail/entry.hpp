// From a class to the tables of the ABI: every exception is caught here, on the plugin's side of the edge.
#ifndef SONDE_DETAIL_ENTRY_HPP
#define SONDE_DETAIL_ENTRY_HPP
#include <sonde/detail/async.hpp>
#include <sonde/detail/context.hpp>
#include <sonde/detail/descriptor.hpp>
#include <sonde/exporter.h>
#include <sonde/probe.h>
#include <sonde/source.h>

#include <algorithm>
#include <span>
#include <type_traits>

namespace sonde {

// What the host asks of a source in one pull(): room for so many targets, and a task each to put what is known of it.
// Texts that a target points to must live until the next pull().
class Pull {
 public:
  Pull(Context host, sonde_target *targets, uint32_t stride, const sonde_task *facts, uint32_t count)
      : host_(host), targets_(reinterpret_cast<char *>(targets)), stride_(stride), facts_(facts), count_(count) {}
  uint32_t size() const { return count_; }
  void set(uint32_t i, const sonde_target &target) const {
    char *place = targets_ + size_t{i} * stride_;
    uint32_t room = reinterpret_cast<sonde_target *>(place)->size;  // set by the host
    sonde_target copy = target;
    copy.size = room;
    std::memcpy(place, &copy, std::min<size_t>({room, stride_, sizeof copy}));
  }
  Task facts(uint32_t i) const { return Task(host_, facts_[i]); }

 private:
  Context host_;
  char *targets_;
  uint32_t stride_;
  const sonde_task *facts_;
  uint32_t count_;
};

}  // namespace sonde

namespace sonde::detail {

template <class P>
struct Instance {
  Context host;
  P plugin;
  explicit Instance(Context h) : host(h), plugin(h) {}
};
template <class P> Instance<P> &self(sonde_inst *i) { return *reinterpret_cast<Instance<P> *>(i); }

template <class P> sonde_err create(sonde_ctx *ctx, const sonde_host *table, sonde_inst **out) noexcept {
  Context host(ctx, table);
  return guarded(host, 0, [&] { *out = reinterpret_cast<sonde_inst *>(new Instance<P>(host)); });
}
template <class P> void destroy(sonde_inst *i) noexcept { delete reinterpret_cast<Instance<P> *>(i); }

template <class P>
concept blocking = !asynchronous<P> && requires(P &p, Task t) { p.run(t); };

template <class P> int32_t start(sonde_inst *i, const sonde_task *tasks, uint32_t n) noexcept {
  size_t taken = 0;
  sonde_err e = guarded(self<P>(i).host, 0, [&] { taken = self<P>(i).plugin.start(std::span(tasks, n)); });
  return e == SONDE_OK ? static_cast<int32_t>(taken) : e;
}
template <class P> void on_io(sonde_inst *i, uint64_t id, uint64_t user, uint32_t events) noexcept {
  logged(self<P>(i).host, 0, [&] { self<P>(i).plugin.on_io(id, user, events); });
}
template <class P> void on_timer(sonde_inst *i, uint64_t id, uint64_t user) noexcept {
  logged(self<P>(i).host, 0, [&] { self<P>(i).plugin.on_timer(id, user); });
}
template <class P> void cancel(sonde_inst *i, sonde_task t, uint64_t user, uint32_t why) noexcept {
  logged(self<P>(i).host, t, [&] { self<P>(i).plugin.cancel(Task(self<P>(i).host, t), user, why); });
}
// One task after the other; what throws is that task's error, the rest go on.
template <class P> sonde_err run(sonde_inst *i, const sonde_task *tasks, uint32_t n) noexcept {
  for (uint32_t k = 0; k < n; ++k) {
    Task task(self<P>(i).host, tasks[k]);
    sonde_err e = guarded(self<P>(i).host, tasks[k], [&] {
      if constexpr (std::is_void_v<decltype(self<P>(i).plugin.run(task))>) self<P>(i).plugin.run(task);
      else task.done(self<P>(i).plugin.run(task));
    });
    if (e != SONDE_OK) task.done(e == SONDE_E_AGAIN ? sonde_outcome{SONDE_POSTPONED} : sonde_outcome{SONDE_ERROR});
  }
  return SONDE_OK;
}
// What throws ends the batch: a shortage of this machine has all that are not done offered again, a Failure is their error.
template <class P> sonde_err run_batch(sonde_inst *i, const sonde_task *tasks, uint32_t n) noexcept {
  const sonde_err e = guarded(self<P>(i).host, 0, [&] { self<P>(i).plugin.run(std::span(tasks, n)); });
  if (e != SONDE_E_AGAIN) return e;
  for (uint32_t k = 0; k < n; ++k)
    if (Task task(self<P>(i).host, tasks[k]); task.deadline() != 0) task.done(SONDE_POSTPONED);
  return SONDE_OK;
}
template <class P>
concept blocking_batch = requires(P &p, std::span<const sonde_task> t) { p.run(t); };

template <class P> consteval sonde_probe probe_table() {
  sonde_probe t{};
  t.size = sizeof t;
  if constexpr (blocking_batch<P>) t.run = run_batch<P>;
  else if constexpr (blocking<P>) t.run = run<P>;
  else {
    t.start = start<P>;
    t.on_io = on_io<P>;
    t.on_timer = on_timer<P>;
    t.cancel = cancel<P>;
  }
  return t;
}

template <class P> consteval sonde_exporter exporter_table() {
  sonde_exporter t{};
  t.size = sizeof t;
  t.open = [](sonde_inst *i, const sonde_field *f, uint32_t n, uint32_t stride) noexcept -> sonde_err {
    return guarded(self<P>(i).host, 0, [&] { self<P>(i).plugin.open(f, n, stride); });
  };
  t.write = [](sonde_inst *i, const sonde_task *r, uint32_t n) noexcept -> int32_t {
    sonde_err e = guarded(self<P>(i).host, 0, [&] { self<P>(i).plugin.write(std::span(r, n)); });
    return e == SONDE_OK ? static_cast<int32_t>(n) : e;
  };
  t.flush = [](sonde_inst *i) noexcept -> sonde_err {
    return guarded(self<P>(i).host, 0, [&] { self<P>(i).plugin.flush(); });
  };
  t.close = [](sonde_inst *i, int commit) noexcept -> sonde_err {
    return guarded(self<P>(i).host, 0, [&] { self<P>(i).plugin.close(commit != 0); });
  };
  return t;
}

template <class P> consteval sonde_source source_table() {
  sonde_source t{};
  t.size = sizeof t;
  t.pull = [](sonde_inst *i, sonde_target *out, uint32_t size, const sonde_task *facts, uint32_t n) noexcept -> int32_t {
    uint32_t k = 0;
    sonde_err e = guarded(self<P>(i).host, 0, [&] { k = self<P>(i).plugin.pull(Pull(self<P>(i).host, out, size, facts, n)); });
    return e == SONDE_OK ? static_cast<int32_t>(k) : e;
  };
  return t;
}

// A class whose run() is a coroutine, inside the class that drives it; every other as it is.
template <class P> struct driven { using type = P; };
template <asynchronous P> struct driven<P> { using type = AsyncRunner<P>; };

template <class P, const About &A> struct ProbePlugin {
  using Class = typename driven<P>::type;
  static constexpr sonde_descriptor desc =
      describe(A, SONDE_KIND_PROBE, (blocking<P> || blocking_batch<P>) ? uint32_t{SONDE_P_BLOCKING} : 0u);
  static constexpr sonde_probe api = probe_table<Class>();
  static constexpr sonde_plugin plugin = {sizeof(sonde_plugin), 0, &desc, create<Class>, destroy<Class>, &api, nullptr};
};
template <class P, const About &A> struct ExporterPlugin {
  static constexpr sonde_descriptor desc = describe(A, SONDE_KIND_EXPORTER, 0);
  static constexpr sonde_exporter api = exporter_table<P>();
  static constexpr sonde_plugin plugin = {sizeof(sonde_plugin), 0, &desc, create<P>, destroy<P>, &api, nullptr};
};

template <class P, const About &A> struct SourcePlugin {
  static constexpr sonde_descriptor desc = describe(A, SONDE_KIND_SOURCE, 0);
  static constexpr sonde_source api = source_table<P>();
  static constexpr sonde_plugin plugin = {sizeof(sonde_plugin), 0, &desc, create<P>, destroy<P>, &api, nullptr};
};

}  // namespace sonde::detail

// The entry of a library with one plugin, at namespace scope, once. `about` is a namespace-scope `constexpr sonde::About`. For
// several plugins write sonde_plugin_v0() by hand, with ProbePlugin<...>::plugin and ExporterPlugin<...>::plugin.
#define SONDE_PROBE(Class, about)                                                         \
  extern "C" const sonde_plugin *sonde_plugin_v0(uint32_t index) {                        \
    return index == 0 ? &sonde::detail::ProbePlugin<Class, about>::plugin : nullptr;      \
  }
#define SONDE_SOURCE(Class, about)                                                        \
  extern "C" const sonde_plugin *sonde_plugin_v0(uint32_t index) {                        \
    return index == 0 ? &sonde::detail::SourcePlugin<Class, about>::plugin : nullptr;     \
  }
#define SONDE_EXPORTER(Class, about)                                                      \
  extern "C" const sonde_plugin *sonde_plugin_v0(uint32_t index) {                        \
    return index == 0 ? &sonde::detail::ExporterPlugin<Class, about>::plugin : nullptr;   \
  }
#endif
