// The plugin in whole, through its C tables, with programs in nmap's place: what they print, how they end, and when
// they are killed must never become a statement about a target.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "process_linux.hpp"
#include "temporary_directory.hpp"
#include "worker_host.hpp"

namespace sonde::nmap_xml {
namespace {

using testing::Answer;
using testing::Options;
using testing::TemporaryDirectory;
using testing::WorkerHost;

std::string host(int last, const char* ports = "<port protocol='tcp' portid='22'><state state='open'/></port>") {
  return "<host><status state='up' reason='user-set'/><address addr='127.9.0." + std::to_string(last) +
         "' addrtype='ipv4'/><ports>" + ports + "</ports></host>\n";
}
const char* const closed = "<extraports state='closed' count='5'/>";
std::string report(const std::string& hosts, int total) {
  return "<?xml version='1.0'?>\n<nmaprun scanner='nmap' version='7.93'>\n" + hosts +
         "<runstats><finished exit='success'/><hosts total='" + std::to_string(total) + "'/></runstats>\n</nmaprun>\n";
}

class Run : public ::testing::Test {
 protected:
  /// A shell script in nmap's place; $D is its folder.
  std::string program(const std::string& body) {
    const std::string path = folder_.file("nmap");
    std::ofstream(path) << "#!/bin/sh\nD='" << folder_.file(".") << "'\n" << body << "\n";
    ::chmod(path.c_str(), 0755);
    return path;
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_.file(name)) << text; }
  std::string read(const std::string& name) {
    std::ifstream file(folder_.file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::unique_ptr<WorkerHost> start(const std::string& body, int hosts, Options options = {}) {
    options.set("mode", "run").set("os", "false").set("nmap", program(body));
    int64_t timeout = 20'000'000'000;
    sonde_value given{};
    if (options.get("/timeout", SONDE_I64, given) != SONDE_OK) options.set("timeout", timeout);
    auto h = std::make_unique<WorkerHost>(sonde_plugin_v0(0), options);
    h->documents = {{"limits", R"({"packets_per_second":100,"connections_per_host":2,"allow_print_ports":false})"},
                    {"exclude", "127.9.0.128/25\n::2/128\n"}};
    for (int i = 1; i <= hosts; ++i) h->add_v4(127, 9, 0, static_cast<uint8_t>(i));
    return h;
  }
  void good(WorkerHost& h) {
    ASSERT_EQ(h.create(), SONDE_OK) << h.failure;
    ASSERT_EQ(h.run(), SONDE_OK);
    for (std::size_t i = 0; i < h.size(); ++i) EXPECT_EQ(h.answer(i).done, 1u) << i;
  }

  TemporaryDirectory folder_;
};

TEST_F(Run, EachHostHasItsOutcome) {
  write("report", report(host(1) + host(2, closed) + host(3, "<extraports state='filtered' count='5'/>") +
                             "<host timedout='true'><status state='up' reason='user-set'/>"
                             "<address addr='127.9.0.4' addrtype='ipv4'/></host>",
                         5));
  auto h = start("cat >/dev/null; cat \"$D/report\"", 5);
  good(*h);
  EXPECT_EQ(h->answer(0).outcome, SONDE_POSITIVE);
  EXPECT_EQ(h->answer(0).put.at("ports"), "22");
  EXPECT_EQ(h->answer(0).put.at("services[22/tcp]"), R"({"state":"open"})");
  EXPECT_EQ(h->answer(0).put.at("alive"), "true");
  EXPECT_EQ(h->answer(0).put.at("nmap-xml.report"), R"({"scanner":"nmap","version":"7.93"})");
  EXPECT_EQ(h->answer(1).outcome, SONDE_NEGATIVE);
  EXPECT_EQ(h->answer(1).put.at("alive"), "true");
  EXPECT_EQ(h->answer(2).outcome, SONDE_NO_ANSWER);
  EXPECT_EQ(h->answer(2).put.count("alive"), 0u);
  EXPECT_EQ(h->answer(3).outcome, SONDE_ERROR);
  EXPECT_EQ(h->answer(3).failure,
            "nmap gave up on this host before it was done: raise the option timeout, or ask for fewer ports");
  EXPECT_EQ(h->answer(4).outcome, SONDE_NO_ANSWER);
}

TEST_F(Run, WhatTheChildIsGiven) {
  write("report", report("", 1));
  ::setenv("SONDE_TEST_SECRET", "x", 1);
  auto h = start(
      "F=4; for w; do test \"$w\" != -6 || F=6; done\n"
      "for w; do echo \"$w\"; done > \"$D/words$F\"; cat > \"$D/targets$F\"; env > \"$D/environment$F\"; pwd > "
      "\"$D/pwd$F\"\n"
      "cat /proc/self/fd/3 > \"$D/exclude$F\"; ls /proc/self/fd > \"$D/open$F\"; cat \"$D/report\"",
      1, Options().numbers("ports", {22, 80}).list("args", {"-T4"}));
  h->add({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  good(*h);
  ::unsetenv("SONDE_TEST_SECRET");
  for (const std::string family : {"4", "6"}) {
    const std::string words = read("words" + family);
    EXPECT_NE(words.find("-p22,80\n--exclude-ports=515,9100-9107\n--max-rate=50.000\n"), words.npos) << words;
    EXPECT_NE(words.find("--host-timeout=15000ms\n-T4\n--excludefile\n/proc/self/fd/3\n-iL\n-\n-oX\n-\n"), words.npos)
        << words;
    const std::string environment = read("environment" + family);
    EXPECT_EQ(environment.find("SECRET"), environment.npos);
    for (const char* name : {"PATH=", "LANG=C.UTF-8\n", "HOME=/"}) EXPECT_NE(environment.find(name), environment.npos);
    EXPECT_EQ(read("pwd" + family), "/\n");
    EXPECT_EQ(read("open" + family), "0\n1\n2\n3\n4\n");  // 4: the folder that ls reads
  }
  EXPECT_EQ(read("targets4"), "127.9.0.1\n");
  EXPECT_EQ(read("targets6"), "::1\n");
  EXPECT_EQ(read("exclude4"), "127.9.0.128/25\n");
  EXPECT_EQ(read("exclude6"), "::2/128\n");
}

TEST_F(Run, KilledAtARandomByteOfItsOutput) {
  constexpr int hosts = 12;
  std::string all;
  for (int i = 1; i <= hosts; ++i)
    all += host(i, i % 3 == 0 ? closed : "<port protocol='tcp' portid='22'><state state='open'/></port>");
  const std::string text = report(all, hosts);
  write("report", text);
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const std::size_t cut = random() % (text.size() - 12);  // before the end of </nmaprun>
    auto h = start("cat >/dev/null; head -c " + std::to_string(cut) + " \"$D/report\"; kill -9 $$", hosts);
    good(*h);
    for (int i = 1; i <= hosts; ++i) {
      const std::size_t at = text.find("addr='127.9.0." + std::to_string(i) + "'");
      const bool whole = text.find("</host>", at) + 7 <= cut;
      const Answer& a = h->answer(static_cast<std::size_t>(i - 1));
      const sonde_outcome good_one = i % 3 == 0 ? SONDE_NEGATIVE : SONDE_POSITIVE;
      EXPECT_EQ(a.outcome, whole ? good_one : sonde_outcome{SONDE_ERROR}) << "seed " << seed << ", host " << i;
      EXPECT_EQ(a.put.empty(), !whole);
      EXPECT_EQ(a.failure, whole ? "" : "nmap was killed by SIGKILL before it came to this host");
    }
  }
}

TEST_F(Run, WhatFailsIsTold) {
  write("report", report(host(1), 3));
  const auto failure_of = [&](const std::string& body) {
    auto h = start(body, 3);
    good(*h);
    EXPECT_EQ(h->answer(2).outcome, SONDE_ERROR);
    return h->answer(2).failure;
  };
  EXPECT_EQ(failure_of("echo 'Failed to open device' >&2; echo QUITTING! >&2; exit 1"),
            "nmap ended with exit code 1: Failed to open device | QUITTING!");
  EXPECT_EQ(failure_of("head -c 100 \"$D/report\""), "nmap's report ends in the middle");
  EXPECT_EQ(failure_of("echo hello"),
            "nmap's report cannot be read: it is no XML: text outside of any element, at byte 0");
  EXPECT_EQ(failure_of("printf '\\033[31mred\\n' >&2; exit 3"), "nmap ended with exit code 3:  [31mred");
  write("report", report(host(1), 2));
  EXPECT_EQ(failure_of("cat \"$D/report\"; echo no route >&2"), "nmap asked only 2 of 3 targets: no route");
  write("report", "<nmaprun><runstats><finished exit='error' errormsg='out of memory'/></runstats></nmaprun>");
  EXPECT_EQ(failure_of("cat \"$D/report\""), "nmap: out of memory");
}

TEST_F(Run, WhatTheSystemDidNotSendIsNoSilenceOfTheTarget) {
  const char* const filtered = "<extraports state='filtered' count='5'/>";
  write("report", report(host(1, filtered) + host(2, filtered) + host(3), 3));
  const auto refused = [](int last) {
    return "sendto in send_ip_packet_sd: sendto(5, packet, 44, 0, 127.9.0." + std::to_string(last) +
           ", 16) => Operation not permitted\nOffending packet: TCP 127.0.0.1:1 > 127.9.0.1:2 S ttl=1\n";
  };
  write("words", refused(1) + refused(3));
  auto h = start("cat \"$D/words\" >&2; cat \"$D/report\"", 3);
  good(*h);
  EXPECT_EQ(h->answer(0).outcome, SONDE_ERROR);
  EXPECT_EQ(h->answer(0).failure, "nmap could not send to this host: Operation not permitted");
  EXPECT_TRUE(h->answer(0).put.empty());
  EXPECT_EQ(h->answer(1).outcome, SONDE_NO_ANSWER);
  EXPECT_EQ(h->answer(2).outcome, SONDE_POSITIVE);
  write("words", refused(1) + "Omitting future Sendto error messages now that 10 have been shown.\n");
  h = start("cat \"$D/words\" >&2; cat \"$D/report\"", 3);
  good(*h);
  EXPECT_EQ(h->answer(1).outcome, SONDE_ERROR);
  EXPECT_EQ(h->answer(2).outcome, SONDE_POSITIVE);
}

TEST_F(Run, PastItsTimeItIsKilledWithAllItStarted) {
  write("report", report(host(1), 2));
  auto h = start("sleep 300 & echo $! > \"$D/pid\"; head -c 260 \"$D/report\"; wait", 2,
                 Options().set("timeout", int64_t{1'000'000'000}));
  const auto begin = std::chrono::steady_clock::now();
  good(*h);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(h->answer(0).outcome, SONDE_POSITIVE);
  EXPECT_EQ(
      h->answer(1).failure,
      "nmap had not finished with this host after 1 s: raise the option timeout, lower batch, or ask for fewer ports");
  const int child = std::stoi(read("pid"));
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string line;
    gone = !std::getline(stat, line) || line.find(") Z ") != line.npos;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(gone) << "what it had started lives on";
}

TEST_F(Run, AStopCancels) {
  auto h = start("sleep 300", 2);
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    h->stopping = true;
  });
  good(*h);
  stopper.join();
  EXPECT_EQ(h->answer(0).outcome, SONDE_CANCELLED);
}

TEST_F(Run, WhoIsNotAdmittedIsNotHandedOver) {
  write("report", report(host(1) + host(2), 1));
  auto h = start("cat > \"$D/targets\"; cat \"$D/report\"", 2);
  h->admit_answers["127.9.0.2"] = SONDE_E_DENIED;
  good(*h);
  EXPECT_EQ(read("targets"), "127.9.0.1\n");
  EXPECT_EQ(h->answer(0).outcome, SONDE_POSITIVE);
  EXPECT_EQ(h->answer(1).outcome, SONDE_ERROR);
  EXPECT_TRUE(h->answer(1).put.empty());
}

TEST_F(Run, WhoFindsNoPermitIsPostponedWithoutHoldingUpTheOthers) {
  write("report", report(host(1), 1));
  auto h = start("cat > \"$D/targets\"; cat \"$D/report\"", 40, Options().set("timeout", int64_t{2'000'000'000}));
  for (int i = 2; i <= 40; ++i) h->admit_answers["127.9.0." + std::to_string(i)] = SONDE_E_AGAIN;
  const auto begin = std::chrono::steady_clock::now();
  good(*h);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1800));  // one quarter, not 39
  EXPECT_EQ(read("targets"), "127.9.0.1\n");
  EXPECT_EQ(h->answer(0).outcome, SONDE_POSITIVE);
  for (std::size_t i = 1; i < 40; ++i) EXPECT_EQ(h->answer(i).outcome, SONDE_POSTPONED) << i;
}

TEST_F(Run, RefusedBeforeAnythingIsStarted) {
  const auto refusal = [&](Options options) {
    options.set("mode", "run").set("timeout", int64_t{1'000'000'000});
    sonde_value given{};
    if (options.get("/os", SONDE_TEXT, given) == SONDE_E_ABSENT) options.set("os", "auto");
    if (options.get("/nmap", SONDE_TEXT, given) != SONDE_OK) options.set("nmap", program("exit 0"));
    WorkerHost h(sonde_plugin_v0(0), options);
    h.documents = {{"limits", R"({"packets_per_second":0,"connections_per_host":0,"allow_print_ports":false})"},
                   {"exclude", ""}};
    EXPECT_NE(h.create(), SONDE_OK);
    return h.failure;
  };
  EXPECT_EQ(
      refusal(Options().set("nmap", "/nowhere/nmap")),
      "there is no nmap at /nowhere/nmap (No such file or directory): install it (apt install nmap), or name it by "
      "the option nmap");
  EXPECT_EQ(refusal(Options().list("args", {"-iR"})),
            "options/args/0: '-iR' is not permitted: targets come from the pipeline alone");
  EXPECT_EQ(refusal(Options().numbers("ports", {22}).list("args", {"-F"})),
            "options/args: -F and --top-ports do not go with the option ports: leave one of them out");
  WorkerHost silent(sonde_plugin_v0(0), Options().set("mode", "run").set("os", "auto").set("nmap", program("exit 0")));
  EXPECT_NE(silent.create(), SONDE_OK);
  EXPECT_EQ(silent.failure, "this sonde does not tell its limits");
}

TEST(Import, LooksUpAndSendsNothing) {
  WorkerHost h(sonde_plugin_v0(0), Options()
                                       .set("mode", "import")
                                       .list("files", {std::string(NMAP_XML_DATA) + "/version-1.04.xml",
                                                       std::string(NMAP_XML_DATA) + "/down.xml"}));
  ASSERT_EQ(h.create(), SONDE_OK) << h.failure;
  h.add_v4(192, 0, 2, 40);
  h.add_v4(192, 0, 2, 9);
  h.add_v4(192, 0, 2, 77);
  h.run();
  const Answer& a = h.answer(0);
  EXPECT_EQ(a.outcome, SONDE_POSITIVE);
  EXPECT_EQ(a.put.at("hostname"), "\"host.lab.example\"");
  EXPECT_EQ(a.put.at("reverse_dns"), "\"h40.lab.example\"");
  EXPECT_EQ(a.put.at("mac"), "\"02:00:00:00:00:40\"");
  EXPECT_EQ(a.put.at("nmap-xml.addresses"), "\"2001:db8:2::40\"");
  EXPECT_EQ(a.put.at("nmap-xml.states"), R"({"closed":8,"filtered":990,"open|filtered":1})");
  EXPECT_EQ(
      a.put.at("services[443/tcp]"),
      R"({"state":"open","name":"http","product":"nginx","tunnel":"ssl","method":"probed","confidence":10,"cpe":["cpe:/a:igor_sysoev:nginx"]})");
  EXPECT_EQ(a.put.count("services[500/udp]"), 0u);
  EXPECT_EQ(h.answer(1).outcome, SONDE_NEGATIVE);
  EXPECT_TRUE(h.answer(1).put.empty());
  EXPECT_EQ(h.answer(2).outcome, SONDE_NEGATIVE);
  EXPECT_EQ(h.paced, 0u);
}

}  // namespace
}  // namespace sonde::nmap_xml
