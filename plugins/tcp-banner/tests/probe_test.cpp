// The probe as the host sees it, against servers on loopback. Their ports are unknown ones, so each is listened to
// first.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <mutex>

#include "listener.hpp"
#include "probe_host.hpp"
#include "test_certificate.hpp"

namespace sonde::tcp_banner {
namespace {

std::string key(uint16_t port) {
  return std::to_string(port) + "/tcp";
}

/// A port that refuses: bound, never listening.
struct RefusingPort {
  RefusingPort() : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(fd, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
  }
  ~RefusingPort() { ::close(fd); }
  int fd;
  uint16_t port = 0;
};

TEST(Probe, ReadsAGreeting) {
  Listener ssh([](int fd) {
    Listener::say(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
    Listener::hear(fd, 500);
  });
  ProbeHost host({ssh.port()});
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_TRUE(host.alive());
  EXPECT_EQ(host.ports(), std::set<uint64_t>{ssh.port()});
  EXPECT_EQ(host.banner(ssh.port()), "SSH-2.0-OpenSSH_9.2p1");
  EXPECT_EQ(host.service(key(ssh.port())), R"({"state":"open","name":"ssh","product":"OpenSSH","version":"9.2p1"})");
  EXPECT_EQ(host.tcp(), R"({"closed":[],"silent":[]})");
  EXPECT_EQ(host.open_connections(), 0u);
  EXPECT_EQ(host.live_timers(), 0u);
}
TEST(Probe, RefusedIsNegativeAndAlive) {
  RefusingPort closed;
  ProbeHost host({closed.port});
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_NEGATIVE);
  EXPECT_TRUE(host.alive());
  EXPECT_EQ(host.tcp(), "{\"closed\":[" + std::to_string(closed.port) + "],\"silent\":[]}");
}
TEST(ProbeFound, ConnectsToWhatWasFoundAndToNothingElse) {
  RefusingPort one, two, never;
  ProbeHost host({never.port});
  host.use_found({one.port, two.port});
  host.asked_before = true;
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.dials, 2u);
  const auto ports = std::minmax(one.port, two.port);
  EXPECT_EQ(host.tcp(),
            "{\"closed\":[" + std::to_string(ports.first) + "," + std::to_string(ports.second) + "],\"silent\":[]}");
}
TEST(ProbeFound, AHostThatWasAskedInVainCostsNoConnection) {
  RefusingPort never;
  ProbeHost host({never.port});
  host.use_found();
  host.asked_before = true;
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.dials, 0u);
  EXPECT_EQ(host.outcome(), SONDE_CANCELLED) << "it was not asked: neither silence nor a no";
  EXPECT_EQ(host.tcp(), "");
}
TEST(ProbeFound, AHostThatNobodyAskedIsAskedOnTheFallbackPorts) {
  RefusingPort fallback;
  ProbeHost host({fallback.port});
  host.use_found();
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.dials, 1u);
  EXPECT_EQ(host.outcome(), SONDE_NEGATIVE);
}
TEST(Probe, IcmpErrorsAreSilence) {
  RefusingPort port;
  ProbeHost host({port.port});
  host.fault[port.port] = EHOSTUNREACH;
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_NO_ANSWER);
  EXPECT_FALSE(host.alive());
  EXPECT_EQ(host.tcp(), "");
}
TEST(Probe, SilentPortsAreTriedAgainAsOftenAsAsked) {
  RefusingPort port;
  ProbeHost host({port.port});
  host.options.set("tries", int64_t{3});
  host.fault[port.port] = ETIMEDOUT;
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.dials, 3u);
  EXPECT_EQ(host.outcome(), SONDE_NO_ANSWER);
}
TEST(Probe, ALocalShortageIsNeverClosedAndEndsInPostponed) {
  RefusingPort port;
  ProbeHost host({port.port});
  host.fault[port.port] = EADDRNOTAVAIL;
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSTPONED);
  EXPECT_FALSE(host.alive());
  EXPECT_EQ(host.dials, 9u);
  EXPECT_EQ(host.open_connections(), 0u);
}
TEST(Probe, DeniedPortsAreSkippedNotClosed) {
  Listener open([](int fd) { Listener::say(fd, "+OK hi\r\n"); });
  ProbeHost host({9100, open.port()});
  host.denied = {9100};
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_EQ(host.tcp(), R"({"closed":[],"silent":[],"skipped":[9100]})");
}
TEST(Probe, OnlyDeniedPortsIsAnError) {
  ProbeHost host({9100});
  host.denied = {9100};
  host.failure = "127.0.0.1: port 9100 prints";
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_ERROR);
  EXPECT_EQ(host.failure, "127.0.0.1: port 9100 prints");
}
TEST(Probe, TheReasonOfARefusedDialIsTheHosts) {
  ProbeHost host({81, 82});
  host.unroutable = {{81, "connect to 127.0.0.1: Network is unreachable"},
                     {82, "connect to 127.0.0.1: Operation not permitted"}};
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_ERROR);
  EXPECT_EQ(host.failure, "connect to 127.0.0.1: Operation not permitted");
}
TEST(Probe, ATaskThatTheHostHasEndedTouchesNoDescriptorAnyMore) {
  std::mutex mutex;
  std::string heard;
  Listener web([&](int fd) {
    const std::string bytes = Listener::hear(fd, 400);
    std::lock_guard lock(mutex);
    heard = bytes;
  });
  ProbeHost host({web.port()});
  ASSERT_TRUE(host.begin());
  while (host.ports().empty()) host.turn();
  host.ended = true;  // before the unknown port is asked by HTTP
  for (int i = 0; i < 100; ++i) host.turn();
  EXPECT_EQ(host.live_timers(), 0u);
  EXPECT_EQ(host.open_connections(), 0u);
  std::lock_guard lock(mutex);
  EXPECT_EQ(heard, "");
}
TEST(Probe, KeepsToTheConnectionsThatAreGranted) {
  std::vector<std::unique_ptr<Listener>> servers;
  std::vector<uint16_t> ports;
  for (int i = 0; i < 6; ++i) {
    servers.push_back(std::make_unique<Listener>([](int fd) { Listener::say(fd, "+OK\r\n"); }));
    ports.push_back(servers.back()->port());
  }
  ProbeHost host(ports);
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.ports().size(), 6u);
  EXPECT_EQ(host.most_at_once, 2u);
}
TEST(Probe, EachPortIsAskedOnce) {
  RefusingPort closed;
  ProbeHost host({closed.port, closed.port});
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.dials, 1u);
}
TEST(Probe, AnUnknownPortThatStaysSilentIsAskedByHttp) {
  std::mutex mutex;
  std::string request;
  Listener web([&](int fd) {
    const std::string heard = Listener::hear(fd, 1000);
    {
      std::lock_guard lock(mutex);
      request = heard;
    }
    Listener::say(fd, "HTTP/1.1 200 OK\r\nServer: tiny/1.0\r\n\r\n");
  });
  ProbeHost host({web.port()});
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.banner(web.port()), "Server: tiny/1.0");
  std::lock_guard lock(mutex);
  EXPECT_EQ(request.rfind("HEAD / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(web.port()) + "\r\n", 0), 0u)
      << request;
}
TEST(Probe, NothingIsSentWithoutProbe) {
  std::mutex mutex;
  std::string heard = "not yet";
  Listener quiet([&](int fd) {
    const std::string got = Listener::hear(fd, 1500);
    std::lock_guard lock(mutex);
    heard = got;
  });
  ProbeHost host({quiet.port()});
  host.options.set("probe", false);
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_TRUE(host.banners().empty());
  for (int i = 0; i < 200; ++i) {
    {
      std::lock_guard lock(mutex);
      if (heard != "not yet") break;
    }
    Listener::rest(10);
  }
  std::lock_guard lock(mutex);
  EXPECT_EQ(heard, "");
}
TEST(Probe, ConnectOnlyReadsNothing) {
  Listener ssh([](int fd) { Listener::say(fd, "SSH-2.0-x\r\n"); });
  ProbeHost host({ssh.port()});
  host.options.set("banner", false);
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_TRUE(host.banners().empty());
  EXPECT_EQ(host.service(key(ssh.port())), R"({"state":"open"})");
}
TEST(Probe, ADripEndsInTime) {
  Listener drip([](int fd) {
    for (int i = 0; i < 60 && Listener::say(fd, "x"); ++i) Listener::rest(50);
  });
  ProbeHost host({drip.port()});  // idle 100 ms, total 700 ms
  ASSERT_TRUE(host.run(1500));
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_GE(host.banner(drip.port()).size(), 5u);
  EXPECT_LE(host.banner(drip.port()).size(), 20u);
}
TEST(Probe, AFloodEndsAtTheCap) {
  Listener flood([](int fd) {
    const std::string junk(65536, 'F');
    while (Listener::say(fd, junk)) {
    }
  });
  ProbeHost host({flood.port()});
  ASSERT_TRUE(host.run(1500));
  EXPECT_EQ(host.banner(flood.port()), std::string(256, 'F'));
  EXPECT_LE(host.io_calls, 6u);
}
TEST(Probe, AResetAfterTheConnectIsOpen) {
  Listener rude([](int fd) {
    const linger now{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  });
  ProbeHost host({rude.port()});
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.ports(), std::set<uint64_t>{rude.port()});
}
TEST(Probe, TlsBehindAnUnknownPortIsAskedAgainByTls) {
  TestCertificate certificate;
  SSL_CTX* context = certificate.server();
  {
    Listener https([&](int fd) {
      SSL* ssl = SSL_new(context);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) == 1) {
        char request[1024];
        SSL_read(ssl, request, sizeof request);
        constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nServer: inside\r\n\r\n";
        SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
        Listener::hear(fd, 300);
      }
      SSL_free(ssl);
    });
    ProbeHost host({https.port()});
    host.options.set("total", ProbeHost::ms(3000)).set("timeout", ProbeHost::ms(2000));
    ASSERT_TRUE(host.run());
    const std::string service = host.service(key(https.port()));
    EXPECT_EQ(host.banner(https.port()), "Server: inside");
    EXPECT_EQ(
        service.rfind(
            R"({"state":"open","name":"https","product":"inside","http":{"status":200},"tls":{"version":"TLSv1.3")", 0),
        0u)
        << service;
    EXPECT_NE(service.find(R"("subject":"O=Example, CN=box.example")"), std::string::npos);
    EXPECT_EQ(host.dials, 2u);
  }
  SSL_CTX_free(context);
}
TEST(Probe, TheDeadlineKeepsWhatIsKnown) {
  Listener ssh([](int fd) {
    Listener::say(fd, "greeting without an end");
    Listener::hear(fd, 2000);
  });
  ProbeHost host({ssh.port(), 40001, 40002});
  host.options.set("idle", ProbeHost::ms(5000)).set("total", ProbeHost::ms(5000));
  host.connections_per_host = 1;
  ASSERT_TRUE(host.begin());
  for (int i = 0; i < 100; ++i) host.turn();
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_EQ(host.banner(ssh.port()), "greeting without an end");
  EXPECT_EQ(host.tcp(), R"({"closed":[],"silent":[],"unasked":[40001,40002]})");
}
TEST(Probe, ADeadlineBeforeAllWasAskedIsNoSilence) {
  Listener full([](int) {});
  ProbeHost host({full.port()});
  host.connections_per_host = 0;
  ASSERT_TRUE(host.begin());
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.outcome(), SONDE_ERROR);
  EXPECT_EQ(
      host.failure,
      "1 of 1 ports were not asked to the end: the time for this host was up; raise the stage's deadline or ask for "
      "fewer ports");
}
TEST(Probe, AStopCancels) {
  Listener slow([](int fd) { Listener::hear(fd, 500); });
  ProbeHost host({slow.port()});
  ASSERT_TRUE(host.begin());
  host.cancel_all(SONDE_STOPPED);
  EXPECT_EQ(host.outcome(), SONDE_CANCELLED);
  EXPECT_EQ(host.open_connections(), 0u);
  EXPECT_EQ(host.live_timers(), 0u);
}

}  // namespace
}  // namespace sonde::tcp_banner
