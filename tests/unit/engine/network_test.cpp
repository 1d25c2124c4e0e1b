// dial(): scope, limits and budgets, on loopback.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <set>
#include <thread>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

/// A listener on 127.0.0.0/8 that counts how many connections it has at once.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    socklen_t size = sizeof a;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size);
    port_ = ntohs(a.sin_port);
    EXPECT_EQ(listen(fd_, 1024), 0);
  }
  ~Listener() { ::close(fd_); }
  uint16_t port() const { return port_; }

 private:
  int fd_;
  uint16_t port_ = 0;
};

sonde_target tcp(sonde_ctx* c, const sonde_host* h, sonde_task t, uint16_t port) {
  sonde_target to{};
  to.size = sizeof to;
  h->target(c, t, &to);
  to.port = port;
  to.proto = IPPROTO_TCP;
  return to;
}

using Network = ScriptedRun;

TEST_F(Network, OpenAndRefusedAreToldApart) {
  targets(2);
  Listener open;
  Script s;
  std::map<uint64_t, sonde_task> by_user;
  int asked = 0;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_conn conn{};
      const uint16_t port = asked++ == 0 ? open.port() : uint16_t{1};  // nothing listens on tcpmux here
      by_user[port] = t;
      EXPECT_EQ(h->dial(
                    c, t,
                    [&] {
                      static sonde_target to;
                      to = tcp(c, h, t, port);
                      return &to;
                    }(),
                    SONDE_IO_WRITE, port, &conn),
                SONDE_OK);
    }
    return static_cast<int32_t>(tasks.size());
  };
  s.on_io = [&](auto c, auto h, uint64_t id, uint64_t user, uint32_t events) {
    if (user == 1) {
      EXPECT_TRUE(events & SONDE_IO_ERROR);
      EXPECT_EQ(SONDE_IO_ERRNO(events), ECONNREFUSED);
    } else {
      EXPECT_FALSE(events & SONDE_IO_ERROR);
    }
    EXPECT_EQ(h->hangup(c, id, 0), SONDE_OK);
    EXPECT_EQ(h->hangup(c, id, 0), SONDE_E_STALE);
    h->done(c, by_user[user], user == 1 ? SONDE_NEGATIVE : SONDE_POSITIVE);
  };
  stage<0>(s);
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 1u);
  EXPECT_EQ(count(r, 0, Outcome::negative), 1u);
  EXPECT_EQ(r.document.packets, 2u);
}

TEST_F(Network, OtherTargetsPrintersAndExclusionsAreDenied) {
  targets(2);
  AddressSet excluded;
  excluded.add(IpAddress::v4((127u << 24) + 257));
  plan.scope = Scope(excluded, {}, {});
  Script s;
  std::vector<sonde_err> answers;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_conn conn{};
      sonde_target to = tcp(c, h, t, 80);
      const bool is_excluded = to.ip[15] == 1;
      if (is_excluded) {
        EXPECT_EQ(h->dial(c, t, &to, SONDE_IO_WRITE, 0, &conn), SONDE_E_DENIED);
      } else {
        to.port = 9100;
        EXPECT_EQ(h->dial(c, t, &to, SONDE_IO_WRITE, 0, &conn), SONDE_E_DENIED);
        to.port = 80;
        to.ip[15] = 200;  // on the net, but not asked for
        EXPECT_EQ(h->dial(c, t, &to, SONDE_IO_WRITE, 0, &conn), SONDE_E_DENIED);
        EXPECT_EQ(h->admit(c, t, &to), SONDE_E_DENIED);
      }
      h->done(c, t, SONDE_ERROR);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  entry(0).needs |= SONDE_NEED_RAW;
  const RunResult r = run_well();
  EXPECT_EQ(r.document.packets, 0u);
  EXPECT_EQ(count(r, 0, Outcome::error), 2u);
}

TEST_F(Network, ConnectionsPerHostHoldAndEveryDialGetsItsTurn) {
  targets(5);
  plan.limits.connections_per_host = 2;
  Listener open;
  struct HostState {
    sonde_task task;
    int todo = 6, running = 0, most = 0;
  };
  std::map<uint64_t, HostState> hosts;
  Script s;
  const auto dial = [&](auto c, auto h, uint64_t user) {
    HostState& host = hosts[user];
    while (host.todo > 0) {
      sonde_conn conn{};
      const sonde_target to = tcp(c, h, host.task, open.port());
      const sonde_err e = h->dial(c, host.task, &to, SONDE_IO_WRITE, user, &conn);
      if (e == SONDE_E_AGAIN) return;
      ASSERT_EQ(e, SONDE_OK);
      --host.todo;
      host.most = std::max(host.most, ++host.running);
    }
  };
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      hosts[t].task = t;
      dial(c, h, t);
    }
    return static_cast<int32_t>(tasks.size());
  };
  s.on_io = [&](auto c, auto h, uint64_t id, uint64_t user, uint32_t) {
    h->hangup(c, id, 1);
    HostState& host = hosts[user];
    if (--host.running == 0 && host.todo == 0) h->done(c, host.task, SONDE_POSITIVE);
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t user) { dial(c, h, user); };
  stage<0>(s);
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 5u);
  EXPECT_EQ(r.document.packets, 30u);
  for (const auto& [user, host] : hosts) EXPECT_EQ(host.most, 2);
}

TEST_F(Network, ARateLimitDelaysDialsAndDoesNotExpireThem) {
  targets(40);
  plan.limits.packets_per_second = 200;
  Listener open;
  Script s;
  std::map<uint64_t, sonde_task> tasks_by_user;
  const auto dial = [&](auto c, auto h, sonde_task t) {
    sonde_conn conn{};
    const sonde_target to = tcp(c, h, t, open.port());
    const sonde_err e = h->dial(c, t, &to, SONDE_IO_WRITE, t, &conn);
    EXPECT_TRUE(e == SONDE_OK || e == SONDE_E_AGAIN) << e;
  };
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) dial(c, h, t);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t user) { dial(c, h, user); };
  s.on_io = [&](auto c, auto h, uint64_t id, uint64_t user, uint32_t) {
    h->hangup(c, id, 1);
    h->done(c, user, SONDE_POSITIVE);
  };
  stage<0>(s, {}, 50);  // 40 packets take 200 ms: four times the deadline
  const int64_t began = monotonic_ns();
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 40u);
  EXPECT_GE(monotonic_ns() - began, 150'000'000);
}

TEST_F(Network, ADialThatWaitsForADescriptorIsNotCalledSilence) {
  rlimit few{100, 100};  // for this process, which ends with this test
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  targets(200);
  Listener open;
  Script s;
  const auto dial = [&](auto c, auto h, sonde_task t) {
    sonde_conn conn{};
    const sonde_target to = tcp(c, h, t, open.port());
    h->dial(c, t, &to, SONDE_IO_WRITE, t, &conn);
  };
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) dial(c, h, t);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_io = [&](auto c, auto h, uint64_t id, uint64_t user, uint32_t) {
    h->rewatch(c, id, 0);
    uint64_t timer = 0;
    h->timer(c, h->now(c) + 50'000'000, user, &timer);  // keeps its descriptor for a while
  };
  s.on_timer = [&](auto c, auto h, uint64_t id, uint64_t user) {
    if (id == 0)
      dial(c, h, user);
    else
      h->done(c, user, SONDE_POSITIVE);
  };
  stage<0>(s, {}, 150);
  EXPECT_EQ(count(run_well(), 0, Outcome::positive), 200u);
}

TEST_F(Network, NoMoreThan64DialsOfATaskWait) {
  targets(1);
  plan.limits.packets_per_second = 1;
  Listener open;
  Script s;
  std::map<sonde_err, int> of_task, of_service;
  s.start = [&](auto c, auto h, auto tasks) {
    sonde_conn conn{};
    sonde_target to = tcp(c, h, tasks[0], open.port());
    int64_t again = 0;
    while (h->pace(c, 1, &again) != 0) {
    }
    for (uint64_t user = 0; user < 100; ++user) ++of_task[h->dial(c, tasks[0], &to, SONDE_IO_WRITE, user, &conn)];
    to.ip[14] = 0, to.ip[15] = 1;
    for (uint64_t user = 0; user < 100; ++user) ++of_service[h->dial(c, 0, &to, SONDE_IO_WRITE, user, &conn)];
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(s).options.set("server", Value("127.0.0.1:53"));
  entry(0).schema = *parse_schema(
      R"({"type":"object","properties":{"server":{"type":"string","x-sonde":"service","description":"a server"}}})");
  run_well();
  const std::map<sonde_err, int> expected = {{SONDE_E_AGAIN, 64}, {SONDE_E_INVALID, 36}};
  EXPECT_EQ(of_task, expected);
  EXPECT_EQ(of_service, expected);
}

/// The packets to it are asked of pace(), the first like the others; a target's admission holds the first of its own.
TEST_F(Network, TheAdmissionOfAServerIsNoPacket) {
  targets(3);
  int denied = 0;
  const auto admit = [&](auto c, auto h, auto tasks) {
    for (const sonde_task t : tasks) {
      const sonde_target target = tcp(c, h, t, 53);
      denied += h->admit(c, 0, &target) != SONDE_OK;
      denied += h->admit(c, t, &target) != SONDE_OK;
      h->done(c, t, SONDE_POSITIVE);
    }
  };
  Script s, blocking;
  s.start = [&](auto c, auto h, auto tasks) {
    admit(c, h, tasks);
    return static_cast<int32_t>(tasks.size());
  };
  blocking.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    admit(c, h, tasks);
    return SONDE_OK;
  };
  plan.limits.workers = 1;
  stage<0>(s);
  stage<1>(blocking);
  for (std::size_t i = 0; i < 2; ++i) entry(i).needs = SONDE_NEED_SOCKETS;
  EXPECT_EQ(run_well().document.packets, 6u);
  EXPECT_EQ(denied, 0);
}

TEST_F(Network, WhatTheDescriptorDoesNotNeedIsDenied) {
  targets(1);
  Listener open;
  Script s;
  sonde_err raw = SONDE_OK, dial = SONDE_OK, admit = SONDE_OK;
  s.create = [&](auto c, auto h) -> sonde_err {
    int fd = -1;
    raw = h->raw(c, AF_INET, IPPROTO_ICMP, 0, &fd);
    return SONDE_OK;
  };
  s.start = [&](auto c, auto h, auto tasks) {
    sonde_target to = tcp(c, h, tasks[0], open.port());
    sonde_conn conn{};
    admit = h->admit(c, tasks[0], &to);
    dial = h->dial(c, tasks[0], &to, SONDE_IO_WRITE, 0, &conn);
    h->done(c, tasks[0], SONDE_ERROR);
    return 1;
  };
  stage<0>(s);
  entry(0).needs = SONDE_NEED_FILES;
  const RunResult r = run_well();
  EXPECT_EQ(raw, SONDE_E_DENIED);
  EXPECT_EQ(admit, SONDE_E_DENIED);
  EXPECT_EQ(dial, SONDE_E_DENIED);
  EXPECT_EQ(r.document.packets, 0u);
  EXPECT_EQ(r.document.stages[0].errors.begin()->first,
            "dial() is for plugins whose descriptor needs SONDE_NEED_CONNECT; with these options this one does not");
}

TEST_F(Network, AVariantOfTheOptionsMayNeedLessThanTheDescriptor) {
  targets(1);
  Listener open;
  Script s;
  std::vector<sonde_err> answers;
  s.start = [&](auto c, auto h, auto tasks) {
    sonde_target to = tcp(c, h, tasks[0], open.port());
    sonde_conn conn{};
    answers.push_back(h->dial(c, tasks[0], &to, SONDE_IO_WRITE, 0, &conn));
    h->done(c, tasks[0], SONDE_NO_ANSWER);
    return 1;
  };
  for (const char* mode : {"read", "ask"}) {
    plan.stages.clear();
    stage<0>(s).options.set("mode", Value(mode));
    entry(0).needs = SONDE_NEED_CONNECT | SONDE_NEED_FILES;
    entry(0).schema = *parse_schema(
        R"({"type":"object","properties":{"mode":{"type":"string","enum":["read","ask"],"description":"how"}},)"
        R"("x-sonde":{"variants":{"mode":{"read":{"needs":["files"]}}}}})");
    run_well();
  }
  EXPECT_EQ(answers, (std::vector<sonde_err>{SONDE_E_DENIED, SONDE_OK}));
}

TEST_F(Network, AServerMustBeNamedByAnOption) {
  targets(1);
  Listener open;
  Script s;
  std::vector<sonde_err> answers;
  s.start = [&](auto c, auto h, auto tasks) {
    sonde_target to = tcp(c, h, tasks[0], open.port());
    for (uint8_t last : {uint8_t{200}, uint8_t{1}}) {
      to.ip[14] = 0;
      to.ip[15] = last;
      sonde_conn conn{};
      answers.push_back(h->dial(c, 0, &to, SONDE_IO_WRITE, 0, &conn));
    }
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(s).options.set("server", Value("127.0.0.1:53"));
  entry(0).schema = *parse_schema(
      R"({"type":"object","properties":{"server":{"type":"string","x-sonde":"service","description":"a server"}}})");
  run_well();
  EXPECT_EQ(answers, (std::vector<sonde_err>{SONDE_E_DENIED, SONDE_OK}));
}

}  // namespace
}  // namespace sonde::core::test
