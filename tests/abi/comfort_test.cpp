// sonde/plugin.hpp on a host made of lambdas: options made from a struct, and probes that are one method.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "comfort_host.hpp"

namespace {

using namespace std::chrono_literals;
using sonde::test::Host;

struct Options {
  uint16_t port;
  std::chrono::nanoseconds wait;
  bool deep;
  double share;
  std::string mode;
  std::optional<std::string> name;
  std::optional<int64_t> level;
  std::vector<uint16_t> ports;
  std::vector<std::string> words;
};
constexpr auto options = sonde::options<Options>(
    sonde::Cost{.silent = R"(["tries"])", .alive = "[1]", .wait = R"(["wait"])", .deadline = R"([["wait"],[1000]])"},
    sonde::option("port", &Options::port, 22, "say \"hello\" to it", {.minimum = 1}),
    sonde::option("wait", &Options::wait, "2s", "how long", {.maximum = 60'000'000'000}),
    sonde::option("deep", &Options::deep, true, "all of it"), sonde::option("share", &Options::share, "0.5", "a part"),
    sonde::option("mode", &Options::mode, "fast", "how", {.choices = R"(["fast","slow"])"}),
    sonde::option("name", &Options::name, sonde::no_default, "a secret", {.format = "secret"}),
    sonde::option("level", &Options::level, sonde::no_default, "from below zero"),
    sonde::option("ports", &Options::ports, "22,80", "which ports"),
    sonde::option("words", &Options::words, sonde::no_default, "files", {.format = "path"}));

TEST(Options, MakeTheSchema) {
  EXPECT_STREQ(
      options.schema(),
      R"({"type":"object","properties":{)"
      R"("port":{"type":"integer","minimum":1,"maximum":65535,"default":22,"description":"say \"hello\" to it"},)"
      R"("wait":{"type":"string","x-sonde":"duration","maximum":60000000000,"default":"2s","description":"how long"},)"
      R"("deep":{"type":"boolean","default":true,"description":"all of it"},)"
      R"("share":{"type":"number","default":0.5,"description":"a part"},)"
      R"("mode":{"type":"string","enum":["fast","slow"],"default":"fast","description":"how"},)"
      R"("name":{"type":"string","x-sonde":"secret","description":"a secret"},)"
      R"("level":{"type":"integer","description":"from below zero"},)"
      R"("ports":{"type":"array","x-sonde":"ports","default":"22,80","description":"which ports"},)"
      R"("words":{"type":"array","items":{"type":"string","x-sonde":"path"},"description":"files"}},)"
      R"("x-sonde":{"cost":{"silent":["tries"],"alive":[1],"wait":["wait"],"deadline":[["wait"],[1000]]}}})");
}
TEST(Options, ThatMustBeGivenAreRequired) {
  struct Two {
    std::string a;
    uint64_t b;
  };
  constexpr auto two = sonde::options<Two>(sonde::option("a", &Two::a, sonde::no_default, "A."),
                                           sonde::option("b", &Two::b, sonde::no_default, "B."));
  EXPECT_STREQ(two.schema(), R"({"type":"object","properties":{"a":{"type":"string","description":"A."},)"
                             R"("b":{"type":"integer","minimum":0,"description":"B."}},"required":["a","b"]})");
}

int frames = 0;  // coroutines that hold something
struct Held {
  Held() { ++frames; }
  ~Held() { --frames; }
};
std::string last_text;

// Reads until a line feed; what became of it is in last_text.
class Reader {
 public:
  explicit Reader(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    Held held;
    sonde::Connection server = co_await task.open(22);
    if (!server) co_return server.outcome();
    std::string text;
    char buffer[4];
    while (text.find('\n') == text.npos) {
      sonde::Transfer got = co_await server.read(buffer);
      if (got.timed_out()) {
        last_text = text + " (cut)";
        co_return text.empty() ? SONDE_NO_ANSWER : SONDE_POSITIVE;
      }
      if (!got) co_return SONDE_NEGATIVE;
      text.append(buffer, got.size);
    }
    last_text = text;
    sonde::Transfer sent = co_await server.write("thanks");
    co_return sent.size == 6 ? SONDE_POSITIVE : SONDE_NEGATIVE;
  }
};

struct Coroutine : testing::Test, Host {
  Coroutine() {
    frames = 0;
    last_text.clear();
  }
  void TearDown() override { EXPECT_EQ(frames, 0); }
};

struct ByReference {
  sonde::Async run(const sonde::Task&);
};
static_assert(sonde::detail::takes_task_by_value<decltype(&Reader::run)>);
static_assert(!sonde::detail::takes_task_by_value<decltype(&ByReference::run)>, "it would dangle at the first wait");

TEST_F(Coroutine, IsAsynchronous) {
  make<Reader>();
  EXPECT_EQ(plugin->desc->flags, 0u);
  EXPECT_EQ(probe().run, nullptr);
  EXPECT_NE(probe().start, nullptr);
}
TEST_F(Coroutine, WaitsForEachStep) {
  make<Reader>();
  start({1});
  EXPECT_EQ(dialled, 22);
  io(SONDE_IO_WRITE);
  EXPECT_EQ(watched[7], uint32_t{SONDE_IO_READ});
  say("hel");
  io(SONDE_IO_READ);
  EXPECT_TRUE(ended.empty());
  say("lo\n");
  io(SONDE_IO_READ);
  EXPECT_EQ(last_text, "hello\n");
  EXPECT_EQ(ended, (Ended{{1, SONDE_POSITIVE}}));
  char thanks[10];
  EXPECT_EQ(::recv(pair[1], thanks, sizeof thanks, MSG_DONTWAIT), 6);
}
TEST_F(Coroutine, ARefusalIsAnAnswerAndHangsUp) {
  make<Reader>();
  start({1});
  io(SONDE_IO_ERROR | (uint32_t{ECONNREFUSED} << 16));
  EXPECT_EQ(ended, (Ended{{1, SONDE_NEGATIVE}}));
  EXPECT_EQ(hangups, 1);
}
TEST_F(Coroutine, AnErrorOfARouterIsNone) {
  make<Reader>();
  start({1});
  io(SONDE_IO_ERROR | (uint32_t{EHOSTUNREACH} << 16));
  EXPECT_EQ(ended, (Ended{{1, SONDE_NO_ANSWER}}));
}
TEST_F(Coroutine, DialsAgainWhenItIsItsTurn) {
  make<Reader>();
  dial_answer = SONDE_E_AGAIN;
  start({1});
  dial_answer = SONDE_OK;
  probe().on_timer(instance, 0, 1);
  io(SONDE_IO_WRITE);
  say("\n");
  io(SONDE_IO_READ);
  EXPECT_EQ(ended, (Ended{{1, SONDE_POSITIVE}}));
}
TEST_F(Coroutine, WhatTheHostRefusesIsAnErrorWithItsReason) {
  make<Reader>();
  dial_answer = SONDE_E_DENIED;
  start({1, 2});
  EXPECT_EQ(ended, (Ended{{1, SONDE_ERROR}, {2, SONDE_ERROR}}));
  EXPECT_TRUE(said.empty());  // the host has said it
}
TEST_F(Coroutine, KnowsAtTheDeadlineWhatItHas) {
  make<Reader>();
  start({1});
  io(SONDE_IO_WRITE);
  say("hel");
  io(SONDE_IO_READ);
  probe().cancel(instance, 1, 0, SONDE_EXPIRED);
  EXPECT_EQ(last_text, "hel (cut)");
  EXPECT_EQ(ended, (Ended{{1, SONDE_POSITIVE}}));
}
TEST_F(Coroutine, IsUndoneWhenTheRunEnds) {
  make<Reader>();
  start({1, 2});
  io(SONDE_IO_WRITE, 1);
  probe().cancel(instance, 1, 0, SONDE_STOPPED);
  probe().cancel(instance, 2, 0, 4711);  // a reason of a later ABI
  EXPECT_EQ(ended, (Ended{{1, SONDE_CANCELLED}, {2, SONDE_CANCELLED}}));
  EXPECT_EQ(frames, 0);
  EXPECT_EQ(last_text, "");
}
TEST_F(Coroutine, APeerThatNeverStopsDoesNotHoldTheShard) {
  make<Reader>();
  start({1});
  say(std::string(1000, 'x'));
  io(SONDE_IO_WRITE);  // reads 4 octets at a time
  int rounds = 1;
  for (; rounds < 100 && watched[7] == SONDE_IO_READ && ended.empty(); ++rounds) {
    char probe_byte;
    if (::recv(pair[0], &probe_byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) break;
    io(SONDE_IO_READ);
  }
  EXPECT_GE(rounds, 10);
  say("\n");
  io(SONDE_IO_READ);
  EXPECT_EQ(ended, (Ended{{1, SONDE_POSITIVE}}));
}
TEST_F(Coroutine, StrayEventsFindNobody) {
  make<Reader>();
  start({1});
  io(SONDE_IO_READ, 99, 5);
  EXPECT_EQ(watched[5], 0u);
  probe().on_timer(instance, 12, 1);
  probe().on_timer(instance, 0, 99);
  probe().cancel(instance, 99, 0, SONDE_EXPIRED);
  EXPECT_TRUE(ended.empty());
  probe().cancel(instance, 1, 0, SONDE_STOPPED);
}
// Opens, sleeps while the connection is ready, and then reads.
class Dozer {
 public:
  explicit Dozer(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(22);
    co_await task.sleep(1ms);
    char buffer[4];
    sonde::Transfer got = co_await server.read(buffer);
    co_return got.size == 2 ? SONDE_POSITIVE : SONDE_NEGATIVE;
  }
};
TEST_F(Coroutine, AConnectionThatNobodyWaitsForIsPaused) {
  make<Dozer>();
  start({1});
  io(SONDE_IO_WRITE);
  watched[7] = SONDE_IO_WRITE;  // level-triggered: it comes again
  io(SONDE_IO_WRITE);
  EXPECT_EQ(watched[7], 0u);
  now = timer_at;
  probe().on_timer(instance, 33, 1);
  EXPECT_EQ(watched[7], uint32_t{SONDE_IO_READ});
  say("hi");
  io(SONDE_IO_READ);
  EXPECT_EQ(ended, (Ended{{1, SONDE_POSITIVE}}));
}
TEST_F(Coroutine, DataBeforeAResetIsRead) {
  make<Reader>();
  start({1});
  io(SONDE_IO_WRITE);
  say("bye");
  io(SONDE_IO_READ | SONDE_IO_ERROR | (uint32_t{ECONNRESET} << 16));
  EXPECT_EQ(ended, (Ended{{1, SONDE_NEGATIVE}}));
}

class Stubborn {
 public:
  explicit Stubborn(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    Held held;
    for (;;) co_await task.sleep(1ms);
    co_return SONDE_POSITIVE;
  }
};
TEST_F(Coroutine, SleepsAndIsUndoneWhenItWaitsOn) {
  make<Stubborn>();
  start({1});
  EXPECT_EQ(timer_at, 1000 + 1'000'000);
  now += 1'000'000;
  probe().on_timer(instance, 33, 1);
  EXPECT_EQ(timer_at, 1000 + 2'000'000);
  probe().cancel(instance, 1, 0, SONDE_EXPIRED);
  EXPECT_EQ(ended, (Ended{{1, SONDE_NO_ANSWER}}));
  EXPECT_EQ(timer_at, 0) << "its timer is gone";
}

class Thrower {
 public:
  explicit Thrower(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    Held held;
    if (task.id() == 1) throw sonde::Failure(SONDE_E_IO, "the table is missing");
    if (task.id() == 2) throw 42;
    co_return SONDE_POSITIVE;
  }
};
TEST_F(Coroutine, WhatItThrowsIsThatTasksError) {
  make<Thrower>();
  start({1, 2, 3});
  EXPECT_EQ(ended, (Ended{{1, SONDE_ERROR}, {2, SONDE_ERROR}, {3, SONDE_POSITIVE}}));
  EXPECT_EQ(said, (std::vector<std::string>{"the table is missing", "an exception that is no std::exception"}));
}
TEST_F(Coroutine, UnfinishedOnesGoWithTheInstance) {
  make<Reader>();
  start({1});
  EXPECT_EQ(frames, 1);
  plugin->destroy(std::exchange(instance, nullptr));
  EXPECT_EQ(frames, 0);
}

class Caller {
 public:
  explicit Caller(sonde::Context) {}
  sonde_outcome run(sonde::Task task) {
    sonde::Stream server = task.connect(22);
    if (!server) return server.outcome();
    server.write("hi");
    char buffer[8];
    sonde::Transfer got = server.read(buffer);
    if (got.timed_out()) return SONDE_NO_ANSWER;
    return got ? SONDE_POSITIVE : SONDE_NEGATIVE;
  }
};
struct Blocking : testing::Test, Host {
  sonde_outcome outcome() {
    const sonde_task task = 1;
    EXPECT_EQ(probe().run(instance, &task, 1), SONDE_OK);
    EXPECT_EQ(ended.size(), 1u);
    return ended.empty() ? 0 : ended[0].second;
  }
};
TEST_F(Blocking, ReturnsItsOutcome) {
  make<Caller>();
  EXPECT_EQ(plugin->desc->flags, uint32_t{SONDE_P_BLOCKING});
  connect_fd = pair[0];
  say("hello");
  EXPECT_EQ(outcome(), uint32_t{SONDE_POSITIVE});
}
TEST_F(Blocking, ARefusalIsAnAnswer) {
  make<Caller>();
  dial_answer = SONDE_E_IO;
  connect_fd = -ECONNREFUSED;
  EXPECT_EQ(outcome(), uint32_t{SONDE_NEGATIVE});
}
TEST_F(Blocking, TimeThatWasUpIsSilence) {
  make<Caller>();
  dial_answer = SONDE_E_STALE;
  EXPECT_EQ(outcome(), uint32_t{SONDE_NO_ANSWER});
}
TEST_F(Blocking, AShortageIsAskedAgain) {
  make<Caller>();
  dial_answer = SONDE_E_AGAIN;
  EXPECT_EQ(outcome(), uint32_t{SONDE_POSTPONED});
}
TEST_F(Blocking, WhatTheHostRefusesIsAnError) {
  make<Caller>();
  dial_answer = SONDE_E_DENIED;
  EXPECT_EQ(outcome(), uint32_t{SONDE_ERROR});
}
TEST_F(Blocking, TheDeadlineIsNotThePeersEnd) {
  make<Caller>();
  connect_fd = pair[0];
  ::shutdown(pair[1], SHUT_WR);
  is_cancelled = true;
  EXPECT_EQ(outcome(), uint32_t{SONDE_NO_ANSWER});
}
TEST_F(Blocking, ThePeersEndIs) {
  make<Caller>();
  connect_fd = pair[0];
  ::shutdown(pair[1], SHUT_WR);
  EXPECT_EQ(outcome(), uint32_t{SONDE_NEGATIVE});
}

}  // namespace
