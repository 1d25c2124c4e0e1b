#include "nmap_run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "json_object.hpp"

namespace sonde::nmap_xml {

namespace {
constexpr std::size_t kept_errors = 8u << 10;
constexpr std::size_t most_told = 400;
constexpr std::size_t most_unsent = 64;
const std::string not_sent = "nmap could not send to this host: ";
constexpr int64_t end_wait = 2'000'000'000;

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}
}  // namespace

NmapRun::NmapRun(const std::vector<std::string>& words, const std::string& targets, const std::string& exclusions,
                 std::vector<Member> members)
    : members_(std::move(members)), process_(words, targets, exclusions) {}

void NmapRun::add_to(std::vector<pollfd>& polled) const {
  if (output_open_) polled.push_back({process_.output(), POLLIN, 0});
  if (errors_open_) polled.push_back({process_.errors(), POLLIN, 0});
}

void NmapRun::read_errors() {
  char buffer[4u << 10];
  for (int round = 0; errors_open_ && round < 256; ++round) {
    const ssize_t n = ::read(process_.errors(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0)
      errors_open_ = false;
    else
      take_errors({buffer, static_cast<std::size_t>(n)});
  }
}

bool NmapRun::read_some() {
  char buffer[32u << 10];
  // Bounded, so that another run and the clock get their turn.
  for (int round = 0; output_open_ && round < 32; ++round) {
    const ssize_t n = ::read(process_.output(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {
      output_open_ = false;
      break;
    }
    read_errors();  // first: they were written before the host that they are about
    splitter_.feed({buffer, static_cast<std::size_t>(n)}, [this](const Piece& piece) { take(piece); });
  }
  read_errors();
  return output_open_ || errors_open_;
}

void NmapRun::take_errors(std::string_view bytes) {
  errors_ += bytes;
  for (auto end = errors_.find('\n', errors_seen_); end != errors_.npos; end = errors_.find('\n', errors_seen_)) {
    take_error_line(std::string_view(errors_).substr(errors_seen_, end - errors_seen_));
    errors_seen_ = end + 1;
  }
  if (errors_.size() <= kept_errors) return;
  const std::size_t cut = errors_.size() - kept_errors;
  errors_.erase(0, cut);
  errors_seen_ -= std::min(errors_seen_, cut);
}

/// "sendto in send_ip_packet_sd: sendto(5, packet, 44, 0, 192.0.2.1, 16) => Operation not permitted", ten times at
/// most.
void NmapRun::take_error_line(std::string_view line) {
  if (line.starts_with("Omitting future ")) unsent_omitted_ = true;
  const auto flags = line.find(", 0, "), why = line.rfind(" => ");
  if (!line.starts_with("sendto in ") || flags == line.npos || why == line.npos) return;
  const std::string_view rest = line.substr(flags + 5);
  const auto ip = parse_address(rest.substr(0, rest.find(',')));
  if (ip && unsent_.size() < most_unsent) unsent_.emplace_back(*ip, clipped(line.substr(why + 4), most_told));
}

/// nmap calls ports filtered to which the system did not let it send: that is no silence of the target.
const std::string* NmapRun::unsent_to(const Address& ip) const {
  for (const auto& [to, why] : unsent_)
    if (to == ip || unsent_omitted_) return &why;
  return nullptr;
}

void NmapRun::take(const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::root:
      head_ = read_head(piece.text);
      return;
    case Piece::Kind::run_stats:
      stats_ = read_run_stats(piece.text);
      return;
    case Piece::Kind::refused:
      trouble_ = "a host in nmap's report " + std::string(piece.text);
      return;
    case Piece::Kind::host:
      if (auto host = read_host(piece.text))
        settle(std::move(*host));
      else
        trouble_ = "a host in nmap's report is damaged";
      return;
  }
}

void NmapRun::settle(Host&& host) {
  const auto member = std::find_if(members_.begin(), members_.end(), [&](const Member& m) {
    return m.open && std::find(host.addresses.begin(), host.addresses.end(), m.ip) != host.addresses.end();
  });
  if (member == members_.end()) return;
  member->open = false;
  const Task& task = member->task;
  if (host.timed_out) {
    task.fail(SONDE_E_IO,
              "nmap gave up on this host before it was done: raise the option timeout, or ask for fewer ports");
    return;
  }
  if (const std::string* why = unsent_to(member->ip); why && !host.answered()) {
    task.fail(SONDE_E_IO, not_sent + *why);
    return;
  }
  host.fold_ports();
  put_facts(task, host, head_, member->ip);
  const bool answered = host.answered();
  if (answered) task.put(alive, true);
  const bool found = !host.os.empty() || !host.scripts.empty() ||
                     std::any_of(host.ports.begin(), host.ports.end(), [](const Port& p) { return p.state == "open"; });
  task.done(!answered ? SONDE_NO_ANSWER : found ? SONDE_POSITIVE : SONDE_NEGATIVE);
}

bool NmapRun::cancelled() const {
  return std::all_of(members_.begin(), members_.end(), [](const Member& m) { return !m.open || m.task.cancelled(); });
}

std::size_t NmapRun::open_tasks() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const Member& m) { return m.open; }));
}

/// The last lines of its standard error, on one line.
std::string NmapRun::last_words() const {
  std::string out;
  for (std::size_t end = errors_.size(); end > 0 && out.size() < most_told;) {
    const auto begin = errors_.rfind('\n', end - 1);
    const std::size_t from = begin == errors_.npos ? 0 : begin + 1;
    std::string line = errors_.substr(from, end - from);
    for (char& c : line)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    if (line.find_first_not_of(' ') != line.npos) out = clipped(line, most_told) + (out.empty() ? "" : " | " + out);
    end = begin == errors_.npos ? 0 : begin;
  }
  return out;
}

void NmapRun::fail_rest(const std::string& why) {
  for (Member& m : members_) {
    if (!m.open) continue;
    m.open = false;
    m.task.fail(SONDE_E_IO, why);
  }
}

void NmapRun::conclude() {
  const int status = process_.wait(end_wait);
  if (status == -1) process_.kill();
  const std::string said = last_words();
  const auto with_words = [&](const std::string& what) { return what + (said.empty() ? "" : ": " + said); };
  if (open_tasks() == 0) return;
  if (status != -1 && WIFSIGNALED(status))
    return fail_rest(
        with_words("nmap was killed by " + signal_name(WTERMSIG(status)) + " before it came to this host"));
  if (status != -1 && WEXITSTATUS(status) != 0)
    return fail_rest(with_words("nmap ended with exit code " + std::to_string(WEXITSTATUS(status))));
  if (!splitter_.error().empty()) return fail_rest("nmap's report cannot be read: " + splitter_.error());
  if (!trouble_.empty()) return fail_rest(trouble_);
  if (!splitter_.whole() || !stats_.success)
    return fail_rest(with_words(stats_.error.empty() ? "nmap's report ends in the middle" : "nmap: " + stats_.error));
  // What nmap did not ask, for want of a route or a device, is no silence of the target.
  if (stats_.total < members_.size())
    return fail_rest(with_words("nmap asked only " + std::to_string(stats_.total) + " of " +
                                std::to_string(members_.size()) + " targets"));
  for (Member& m : members_) {
    if (!std::exchange(m.open, false)) continue;
    if (const std::string* why = unsent_to(m.ip))
      m.task.fail(SONDE_E_IO, not_sent + *why);
    else
      m.task.done(SONDE_NO_ANSWER);
  }
}

void NmapRun::stop(const std::string& why) {
  process_.kill();
  process_.wait(end_wait / 4);
  while (read_some() && output_open_) {  // what it had written before
    pollfd ready{process_.output(), POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) break;
  }
  if (!why.empty()) return fail_rest(why);
  for (Member& m : members_)
    if (std::exchange(m.open, false)) m.task.done(SONDE_CANCELLED);
}

}  // namespace sonde::nmap_xml
