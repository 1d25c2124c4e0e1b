#include "engine/event_loop.hpp"
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "plugins/host_calls.hpp"

namespace sonde::core {
namespace {

constexpr int64_t ms = 1'000'000;

struct Recorder final : LoopClient {
  std::vector<std::string> events;
  std::function<void(uint64_t, uint32_t)> io;
  void on_io(uint64_t id, uint64_t user, uint32_t what) override {
    events.push_back("io" + std::to_string(user));
    if (io) io(id, what);
  }
  void on_timer(uint64_t, uint64_t user) override { events.push_back("timer" + std::to_string(user)); }
};

struct Pair {
  int a = -1, b = -1;
  Pair() {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0) a = fds[0], b = fds[1];
  }
  ~Pair() { ::close(a), ::close(b); }
};

TEST(EventLoop, AnAnswerThatHasArrivedIsReadBeforeItsTimeRunsOut) {
  EventLoop loop;
  Recorder r;
  Pair p;
  loop.add(r, p.a, SONDE_IO_READ, 1, 0);
  loop.arm(r, monotonic_ns() + 5 * ms, 2);
  loop.round();
  // The loop is held up past the timer while the answer comes in.
  ASSERT_EQ(::write(p.b, "x", 1), 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  r.io = [&](uint64_t id, uint32_t) { loop.remove(id, r); };
  loop.round();
  ASSERT_FALSE(r.events.empty());
  EXPECT_EQ(r.events.front(), "io1");
}

TEST(EventLoop, ATimerThatBecameDueDuringTheRoundWaitsForTheNext) {
  EventLoop loop;
  Recorder r;
  Pair p;
  loop.add(r, p.a, SONDE_IO_READ, 1, 0);
  ASSERT_EQ(::write(p.b, "x", 1), 1);
  loop.arm(r, monotonic_ns() + 2 * ms, 2);
  r.io = [&](uint64_t id, uint32_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the timer falls due in here
    loop.remove(id, r);
  };
  loop.round();
  EXPECT_EQ(r.events, std::vector<std::string>{"io1"});
  loop.round();
  EXPECT_EQ(r.events, (std::vector<std::string>{"io1", "timer2"}));
}

TEST(EventLoop, ErrorsComeWithTheirErrno) {
  EventLoop loop;
  Recorder r;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  socklen_t size = sizeof a;
  getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size);
  ASSERT_EQ(listen(listener, 1), 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&a), size), 0);
  const int peer = accept(listener, nullptr, nullptr);
  const linger now{1, 0};
  setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(peer);  // resets
  uint32_t seen = 0;
  r.io = [&](uint64_t id, uint32_t events) {
    seen = events;
    loop.remove(id, r);
  };
  loop.add(r, client, SONDE_IO_WRITE, 1, 0);
  for (int i = 0; i < 50 && seen == 0; ++i) loop.wait(monotonic_ns() + 10 * ms), loop.round();
  EXPECT_TRUE(seen & SONDE_IO_ERROR);
  EXPECT_EQ(SONDE_IO_ERRNO(seen), ECONNRESET);
  ::close(client), ::close(listener);
}

TEST(EventLoop, APausedDescriptorDoesNotSpin) {
  EventLoop loop;
  Recorder r;
  Pair p;
  const uint64_t id = loop.add(r, p.a, SONDE_IO_READ, 1, 0);
  ::shutdown(p.b, SHUT_RDWR);
  EXPECT_TRUE(loop.set_events(id, r, 0));
  for (int i = 0; i < 5; ++i) loop.round();
  EXPECT_TRUE(r.events.empty());
  EXPECT_TRUE(loop.set_events(id, r, SONDE_IO_READ));
  loop.round();
  EXPECT_EQ(r.events.size(), 1u);
}

TEST(EventLoop, RoomToWriteIsToldAsLongAsItIsWaitedFor) {
  EventLoop loop;
  Recorder r;
  Pair p;
  const uint64_t id = loop.add(r, p.a, SONDE_IO_WRITE, 1, 0);
  loop.round();
  loop.round();
  EXPECT_EQ(r.events, (std::vector<std::string>{"io1", "io1"}));
  r.io = [&](uint64_t, uint32_t) { loop.set_events(id, r, SONDE_IO_READ); };
  loop.round();
  loop.round();
  EXPECT_EQ(r.events.size(), 3u) << "nothing to read";
  ASSERT_EQ(::write(p.b, "x", 1), 1);
  r.io = nullptr;
  loop.round();
  loop.round();
  EXPECT_EQ(r.events.size(), 5u) << "what is not read is told again";
}

TEST(EventLoop, ACopyOfAClosedDescriptorIsNotReported) {
  for (const bool told : {true, false}) {
    EventLoop loop;
    Recorder r;
    Pair p;
    const int copy = ::dup(p.a);
    const uint64_t id = loop.add(r, p.a, SONDE_IO_WRITE, 1, 0);
    if (told) loop.round();
    ::close(loop.remove(id, r, true));
    p.a = -1;
    const std::size_t before = r.events.size();
    loop.wait(monotonic_ns() + 20 * ms);  // would return at once if the kernel still had something to tell
    const int64_t began = monotonic_ns();
    loop.wait(began + 20 * ms);
    EXPECT_GE(monotonic_ns() - began, 15 * ms) << told;
    EXPECT_EQ(r.events.size(), before);
    ::close(copy);
  }
}

TEST(EventLoop, ADescriptorThatStaysOpenCanBeWatchedAgain) {
  EventLoop loop;
  Recorder r;
  Pair p;
  const uint64_t id = loop.add(r, p.a, SONDE_IO_WRITE, 1, 0);
  r.io = [&](uint64_t, uint32_t) { loop.remove(id, r); };
  loop.round();
  r.io = nullptr;
  EXPECT_NE(loop.add(r, p.a, SONDE_IO_WRITE, 2, 0), 0u);
  loop.round();
  EXPECT_EQ(r.events, (std::vector<std::string>{"io1", "io2"}));
}

TEST(EventLoop, StaleIdsDoNothing) {
  EventLoop loop;
  Recorder r, other;
  Pair p, q;
  const uint64_t id = loop.add(r, p.a, SONDE_IO_READ, 1, 7);
  EXPECT_EQ(loop.tag_of(id), 7u);
  EXPECT_EQ(loop.remove(id, other), -1);
  EXPECT_EQ(loop.remove(id, r), p.a);
  EXPECT_EQ(loop.remove(id, r), -1);
  const uint64_t next = loop.add(r, q.a, SONDE_IO_READ, 2, 0);
  EXPECT_NE(id, next);
  EXPECT_FALSE(loop.set_events(id, r, 0));
}

TEST(EventLoop, WorkFromAnotherThreadEndsTheWait) {
  EventLoop loop;
  Recorder r;
  bool ran = false;
  std::thread t([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    loop.post([&] { ran = true; });
  });
  // Whoever sleeps on until then finds the timer due.
  loop.arm(r, monotonic_ns() + 10'000 * ms, 1);
  for (int i = 0; i < 10 && !ran; ++i) loop.wait(INT64_MAX);
  loop.round();
  t.join();
  EXPECT_TRUE(ran);
  EXPECT_TRUE(r.events.empty()) << "it was the timer that ended the wait";
}

TEST(EventLoop, ATimerThatArmsAnotherInThePastDoesNotHoldTheLoop) {
  EventLoop loop;
  struct Greedy final : LoopClient {
    EventLoop* loop = nullptr;
    int fired = 0;
    void on_io(uint64_t, uint64_t, uint32_t) override {}
    void on_timer(uint64_t, uint64_t) override {
      ++fired;
      loop->arm(*this, 0, 0);
    }
  } g;
  g.loop = &loop;
  loop.arm(g, 0, 0);
  loop.round();
  EXPECT_EQ(g.fired, 1);
  loop.disarm_all(g);
}

TEST(EventLoop, DescriptorsThatAreAlwaysReadyDoNotHoldUpTheTimers) {
  EventLoop loop;
  struct Busy final : LoopClient {
    uint64_t events = 0;
    int timers = 0;
    void on_io(uint64_t, uint64_t, uint32_t) override { ++events; }
    void on_timer(uint64_t, uint64_t) override { ++timers; }
  } busy;
  std::vector<std::unique_ptr<Pair>> flooding;
  for (int i = 0; i < 600; ++i) {  // more than one call to the kernel returns
    flooding.push_back(std::make_unique<Pair>());
    ASSERT_EQ(::write(flooding.back()->b, "x", 1), 1);
    ASSERT_NE(loop.add(busy, flooding.back()->a, SONDE_IO_READ, 0, 0), 0u);
  }
  loop.arm(busy, monotonic_ns() + 10 * ms, 0);
  for (int i = 0; i < 100'000 && busy.timers == 0; ++i) loop.round();
  EXPECT_EQ(busy.timers, 1);
  EXPECT_GE(busy.events, 600u);
}

}  // namespace
}  // namespace sonde::core
