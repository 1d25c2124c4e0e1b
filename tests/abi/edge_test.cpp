// The edge of sonde/plugin.hpp: whatever a plugin's class throws ends there, as a code and a text for the host.
#include <gtest/gtest.h>

#include <sonde/plugin.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// What the next call of the class throws.
enum class Throws { nothing, failure, refusal, memory, standard, integer };
Throws next = Throws::nothing;

void maybe_throw() {
  switch (next) {
    case Throws::nothing:
      return;
    case Throws::failure:
      throw sonde::Failure(SONDE_E_CONFIG, "the file is missing");
    case Throws::refusal:
      throw sonde::Failure(SONDE_E_DENIED, "");
    case Throws::memory:
      throw std::bad_alloc();
    case Throws::standard:
      throw std::runtime_error("out of range");
    case Throws::integer:
      throw 42;
  }
}

class Thrower {
 public:
  explicit Thrower(sonde::Context) { maybe_throw(); }
  size_t start(std::span<const sonde_task> tasks) {
    maybe_throw();
    return tasks.size();
  }
  void on_io(uint64_t, uint64_t, uint32_t) { maybe_throw(); }
  void on_timer(uint64_t, uint64_t) { maybe_throw(); }
  void cancel(sonde::Task, uint64_t, uint32_t) { maybe_throw(); }
};
class Worker {
 public:
  explicit Worker(sonde::Context) {}
  void run(sonde::Task task) {
    if (task.id() == 2) maybe_throw();
    task.done(SONDE_POSITIVE);
  }
};
constexpr sonde::About thrower = {.id = "thrower", .version = "1", .summary = "s", .license = "l"};
constexpr sonde::About worker = {.id = "worker", .version = "1", .summary = "s", .license = "l"};

struct Said {
  sonde_task task;
  sonde_err code;  // of fail(); 0: logged
  std::string text;
  friend bool operator==(const Said&, const Said&) = default;
};
std::vector<Said> said;
std::vector<std::pair<sonde_task, sonde_outcome>> ended;

sonde_host make_table() {
  sonde_host t{};
  t.size = sizeof t;
  t.fail = [](sonde_ctx*, sonde_task task, sonde_err e, sonde_str why) {
    said.push_back({task, e, {why.ptr, why.len}});
  };
  t.log = [](sonde_ctx*, sonde_task task, int level, sonde_str text) {
    EXPECT_EQ(level, int{SONDE_LOG_ERROR});
    said.push_back({task, 0, {text.ptr, text.len}});
  };
  t.done = [](sonde_ctx*, sonde_task task, sonde_outcome o) -> sonde_err {
    ended.emplace_back(task, o);
    return SONDE_OK;
  };
  return t;
}
const sonde_host table = make_table();

class Edge : public testing::Test {
 protected:
  Edge() {
    next = Throws::nothing;
    said.clear();
    ended.clear();
  }
  ~Edge() override {
    if (instance_) plugin_.destroy(instance_);
  }
  void make() { ASSERT_EQ(plugin_.create(nullptr, &table, &instance_), SONDE_OK); }

  const sonde_plugin& plugin_ = sonde::detail::ProbePlugin<Thrower, thrower>::plugin;
  const sonde_probe& probe_ = *static_cast<const sonde_probe*>(plugin_.api);
  sonde_inst* instance_ = nullptr;
};

TEST_F(Edge, CreateReturnsTheCodeOfAFailureAndTellsItsText) {
  next = Throws::failure;
  EXPECT_EQ(plugin_.create(nullptr, &table, &instance_), SONDE_E_CONFIG);
  EXPECT_EQ(instance_, nullptr);
  EXPECT_EQ(said, (std::vector<Said>{{0, SONDE_E_CONFIG, "the file is missing"}}));
}
TEST_F(Edge, AFailureWithoutATextLeavesTheHostsOwn) {
  make();
  next = Throws::refusal;
  const sonde_task tasks[] = {1};
  EXPECT_EQ(probe_.start(instance_, tasks, 1), SONDE_E_DENIED);
  EXPECT_TRUE(said.empty());
}
TEST_F(Edge, LackOfMemoryHasItsOwnCode) {
  next = Throws::memory;
  EXPECT_EQ(plugin_.create(nullptr, &table, &instance_), SONDE_E_NOMEM);
  EXPECT_EQ(said, (std::vector<Said>{{0, SONDE_E_NOMEM, "out of memory"}}));
}
TEST_F(Edge, StartReturnsWhatItTookOrTheError) {
  make();
  const sonde_task tasks[] = {1, 2, 3};
  EXPECT_EQ(probe_.start(instance_, tasks, 3), 3);
  next = Throws::standard;
  EXPECT_EQ(probe_.start(instance_, tasks, 3), SONDE_E_FATAL);
  EXPECT_EQ(said, (std::vector<Said>{{0, SONDE_E_FATAL, "out of range"}}));
}
TEST_F(Edge, WhatIsNoStdExceptionEndsThereToo) {
  make();
  const sonde_task tasks[] = {1};
  next = Throws::integer;
  EXPECT_EQ(probe_.start(instance_, tasks, 1), SONDE_E_FATAL);
  EXPECT_EQ(said, (std::vector<Said>{{0, SONDE_E_FATAL, "an exception that is no std::exception"}}));
}
TEST_F(Edge, CallbacksWithoutAResultLogInstead) {
  make();
  next = Throws::standard;
  probe_.on_io(instance_, 1, 2, SONDE_IO_READ);
  probe_.on_timer(instance_, 1, 2);
  probe_.cancel(instance_, 7, 2, SONDE_EXPIRED);
  EXPECT_EQ(said, (std::vector<Said>{{0, 0, "out of range"}, {0, 0, "out of range"}, {7, 0, "out of range"}}));
}
TEST_F(Edge, ABlockingTaskThatThrowsIsAnErrorAndTheNextGoesOn) {
  const sonde_plugin& plugin = sonde::detail::ProbePlugin<Worker, worker>::plugin;
  EXPECT_EQ(plugin.desc->flags, uint32_t{SONDE_P_BLOCKING});
  sonde_inst* instance = nullptr;
  ASSERT_EQ(plugin.create(nullptr, &table, &instance), SONDE_OK);
  next = Throws::failure;
  const sonde_task tasks[] = {1, 2, 3};
  EXPECT_EQ(static_cast<const sonde_probe*>(plugin.api)->run(instance, tasks, 3), SONDE_OK);
  EXPECT_EQ(said, (std::vector<Said>{{2, SONDE_E_CONFIG, "the file is missing"}}));
  EXPECT_EQ(ended, (std::vector<std::pair<sonde_task, sonde_outcome>>{
                       {1, SONDE_POSITIVE}, {2, SONDE_ERROR}, {3, SONDE_POSITIVE}}));
  plugin.destroy(instance);
}

}  // namespace
