#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "at_option.hpp"

namespace sonde::nmap_xml {

namespace {
constexpr std::string_view print_ports = "515,9100-9107";

enum class Takes : uint8_t { nothing, number, duration, ports, text };
struct Allowed {
  std::string_view name;
  Takes takes;
  uint64_t least = 0, most = 0;  ///< of a number
};
constexpr std::array<Allowed, 35> allowed = {{
    {"-sU", Takes::nothing},
    {"-sT", Takes::nothing},
    {"-sS", Takes::nothing},
    {"-sV", Takes::nothing},
    {"-sC", Takes::nothing},
    {"-Pn", Takes::nothing},
    {"-n", Takes::nothing},
    {"-F", Takes::nothing},
    {"-r", Takes::nothing},
    {"--reason", Takes::nothing},
    {"--traceroute", Takes::nothing},
    {"--version-light", Takes::nothing},
    {"--version-all", Takes::nothing},
    {"--osscan-limit", Takes::nothing},
    {"--osscan-guess", Takes::nothing},
    {"--fuzzy", Takes::nothing},
    {"--defeat-rst-ratelimit", Takes::nothing},
    {"--defeat-icmp-ratelimit", Takes::nothing},
    {"--top-ports", Takes::number, 1, 65535},
    {"--version-intensity", Takes::number, 0, 9},
    {"--max-retries", Takes::number, 0, 50},
    {"--max-os-tries", Takes::number, 1, 50},
    {"--min-parallelism", Takes::number, 1, 1024},
    {"--max-parallelism", Takes::number, 1, 1024},
    {"--min-hostgroup", Takes::number, 1, 1024},
    {"--max-hostgroup", Takes::number, 1, 1024},
    {"--min-rtt-timeout", Takes::duration},
    {"--max-rtt-timeout", Takes::duration},
    {"--initial-rtt-timeout", Takes::duration},
    {"--scan-delay", Takes::duration},
    {"--max-scan-delay", Takes::duration},
    {"--script-timeout", Takes::duration},
    {"--exclude-ports", Takes::ports},
    {"--script", Takes::text},
    {"--script-args", Takes::text},
}};

struct Reason {
  std::string_view name, why;
};
constexpr std::string_view own_outputs = "results become fields of the record; outputs: writes the files";
constexpr std::string_view own_targets = "targets come from the pipeline alone";
constexpr std::string_view own_data = "it names files that nmap would read";
constexpr std::string_view other_sender = "packets would go through, or seem to come from, somebody else";
constexpr std::array<Reason, 42> reasons = {{
    {"-p", "write the option `ports`"},
    {"-O", "write the option `os: true`"},
    {"-A", "write the option `os: true`, and args: [-sC, --traceroute]"},
    {"-6", "IPv6 targets get an nmap of their own by themselves"},
    {"-iL", own_targets},
    {"-iR", own_targets},
    {"--exclude", "write `exclude:` of the pipeline"},
    {"--excludefile", "write `exclude:` of the pipeline"},
    {"--max-rate", "write limits.packets_per_second of the pipeline"},
    {"--min-rate", "write limits.packets_per_second of the pipeline"},
    {"--host-timeout", "write the option `timeout`"},
    {"-oN", own_outputs},
    {"-oX", own_outputs},
    {"-oG", own_outputs},
    {"-oS", own_outputs},
    {"-oA", own_outputs},
    {"-oM", own_outputs},
    {"-oJ", own_outputs},
    {"--append-output", own_outputs},
    {"--stylesheet", own_outputs},
    {"--webxml", own_outputs},
    {"--open", "a host without an open port is a result too"},
    {"--resume", "`sonde run --resume` goes on with a run"},
    {"--datadir", own_data},
    {"--servicedb", own_data},
    {"--versiondb", own_data},
    {"--script-args-file", own_data},
    {"--proxies", other_sender},
    {"--proxy", other_sender},
    {"-D", other_sender},
    {"-S", other_sender},
    {"-sI", other_sender},
    {"-b", other_sender},
    {"--spoof-mac", other_sender},
    {"-e", "the routing table chooses the interface"},
    {"-R", "names are for the stage rdns, whose servers the pipeline names"},
    {"--dns-servers", "names are for the stage rdns, whose servers the pipeline names"},
    {"--system-dns", "names are for the stage rdns, whose servers the pipeline names"},
    {"--allports", "printer ports would be asked for their version, which prints"},
    {"--privileged", "whether nmap has the right is passed on by itself"},
    {"--unprivileged", "whether nmap has the right is passed on by itself"},
    {"-sn", "this stage asks for ports; the stages arp-oui and icmp find who is there"},
}};

[[noreturn]] void refuse(const std::string& word, const std::string& why) {
  throw Failure(SONDE_E_CONFIG, "'" + word + "' is not permitted: " + why);
}
[[noreturn]] void refuse_value(const std::string& word, const std::string& expected) {
  throw Failure(SONDE_E_CONFIG, "'" + word + "': expected " + expected);
}

bool only(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}
constexpr std::string_view digits = "0123456789";
constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789-_";

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool duration(std::string_view text) {
  const auto end = text.find_first_not_of(digits);
  if (end == 0 || text.empty() || text.size() > 12) return false;
  const std::string_view unit = text.substr(std::min(end, text.size()));
  return unit.empty() || unit == "ms" || unit == "s" || unit == "m" || unit == "h";
}

/// Value of --script: names of installed scripts and categories. A category is cut down to what stays with the targets.
std::string script_choice(const std::string& word, std::string_view value, const InstalledScripts& installed) {
  std::string out;
  while (!value.empty()) {
    const auto comma = value.find(',');
    std::string_view name = value.substr(0, comma);
    value.remove_prefix(comma == value.npos ? value.size() : comma + 1);
    if (name.ends_with(".nse")) name.remove_suffix(4);
    if (!only(name, name_characters))
      refuse(word,
             "--script takes names of installed scripts and categories, split by commas; no path, no pattern and "
             "no expression");
    if (name == "broadcast" || name == "external") refuse(word, "such scripts ask others than the targets");
    if (!out.empty()) out += ',';
    if (InstalledScripts::is_category(name)) {
      out.append("(").append(name).append(" and not (broadcast or external))");
      continue;
    }
    if (installed.empty())  // which is the machine's fault, not the file's
      throw Failure(SONDE_E_UNSUPPORTED,
                    "args: '" + word + "': nmap's scripts are not installed: there is no share/nmap/scripts/script.db");
    if (!installed.has(name)) {
      const std::string near = installed.near(name);
      refuse(word, "there is no script '" + std::string(name) + "' installed" +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    if (installed.leaves_the_targets(name)) refuse(word, "the script asks others than the targets");
    out += name;
  }
  if (out.empty()) refuse_value(word, "names of scripts, as in --script=ssh-hostkey,ssl-cert");
  return out;
}

void check_script_arguments(const std::string& word, std::string_view value) {
  for (const char c : value)
    if (static_cast<unsigned char>(c) < 0x20 || c == '/' || c == '\\' || c == '@')
      refuse(word, "arguments of scripts may not name files");
  if (value.find("newtargets") != value.npos) refuse(word, std::string(own_targets));
}

std::string list_of_allowed() {
  std::string out = "-T0 to -T5";
  for (const Allowed& a : allowed) out.append(", ").append(a.name);
  return out;
}
}  // namespace

ExtraArguments ExtraArguments::check(const std::vector<std::string>& args, const InstalledScripts& installed) {
  ExtraArguments out;
  OptionFailures wrong;
  for (std::size_t i = 0; i < args.size(); ++i)
    wrong.collect([&] { at_option("/args/" + std::to_string(i), [&] { out.add(args[i], installed); }); });
  wrong.throw_all();
  return out;
}

void ExtraArguments::add(const std::string& word, const InstalledScripts& installed) {
  const auto add_scripts = [&](const std::string& more) { scripts += (scripts.empty() ? "" : ",") + more; };
  if (!word.starts_with('-') || word == "-" || word == "--")
    refuse(word, "it is no option of nmap, and " + std::string(own_targets));
  if (word.size() == 3 && word.starts_with("-T") && word[2] >= '0' && word[2] <= '5') {
    words.push_back(word);
    return;
  }
  // "--top-ports=100" and "--top-ports 100" are one.
  const auto split = word.find_first_of("= ");
  const std::string name = word.substr(0, split);
  const std::string value = split == word.npos ? ""
                                               : word.substr(word.find_first_not_of(' ', split + 1) == word.npos
                                                                 ? word.size()
                                                                 : word.find_first_not_of(' ', split + 1));
  const auto* found = std::find_if(allowed.begin(), allowed.end(), [&](const Allowed& a) { return a.name == name; });
  if (found == allowed.end()) {
    for (const Reason& r : reasons)  // also "-p22", "-oN file", "-iLhosts"
      if (name == r.name || (!r.name.starts_with("--") && !name.starts_with("--") && name.starts_with(r.name)))
        refuse(word, std::string(r.why));
    refuse(word, "it is not on the list of permitted options: " + list_of_allowed());
  }
  switch (found->takes) {
    case Takes::nothing:
      if (split != word.npos) refuse_value(word, "the option without a value");
      break;
    case Takes::number: {
      const auto n = number_in(value);
      if (!n || *n < found->least || *n > found->most)
        refuse_value(word,
                     name + "=N with N from " + std::to_string(found->least) + " to " + std::to_string(found->most));
      break;
    }
    case Takes::duration:
      if (!duration(value)) refuse_value(word, "a time, as in " + name + "=500ms");
      break;
    case Takes::ports:
      if (!only(value, "0123456789,-")) refuse_value(word, "ports, as in " + name + "=22,8000-8010");
      exclude_ports += (exclude_ports.empty() ? "" : ",") + value;
      return;
    case Takes::text:
      if (name == "--script") {
        add_scripts(script_choice(word, value, installed));
        return;
      }
      check_script_arguments(word, value);
      break;
  }
  if (name == "-sV" || name == "-Pn" || name == "-n") return;  // given by us in any case
  if (name == "-sC") {
    add_scripts(script_choice("-sC", "default", installed));
    return;
  }
  chooses_ports |= name == "-F" || name == "--top-ports";
  connects |= name == "-sT";
  needs_raw |= name == "-sU" || name == "-sS" || name == "--traceroute";
  if (name == "-sT" || name == "-sS") return;  // words() says which
  if (name.ends_with("-parallelism")) {        // words() holds them to the limits
    (name.starts_with("--min") ? min_parallelism : max_parallelism) = *number_in(value);
    return;
  }
  words.push_back(found->takes == Takes::nothing ? name : name + "=" + value);
}

std::vector<std::string> CommandLine::words() const {
  std::vector<std::string> out = {program,
                                  "-n",
                                  "-Pn",
                                  "-sV",
                                  privileged ? "--privileged" : "--unprivileged",
                                  privileged && !extra.connects ? "-sS" : "-sT"};
  const auto add = [&](std::string word) { out.push_back(std::move(word)); };
  if (v6) add("-6");
  if (os) add("-O");
  if (!ports.empty()) add("-p" + ports);
  std::string excluded = extra.exclude_ports;
  if (!allow_print_ports) excluded += (excluded.empty() ? "" : ",") + std::string(print_ports);
  if (!excluded.empty()) add("--exclude-ports=" + excluded);
  if (max_rate > 0) {
    char text[48];
    std::snprintf(text, sizeof text, "--max-rate=%.3f", max_rate);
    add(text);
  }
  // What a pipeline asks for narrows its limits, and never widens them.
  uint64_t most = extra.max_parallelism;
  if (max_parallelism > 0) most = most == 0 ? max_parallelism : std::min(most, max_parallelism);
  if (most > 0) add("--max-parallelism=" + std::to_string(most));
  if (const uint64_t least = most > 0 ? std::min(extra.min_parallelism, most) : extra.min_parallelism; least > 0)
    add("--min-parallelism=" + std::to_string(least));
  if (host_timeout > 0) add("--host-timeout=" + std::to_string(host_timeout / 1'000'000) + "ms");
  for (const std::string& word : extra.words) add(word);
  if (!extra.scripts.empty()) add("--script=" + extra.scripts);
  if (!exclude_file.empty()) {
    add("--excludefile");
    add(exclude_file);
  }
  for (const char* word : {"-iL", "-", "-oX", "-"}) add(word);
  return out;
}

std::string port_list(std::vector<uint64_t> ports) {
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  std::string out;
  for (std::size_t i = 0; i < ports.size();) {
    std::size_t last = i;
    while (last + 1 < ports.size() && ports[last + 1] == ports[last] + 1) ++last;
    out += (out.empty() ? "" : ",") + std::to_string(ports[i]);
    if (last > i) out += (last == i + 1 ? "," : "-") + std::to_string(ports[last]);
    i = last + 1;
  }
  return out;
}

}  // namespace sonde::nmap_xml
