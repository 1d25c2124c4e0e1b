// Runs of the real engine with probes whose behaviour a test writes down as functions. No library is loaded: the
// plugin's tables stand in this program.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>

#include "engine/run.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core::test {

/// What one scripted plugin does. `h` is its host table.
struct Script {
  using Ctx = sonde_ctx*;
  std::function<sonde_err(Ctx, const sonde_host*)> create;
  std::function<void(Ctx, const sonde_host*)> destroy;  ///< its last words
  std::function<int32_t(Ctx, const sonde_host*, std::span<const sonde_task>)> start;
  std::function<void(Ctx, const sonde_host*, uint64_t id, uint64_t user, uint32_t events)> on_io;
  std::function<void(Ctx, const sonde_host*, uint64_t id, uint64_t user)> on_timer;
  std::function<void(Ctx, const sonde_host*, sonde_task, uint64_t user, uint32_t why)> cancel;
  std::function<sonde_err(Ctx, const sonde_host*, std::span<const sonde_task>)> run;  ///< makes it a blocking probe
};

constexpr std::size_t most_scripts = 3;
inline std::array<Script, most_scripts> scripts;

struct Live {
  sonde_ctx* ctx;
  const sonde_host* host;
};

template <std::size_t N>
struct Tables {
  static Live& live(sonde_inst* i) { return *reinterpret_cast<Live*>(i); }
  static sonde_err create(sonde_ctx* c, const sonde_host* h, sonde_inst** out) {
    if (scripts[N].create)
      if (sonde_err e = scripts[N].create(c, h); e != SONDE_OK) return e;
    *out = reinterpret_cast<sonde_inst*>(new Live{c, h});
    return SONDE_OK;
  }
  static void destroy(sonde_inst* i) {
    if (scripts[N].destroy) scripts[N].destroy(live(i).ctx, live(i).host);
    delete &live(i);
  }
  static int32_t start(sonde_inst* i, const sonde_task* t, uint32_t n) {
    return scripts[N].start(live(i).ctx, live(i).host, {t, n});
  }
  static void on_io(sonde_inst* i, uint64_t id, uint64_t user, uint32_t e) {
    if (scripts[N].on_io) scripts[N].on_io(live(i).ctx, live(i).host, id, user, e);
  }
  static void on_timer(sonde_inst* i, uint64_t id, uint64_t user) {
    if (scripts[N].on_timer) scripts[N].on_timer(live(i).ctx, live(i).host, id, user);
  }
  static void cancel(sonde_inst* i, sonde_task t, uint64_t user, uint32_t why) {
    if (scripts[N].cancel) scripts[N].cancel(live(i).ctx, live(i).host, t, user, why);
  }
  static sonde_err run(sonde_inst* i, const sonde_task* t, uint32_t n) {
    return scripts[N].run(live(i).ctx, live(i).host, {t, n});
  }
  static constexpr sonde_probe async = {sizeof(sonde_probe), 0, start, on_io, on_timer, cancel, nullptr};
  static constexpr sonde_probe blocking = {sizeof(sonde_probe), 0, nullptr, nullptr, nullptr, nullptr, run};
  static constexpr sonde_plugin plugin = {sizeof(sonde_plugin), 0, nullptr, create, destroy, nullptr, nullptr};
};

/// A plan over a range of 127.0.0.0/8 with one stage a script, and the means to run it.
class ScriptedRun : public ::testing::Test {
 protected:
  void SetUp() override {
    scripts = {};
    directory_ = std::filesystem::temp_directory_path() / ("sonde-engine-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    plan.output_dir = directory_;
    plan.limits.packets_per_second = 0;
    plan.limits.shards = 1;
    plan.seed = 7;
    plan.hash = "test";
    plan.scope = Scope({}, {}, {});
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void targets(uint32_t n) {
    AddressSet set;
    const uint32_t first = (127u << 24) + 256;
    set.add(AddressRange{IpAddress::v4(first), IpAddress::v4(first + n - 1)});
    plan.targets = TargetSet(std::move(set));
    plan.slice = {0, n};
  }

  /// Outputs are well-known fields by name.
  template <std::size_t N>
  StagePlan& stage(Script script, std::vector<std::string> outputs = {}, int64_t deadline_ms = 1000) {
    scripts[N] = std::move(script);
    PluginEntry& e = entries_[N];
    e = {};
    e.kind = PluginKind::probe;
    e.id = "script" + std::to_string(N);
    e.version = "1";
    e.plugin = &Tables<N>::plugin;
    e.probe = scripts[N].run ? &Tables<N>::blocking : &Tables<N>::async;
    e.needs = SONDE_NEED_CONNECT;
    e.flags = scripts[N].run ? uint32_t{SONDE_P_BLOCKING} : 0u;
    StagePlan s;
    s.name = e.id;
    s.plugin = &e;
    s.deadline = deadline_ms * 1'000'000;
    for (const std::string& name : outputs) {
      const FieldId id = plan.fields.find(name);
      EXPECT_NE(id, no_field) << name;
      s.outputs.push_back(id);
      e.outputs.push_back(FieldInfo{name, "", plan.fields[id].type, plan.fields[id].shape, 0});
    }
    plan.stages.push_back(std::move(s));
    return plan.stages.back();
  }
  PluginEntry& entry(std::size_t n) { return entries_[n]; }
  std::vector<Diagnostic> why_not_started;  ///< of the last run that was not started

  Result<RunResult> run(RunRequest request = {}) {
    if (request.run_id.empty()) request.run_id = "test-" + std::to_string(++runs_);
    auto result = core::run(plan, request);
    if (result) return std::move(*result);
    why_not_started = result.error();
    return tl::unexpected(why_not_started.front());
  }
  RunResult run_well(RunRequest request = {}) {
    auto r = run(std::move(request));
    EXPECT_TRUE(r.has_value()) << (r ? "" : render(r.error()));
    return r ? std::move(*r) : RunResult{};
  }
  /// The records of a run, by address.
  static std::vector<HostRecord> hosts(const RunResult& r) { return hosts(r.hosts); }
  static std::vector<HostRecord> hosts(const HostStore& store) {
    std::vector<HostRecord> all;
    EXPECT_TRUE(store.each([&](const HostRecord& h) { all.push_back(h); }).has_value());
    return all;
  }
  static uint64_t count(const RunResult& r, std::size_t stage, Outcome o) {
    return r.document.stages.at(stage).by_outcome[static_cast<std::size_t>(o)];
  }

  Plan plan;
  std::filesystem::path directory_;

 private:
  std::array<PluginEntry, most_scripts> entries_;
  int runs_ = 0;
};

inline sonde_value boolean(bool b) {
  sonde_value v{};
  v.type = SONDE_BOOL;
  v.as.u = b;
  return v;
}
inline sonde_value text_value(std::string_view s) {
  sonde_value v{};
  v.type = SONDE_TEXT;
  v.as.s = {s.data(), s.size()};
  return v;
}

/// start() that ends every task at once with this outcome.
inline Script answers(sonde_outcome outcome) {
  Script s;
  s.start = [outcome](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) h->done(c, t, outcome);
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

}  // namespace sonde::core::test
