// What a pipeline may tell nmap, and the command line that becomes of it.
#include "arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sonde::nmap_xml {
namespace {

const InstalledScripts installed = InstalledScripts::parse(
    "Entry { filename = \"ssh-hostkey.nse\", categories = { \"default\", \"safe\", } }\n"
    "Entry { filename = \"broadcast-ping.nse\", categories = { \"broadcast\", \"safe\", } }\n"
    "Entry { filename = \"whois-ip.nse\", categories = { \"external\", } }\nnonsense\n");

ExtraArguments check(const std::vector<std::string>& args) {
  return ExtraArguments::check(args, installed);
}
std::string refusal(const std::string& word) {
  try {
    check({word});
  } catch (const Failure& e) {
    EXPECT_EQ(e.code(), SONDE_E_CONFIG);
    return e.what();
  }
  return "accepted";
}

TEST(Arguments, PermittedOnesGoThrough) {
  const ExtraArguments e = check({"-T4", "--top-ports 100", "--version-intensity=7", "-sU", "--script-timeout=5s",
                                  "-sV", "--max-parallelism=3", "--exclude-ports=25,8000-8010"});
  EXPECT_EQ(e.words, (std::vector<std::string>{"-T4", "--top-ports=100", "--version-intensity=7", "-sU",
                                               "--script-timeout=5s"}));
  EXPECT_TRUE(e.chooses_ports && e.needs_raw);
  EXPECT_EQ(e.max_parallelism, 3u);
  EXPECT_FALSE(e.connects);
  EXPECT_EQ(e.exclude_ports, "25,8000-8010");
}

TEST(Arguments, ScriptsByNameAndCategory) {
  EXPECT_EQ(check({"--script=ssh-hostkey,safe", "-sC"}).scripts,
            "ssh-hostkey,(safe and not (broadcast or external)),(default and not (broadcast or external))");
  EXPECT_EQ(refusal("--script=/tmp/evil.nse"),
            "options/args/0: '--script=/tmp/evil.nse' is not permitted: --script takes names of installed scripts and "
            "categories, "
            "split by commas; no path, no pattern and no expression");
  EXPECT_EQ(refusal("--script=ssh-hostkeys"),
            "options/args/0: '--script=ssh-hostkeys' is not permitted: there is no script 'ssh-hostkeys' installed; "
            "did you mean "
            "'ssh-hostkey'?");
  for (const char* word : {"--script=broadcast-ping", "--script=whois-ip", "--script=external", "--script=http-*",
                           "--script=not safe", "--script=", "--script=../x", "--script-args=newtargets",
                           "--script-args=userdb=/etc/passwd", "--script-args=x=@y"})
    EXPECT_NE(refusal(word), "accepted") << word;
  EXPECT_EQ(check({"--script-args=http.useragent=lab"}).words.size(), 1u);
}

TEST(Arguments, WhatWouldWidenTheRunIsRefusedWithItsReason) {
  EXPECT_EQ(refusal("example.com"),
            "options/args/0: 'example.com' is not permitted: it is no option of nmap, and targets come from the "
            "pipeline alone");
  EXPECT_EQ(refusal("-oN"),
            "options/args/0: '-oN' is not permitted: results become fields of the record; outputs: writes the files");
  EXPECT_EQ(refusal("-p22"), "options/args/0: '-p22' is not permitted: write the option `ports`");
  EXPECT_EQ(refusal("--max-rate=5000"),
            "options/args/0: '--max-rate=5000' is not permitted: write limits.packets_per_second of the pipeline");
  for (const char* word : {"",
                           "-",
                           "--",
                           "-iL",
                           "-iLhosts",
                           "-iR",
                           "-oA",
                           "-oX/tmp/x",
                           "--datadir=/tmp",
                           "--resume",
                           "--proxies",
                           "--excludefile",
                           "--exclude",
                           "-D",
                           "-S",
                           "-Tx",
                           "-T6",
                           "--nonsense",
                           "--top-ports=0",
                           "--top-ports=x",
                           "--top-ports=",
                           "--top-ports",
                           "-sU=1",
                           "--max-retries=-1",
                           "--scan-delay=1y",
                           "--exclude-ports=T:1;x",
                           "-sI",
                           "--script-args-file=x",
                           "--allports",
                           "--open",
                           "--sc",
                           "--ex=1",
                           "--privileged",
                           "-A",
                           "-O",
                           "-6",
                           "-sn"})
    EXPECT_NE(refusal(word), "accepted") << word;
}

std::string line_of(const CommandLine& line) {
  std::string out;
  for (const std::string& w : line.words()) out += (out.empty() ? "" : " ") + w;
  return out;
}

TEST(Arguments, TheCommandLine) {
  CommandLine line;
  line.program = "/usr/bin/nmap";
  line.max_parallelism = 64;
  EXPECT_EQ(
      line_of(line),
      "/usr/bin/nmap -n -Pn -sV --unprivileged -sT --exclude-ports=515,9100-9107 --max-parallelism=64 -iL - -oX -");
  line.privileged = line.os = line.v6 = line.allow_print_ports = true;
  line.max_parallelism = 0;
  line.ports = "22,80";
  line.max_rate = 500;
  line.host_timeout = 90'000'000'000;
  line.extra = check({"-T4", "-sC"});
  line.exclude_file = "/proc/self/fd/3";
  EXPECT_EQ(line_of(line),
            "/usr/bin/nmap -n -Pn -sV --privileged -sS -6 -O -p22,80 --max-rate=500.000 --host-timeout=90000ms -T4 "
            "--script=(default and not (broadcast or external)) --excludefile /proc/self/fd/3 -iL - -oX -");
  line.extra = check({"-sT"});
  const auto words = line.words();
  EXPECT_NE(std::find(words.begin(), words.end(), "-sT"), words.end());
}

TEST(Arguments, ParallelismNarrowsTheLimitsAndNeverWidensThem) {
  const auto parallelism = [](const std::vector<std::string>& args, uint64_t limit) {
    CommandLine line;
    line.extra = check(args);
    line.max_parallelism = limit;
    std::string out;
    for (const std::string& w : line.words())
      if (w.find("parallelism") != w.npos) out += w + " ";
    return out;
  };
  EXPECT_EQ(parallelism({"--max-parallelism=8"}, 64), "--max-parallelism=8 ");
  EXPECT_EQ(parallelism({"--max-parallelism=1000", "--min-parallelism=900"}, 64),
            "--max-parallelism=64 --min-parallelism=64 ");
  EXPECT_EQ(parallelism({"--min-parallelism=4"}, 64), "--max-parallelism=64 --min-parallelism=4 ");
  EXPECT_EQ(parallelism({"--min-parallelism=4"}, 0), "--min-parallelism=4 ");
  EXPECT_EQ(parallelism({}, 0), "");
}

TEST(Arguments, PortLists) {
  EXPECT_EQ(port_list({}), "");
  EXPECT_EQ(port_list({443, 22, 80, 81, 8002, 8000, 8001, 22}), "22,80,81,443,8000-8002");
}

}  // namespace
}  // namespace sonde::nmap_xml
