#include "probe.hpp"

#include <net/if.h>
#include <poll.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace sonde::nmap_xml {

namespace {
constexpr uint64_t ports_of_nmap = 1000;            // what it asks when nobody names ports
constexpr int64_t before_deadline = 1'500'000'000;  // to kill, read the rest and settle
constexpr int64_t longest_wait_for_permit = 5'000'000'000;
constexpr int poll_ms = 100;

void sleep_ms(long ms) {
  const timespec pause{ms / 1000, ms % 1000 * 1'000'000};
  ::nanosleep(&pause, nullptr);
}

/// "true", "false" or "auto".
std::string os_choice(const Context& host) {
  sonde_value v{};
  if (host.host().option(host.raw_context(), str("/os"), SONDE_BOOL, &v) == SONDE_OK) return v.as.u ? "true" : "false";
  return host.text("/os");
}

std::string seconds(int64_t ns) {
  return std::to_string((ns + 500'000'000) / 1'000'000'000) + " s";
}
}  // namespace

Probe::Probe(Context host) : host_(host) {
  if (host.text("/mode") == "run")
    set_up_run();
  else
    index_ = Index::shared(host.list<std::string>("/files"),
                           [&](const std::string& text) { host.log(SONDE_LOG_WARN, text); });
}

void Probe::set_up_run() {
  rules_ = Rules::of(host_);
  line_.program = host_.text("/nmap");
  const auto numbers = host_.list<uint64_t>("/ports");
  line_.ports = port_list(numbers);
  sonde_value given{};
  OptionFailures wrong;
  wrong.collect([&] {
    if (numbers.empty() && host_.host().option(host_.raw_context(), str("/ports"), SONDE_JSON, &given) == SONDE_OK)
      throw OptionFailure("/ports", "names no port that may be asked (printer ports need allow_print_ports: true)");
  });
  wrong.collect([&] {
    line_.extra = ExtraArguments::check(host_.list<std::string>("/args"), InstalledScripts::of_program(line_.program));
    if (!numbers.empty() && line_.extra.chooses_ports)
      throw OptionFailure("/args", "-F and --top-ports do not go with the option ports: leave one of them out");
  });
  wrong.throw_all();
  check_program(line_.program);  // behind what is wrong with the file whatever the machine has
  line_.privileged = can_pass_on_net_raw();
  if (!line_.privileged && line_.extra.needs_raw)
    throw Failure(SONDE_E_DENIED,
                  "options/args: -sS, -sU and --traceroute need CAP_NET_RAW: run it as root, or leave them out");
  const std::string choice = os_choice(host_);
  if (!line_.privileged && choice == "true")
    throw Failure(SONDE_E_DENIED, "options/os: true needs CAP_NET_RAW: run it as root, or write os: auto");
  line_.os = line_.privileged && choice != "false";
  line_.allow_print_ports = rules_.allow_print_ports;
  timeout_ = host_.duration("/timeout");
  line_.host_timeout = timeout_ / 4 * 3;  // one slow host is given up before the others of its batch are lost
  port_count_ = numbers.empty() ? ports_of_nmap : numbers.size();
}

void Probe::run(std::span<const sonde_task> tasks) {
  if (!index_) return run_nmap(tasks);
  for (const sonde_task id : tasks) look_up(Task(host_, id));
}

void Probe::look_up(const Task& task) const {
  const sonde_target target = task.target();
  Address ip;
  std::memcpy(ip.data(), target.ip, ip.size());
  try {
    Head head;
    const auto host = index_->find(ip, target.scope_id, head);
    if (!host || host->down()) return void(task.done(SONDE_NEGATIVE));
    put_facts(task, *host, head, ip);
    if (host->answered()) task.put(alive, true);
    task.done(host->answered() || host->informative() ? SONDE_POSITIVE : SONDE_NEGATIVE);
  } catch (const Failure& e) {
    task.fail(e.code(), e.what());
  }
}

bool Probe::admitted(const Task& task, const sonde_target& target, int64_t& patience) const {
  const int64_t end = host_.now() + patience;
  for (;;) {
    const sonde_err e = task.admit(target);
    if (e == SONDE_OK) return true;
    if (e != SONDE_E_AGAIN) {
      task.done(SONDE_ERROR);  // admit() has said why
      return false;
    }
    if (task.cancelled() || host_.now() > end) {
      patience = 0;  // each of 256 may not wait anew: the time is nmap's
      task.done(task.cancelled() ? SONDE_CANCELLED : SONDE_POSTPONED);
      return false;
    }
    sleep_ms(2);
  }
}

void Probe::run_nmap(std::span<const sonde_task> tasks) {
  // IPv4 and IPv6 do not go into one nmap, nor do link-local addresses of two zones.
  struct Group {
    std::vector<NmapRun::Member> members;
    std::string targets;
  };
  std::map<std::pair<bool, uint32_t>, Group> groups;
  int64_t end = host_.now() + timeout_;
  int64_t patience = std::min(longest_wait_for_permit, timeout_ / 4);
  std::size_t count = 0;
  for (const sonde_task id : tasks) {
    const Task task(host_, id);
    const sonde_target target = task.target();
    if (!admitted(task, target, patience)) continue;
    Address ip;
    std::memcpy(ip.data(), target.ip, ip.size());
    std::string text = to_text(ip);
    if (char name[IF_NAMESIZE]; target.scope_id != 0)
      text += "%" + (::if_indextoname(target.scope_id, name) ? std::string(name) : std::to_string(target.scope_id));
    Group& group = groups[{text.find(':') != text.npos, target.scope_id}];
    group.members.push_back({task, ip});
    group.targets += text + "\n";
    end = std::min(end, task.deadline() - before_deadline);
    ++count;
  }
  if (count == 0) return;

  CommandLine line = line_;
  const auto instances = static_cast<double>(std::max<uint32_t>(1, host_.place().count));
  const double rate = static_cast<double>(rules_.packets_per_second) / instances;  // of this worker
  line.max_rate = rate / static_cast<double>(groups.size());
  std::vector<std::unique_ptr<NmapRun>> runs;
  for (auto& [key, group] : groups) {
    line.v6 = key.first;
    const std::string& exclusions = line.v6 ? rules_.exclusions_v6 : rules_.exclusions_v4;
    line.exclude_file = exclusions.empty() ? "" : Process::extra_path;
    line.max_parallelism = line.privileged && !line.extra.connects
                               ? 0
                               : std::min<uint64_t>(rules_.connections_per_host * group.members.size(), 1024);
    const auto words = line.words();
    std::string said = "nmap:";
    for (const std::string& word : words) said += " " + word;
    host_.log(SONDE_LOG_DEBUG, said);
    const std::vector<NmapRun::Member> members = group.members;
    try {
      runs.push_back(std::make_unique<NmapRun>(words, group.targets, exclusions, std::move(group.members)));
    } catch (const Failure& e) {
      for (const NmapRun::Member& m : members) m.task.fail(e.code(), e.what());
    }
  }
  watch(runs, end, rate, count * port_count_);
}

void Probe::watch(std::vector<std::unique_ptr<NmapRun>>& runs, int64_t end, double rate, uint64_t expected) const {
  // What nmap sends leaves without the core: so much is taken out of the run's rate while it is presumably sending,
  // that the other stages leave it room.
  double owed = 0;
  int64_t last = host_.now();
  std::vector<pollfd> polled;
  while (!runs.empty()) {
    polled.clear();
    for (const auto& run : runs) run->add_to(polled);
    ::poll(polled.data(), polled.size(), poll_ms);
    const int64_t now = host_.now();
    if (expected > 0) {
      owed += rate > 0 ? rate * static_cast<double>(now - last) / 1e9 : static_cast<double>(expected);
      const auto due = static_cast<uint32_t>(std::min<double>({owed, static_cast<double>(expected), 1e6}));
      int64_t again = 0;
      const uint32_t given = due == 0 ? 0 : host_.pace(due, again);
      owed -= given;
      expected -= given;
    }
    last = now;
    for (auto it = runs.begin(); it != runs.end();) {
      NmapRun& run = **it;
      const bool reading = run.read_some();
      if (!reading) {
        run.conclude();
      } else if (now >= end) {
        run.stop("nmap had not finished with this host after " + seconds(timeout_) +
                 ": raise the option timeout, lower batch, or ask for fewer ports");
      } else if (run.cancelled()) {
        run.stop("");
      } else {
        ++it;
        continue;
      }
      it = runs.erase(it);
    }
  }
}

}  // namespace sonde::nmap_xml
