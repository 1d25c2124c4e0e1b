// The connections of sonde/plugin.hpp: who closes them, datagrams, errors that come while nobody waits, time.
#include <string>
#include <type_traits>

#include "comfort_host.hpp"

namespace {

using namespace std::chrono_literals;
using sonde::test::Host;
using Outcomes = Host::Ended;

constexpr uint32_t error(int number) {
  return SONDE_IO_ERROR | (static_cast<uint32_t>(number) << 16);
}

static_assert(!std::is_copy_constructible_v<sonde::Connection> && !std::is_copy_assignable_v<sonde::Connection>);
static_assert(std::is_nothrow_move_constructible_v<sonde::Connection> &&
              std::is_nothrow_move_assignable_v<sonde::Connection>);

struct Connections : testing::Test, Host {};

// Opens one connection behind the other, with room for one at a time.
class Twice {
 public:
  explicit Twice(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    {
      sonde::Connection first = co_await task.open(22);
      sonde::Connection moved = std::move(first);
      if (first || !moved) co_return SONDE_ERROR;
      char buffer[4];
      sonde::Transfer none = co_await first.read(buffer);  // NOLINT(bugprone-use-after-move)
      if (none.error != ENOTCONN) co_return SONDE_ERROR;
    }
    sonde::Connection second = co_await task.open(80);
    second.hangup();
    sonde::Transfer none = co_await second.write("lost");
    co_return none.error == ENOTCONN ? SONDE_POSITIVE : SONDE_NEGATIVE;
  }
};
TEST_F(Connections, AreClosedOnceWhenTheyGo) {
  make<Twice>();
  start({1});
  io(SONDE_IO_WRITE);
  EXPECT_EQ(hangups, 1) << "at the end of its block";
  EXPECT_EQ(dialled, 80);
  io(SONDE_IO_WRITE);
  EXPECT_EQ(hangups, 2) << "what was hung up is not hung up again";
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
}

// One after the other into the same variable.
class Renewed {
 public:
  explicit Renewed(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(22);
    server = co_await task.open(80);
    sonde::Connection& same = server;
    server = std::move(same);
    co_return server ? SONDE_POSITIVE : SONDE_NEGATIVE;
  }
};
TEST_F(Connections, AnAssignedOneClosesWhatWasThere) {
  make<Renewed>();
  start({1});
  io(SONDE_IO_WRITE);
  EXPECT_EQ(hangups, 0);
  io(SONDE_IO_WRITE);
  EXPECT_EQ(hangups, 2);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
}

// Sleeps while its connection breaks, then reads twice.
class Sleeper {
 public:
  explicit Sleeper(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(22);
    co_await task.sleep(1ms);
    char buffer[8];
    sonde::Transfer got = co_await server.read(buffer);
    sonde::Transfer then = co_await server.read(buffer);
    last = {got.size, got.error, then.error};
    co_return SONDE_NEGATIVE;
  }
  struct Last {
    size_t size;
    int error, then;
    bool operator==(const Last&) const = default;
  };
  static Last last;
};
Sleeper::Last Sleeper::last{};
TEST_F(Connections, AnErrorThatNobodyWaitedForIsToldByTheNextWait) {
  make<Sleeper>();
  start({1});
  io(SONDE_IO_WRITE);
  io(error(EPIPE));  // the last one counts
  io(error(ECONNRESET));
  ASSERT_TRUE(ended.empty()) << "it does not end the sleep";
  say("bye");  // had arrived before it
  timer();
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NEGATIVE}}));
  EXPECT_EQ(Sleeper::last, (Sleeper::Last{3, 0, ECONNRESET}));
}

class Readiness {
 public:
  explicit Readiness(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(22);
    co_await task.sleep(1ms);
    int why = co_await server.ready(SONDE_IO_READ);
    co_return why == EHOSTUNREACH ? SONDE_POSITIVE : SONDE_NEGATIVE;
  }
};
TEST_F(Connections, SoItIsByReady) {
  make<Readiness>();
  start({1});
  io(SONDE_IO_WRITE);
  io(error(EHOSTUNREACH));
  timer();
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
}

class LongSleeper {
 public:
  explicit LongSleeper(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    co_await task.sleep(std::chrono::nanoseconds::max());
    co_return SONDE_POSITIVE;
  }
};
TEST_F(Connections, TheLongestSleepDoesNotOverflow) {
  make<LongSleeper>();
  start({1});
  EXPECT_EQ(timer_at, INT64_MAX);
  EXPECT_TRUE(ended.empty());
}

// Asks three times over UDP, and tells what it heard.
class Asker {
 public:
  explicit Asker(sonde::Context) {}
  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(123, 17);
    if (!server || server.answered()) co_return SONDE_ERROR;  // UDP is open without a word
    for (char question : std::string_view("abc")) {
      co_await server.write(std::string_view(&question, 1));
      char buffer[64];
      sonde::Transfer got = co_await server.read(buffer, 100ms);
      last = got;
      if (got) co_return SONDE_POSITIVE;
      if (!got.timed_out()) break;
    }
    co_return server.outcome();
  }
  static sonde::Transfer last;
};
sonde::Transfer Asker::last;

struct Datagrams : Connections {
  Datagrams() { make_pair(SOCK_DGRAM); }
  void ask() {
    make<Asker>();
    start({1});
    EXPECT_EQ(proto, 17);
    io(SONDE_IO_WRITE);
    EXPECT_EQ(heard(), "a");
    EXPECT_EQ(timer_at, now + 100'000'000);
  }
};
TEST_F(Datagrams, AnAnswer) {
  ask();
  say("12");
  io(SONDE_IO_READ);
  EXPECT_EQ(Asker::last.size, 2u);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
  EXPECT_EQ(timer_at, 0) << "its patience has no timer any more";
}
TEST_F(Datagrams, AnEmptyOneIsAnAnswer) {
  ask();
  say("");
  io(SONDE_IO_READ);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
  EXPECT_FALSE(Asker::last.ended());
}
TEST_F(Datagrams, AClosedPortIsASignOfLife) {
  ask();
  io(error(ECONNREFUSED));
  EXPECT_TRUE(Asker::last.refused());
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NEGATIVE}}));
}
TEST_F(Datagrams, ARouterIsNone) {
  ask();
  io(error(EHOSTUNREACH));
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NO_ANSWER}}));
}
TEST_F(Datagrams, AreAskedAgainAndThenSilence) {
  ask();
  EXPECT_EQ(asked_pace, 0u) << "the first one was paid for by dial()";
  timer();
  EXPECT_EQ(heard(), "b");
  EXPECT_EQ(asked_pace, 1u);
  timer();
  EXPECT_EQ(heard(), "c");
  timer();
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NO_ANSWER}}));
}
TEST_F(Datagrams, WaitForTheRate) {
  ask();
  may_leave = 0;
  timer();
  EXPECT_EQ(heard(), "(nothing)");
  EXPECT_EQ(timer_at, now + 5'000'000);
  say("late");
  io(SONDE_IO_READ);  // what arrives meanwhile is for the next read
  EXPECT_TRUE(ended.empty());
  timer();
  EXPECT_EQ(heard(), "b");
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
}
TEST_F(Datagrams, TheDeadlineEndsAskingAgain) {
  ask();
  probe().cancel(instance, 1, 0, SONDE_EXPIRED);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NO_ANSWER}}));
  EXPECT_EQ(heard(), "(nothing)");
}

// The blocking style.

class Caller {
 public:
  explicit Caller(sonde::Context) {}
  void run(sonde::Task task) {
    sonde::Stream server = task.connect(123, 17);
    before = server.answered();
    char buffer[8];
    sent = server.write("one");
    again = server.write("");  // an empty datagram
    got = server.read(buffer, 10ms);
    task.done(server.outcome());
  }
  static sonde::Transfer sent, again, got;
  static bool before;
};
sonde::Transfer Caller::sent, Caller::again, Caller::got;
bool Caller::before = false;

struct Calls : Datagrams {
  Calls() { tick = 1'000'000; }
  void run(std::vector<sonde_task> tasks = {1}) {
    EXPECT_EQ(probe().run(instance, tasks.data(), static_cast<uint32_t>(tasks.size())), SONDE_OK);
  }
};
TEST_F(Calls, SilenceOverUdp) {
  make<Caller>();
  connect_fd = pair[0];
  run();
  EXPECT_FALSE(Caller::before);
  EXPECT_EQ(heard(), "one");
  EXPECT_EQ(heard(), "");
  EXPECT_EQ(asked_pace, 1u);
  EXPECT_TRUE(Caller::got.timed_out());
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NO_ANSWER}}));
}
TEST_F(Calls, AnEmptyAnswerOverUdp) {
  make<Caller>();
  connect_fd = pair[0];
  say("");
  run();
  EXPECT_TRUE(Caller::got);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NEGATIVE}}));
}
TEST_F(Calls, WaitsForTheRateUntilTheDeadline) {
  make<Caller>();
  connect_fd = pair[0];
  may_leave = may_leave_later = 0;
  is_cancelled = true;
  run();
  EXPECT_TRUE(Caller::again.timed_out());
  EXPECT_EQ(heard(), "one");
  EXPECT_EQ(heard(), "(nothing)");
}
TEST_F(Calls, AStreamThatIsNotOpenIsNotConnected) {
  make<Caller>();
  dial_answer = SONDE_E_IO;
  connect_fd = -ECONNREFUSED;
  run();
  EXPECT_EQ(Caller::sent.error, ENOTCONN);
  EXPECT_EQ(Caller::got.error, ENOTCONN);
}

class Patient {
 public:
  explicit Patient(sonde::Context) {}
  sonde_outcome run(sonde::Task task) {
    sonde::Stream server = task.connect(123, 17);
    char buffer[8];
    return server.read(buffer, 1h).timed_out() ? SONDE_NO_ANSWER : SONDE_NEGATIVE;
  }
};
TEST_F(Calls, APatienceEndsWithTheRun) {
  make<Patient>();
  connect_fd = pair[0];
  is_cancelled = true;
  run();
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_NO_ANSWER}}));
}

class Pacer {
 public:
  explicit Pacer(sonde::Context) {}
  sonde_outcome run(sonde::Task task) { return task.pace(5) ? SONDE_POSITIVE : SONDE_NO_ANSWER; }
};
TEST_F(Calls, PaceWaitsForAllOfThem) {
  make<Pacer>();
  may_leave = 2;
  may_leave_later = 1;
  run();
  EXPECT_EQ(asked_pace, 5u + 3u + 2u + 1u);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
}

// A batch: the first is done, then the machine is short of something.
class Batch {
 public:
  explicit Batch(sonde::Context host) : host_(host) {}
  void run(std::span<const sonde_task> tasks) {
    sonde::Task(host_, tasks[0]).done(SONDE_POSITIVE);
    sonde::Task(host_, tasks[1]).connect(22);
  }

 private:
  sonde::Context host_;
};
TEST_F(Calls, AShortageHasTheRestOfABatchOfferedAgain) {
  make<Batch>();
  dial_answer = SONDE_E_AGAIN;
  run({1, 2, 3});
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}, {2, SONDE_POSTPONED}, {3, SONDE_POSTPONED}}));
}
TEST_F(Calls, WhatTheHostRefusesEndsABatch) {
  make<Batch>();
  dial_answer = SONDE_E_DENIED;
  const sonde_task tasks[] = {1, 2};
  EXPECT_EQ(probe().run(instance, tasks, 2), SONDE_E_DENIED);
  EXPECT_EQ(ended, (Outcomes{{1, SONDE_POSITIVE}}));
}

}  // namespace
