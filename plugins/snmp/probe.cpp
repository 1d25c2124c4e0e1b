// The life of a host: dialled, talked to, concluded. sonde hands out the socket, so scope, rate and descriptors are
// its; the socket is connected, so only the target is heard.
#include "probe.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common-linux/socket.hpp"
#include "fields.hpp"
#include "icmp_errors.hpp"
#include "library.hpp"

namespace sonde::snmp {
namespace {

constexpr int64_t pause_after_shortage = 10'000'000;
constexpr int datagrams_at_once = 32;
constexpr size_t largest_datagram = 65536;

}  // namespace

Probe::Probe(Context host)
    : sonde_(host),
      options_((library::prepare(), Options::from(host))),
      traffic_{{}, OnTheWay(host.place().count)},
      ids_(net::random_key()),
      engines_(EngineIds::of_this_run()),
      tally_(AnswerTally::of_stage(view(host.place().stage))),
      buffer_(largest_datagram) {
  tally_->enter();
}

Probe::~Probe() {
  for (auto& [handle, host] : hosts_) sonde_.untimer(host->timer);
  if (tally_->leave())
    if (const std::string complaint = tally_->complaint(); !complaint.empty()) sonde_.log(SONDE_LOG_WARN, complaint);
  if (broken_ + foreign_ + forged_ == 0) return;
  sonde_.log(SONDE_LOG_INFO, "messages dropped: " + std::to_string(broken_) + " broken, " + std::to_string(foreign_) +
                                 " that answered no question, " + std::to_string(forged_) +
                                 " with a wrong digest, time or encryption");
}

size_t Probe::start(std::span<const sonde_task> tasks) {
  size_t taken = 0;
  for (sonde_task id : tasks) {
    // The rest is offered again as soon as a host is done.
    if (!traffic_.on_the_way.room(sonde_.now())) break;
    ++taken;
    const Task task(sonde_, id);
    auto made = std::make_unique<Host>();
    Host& host = *made;
    host.handle = ++last_handle_;
    host.task = id;
    host.target = task.target();
    host.target.name = {};
    host.target.port = options_.port;
    host.target.proto = 17;
    hosts_.emplace(host.handle, std::move(made));
    task.attach(host.handle);
    dial(host);
  }
  return taken;
}

Probe::Host* Probe::find(uint64_t handle) {
  const auto found = hosts_.find(handle);
  return found == hosts_.end() ? nullptr : found->second.get();
}

void Probe::dial(Host& host) {
  const Task task(sonde_, host.task);
  switch (const sonde_err e = task.dial(host.target, SONDE_IO_READ, host.handle, host.wire); e) {
    case SONDE_OK:
      break;
    case SONDE_E_AGAIN:
      return;  // on_timer() tells when it is our turn
    case SONDE_E_STALE:
      return release(host.handle);
    default:
      task.done(SONDE_ERROR);  // sonde has said why
      return release(host.handle);
  }
  keep_icmp_errors(host.wire.fd);
  try {
    std::array<uint8_t, 16> address{};
    std::copy(std::begin(host.target.ip), std::end(host.target.ip), address.begin());
    host.talk.emplace(options_, traffic_, ids_, address, sonde_.now());
  } catch (const Failure& failure) {
    return fail(host, failure.code(), failure.what());
  }
  work(host);
}

void Probe::work(Host& host) {
  int64_t wait_until = 0;
  try {
    if (!advance(host, wait_until)) return conclude(host);
  } catch (const Failure& failure) {
    return fail(host, failure.code(), failure.what());
  }
  sonde_.timer(wait_until, host.handle, host.timer);
}

/// Sends and gives up what is due. False: there is nothing left to do; true: `wait_until` then.
bool Probe::advance(Host& host, int64_t& wait_until) {
  while (!host.refused && !host.talk->finished()) {
    const int64_t now = sonde_.now();
    wait_until = host.talk->next_due();
    Conversation::Exchange* exchange = host.talk->due(now);
    if (exchange == nullptr) return true;
    if (exchange->over()) {
      host.talk->unanswered(*exchange, now);
      continue;
    }
    switch (send(host, exchange->message, wait_until)) {
      case Sent::yes:
        host.talk->sent(*exchange, now);
        break;
      case Sent::later:
        return true;
      case Sent::no:
        host.talk->stuck(*exchange, now);
    }
  }
  if (host.refused) host.talk->stop("the port was closed");
  return false;
}

Probe::Sent Probe::send(Host& host, const std::string& message, int64_t& again) {
  // dial() took a packet of the rate for the first one.
  if (host.sent > 0 && sonde_.pace(1, again) == 0) return Sent::later;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::send(host.wire.fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      ++host.sent;
      return Sent::yes;
    }
    if (net::classify_send_error(errno) == net::SendFault::shortage) {
      again = sonde_.now() + pause_after_shortage;
      return Sent::later;
    }
    host.fault = errno;
    // An ICMP error that came for the packet before is told here first; what it says stands in the queue.
    if (refused_by(host.wire.fd, host.target.ip)) {
      host.heard = host.refused = true;
      break;
    }
  }
  ++host.sent;
  return Sent::no;
}

void Probe::on_io(uint64_t id, uint64_t user, uint32_t events) {
  Host* host = find(user);
  if (host == nullptr || host->wire.id != id) return;
  try {
    read(*host);
  } catch (const Failure& failure) {
    return fail(*host, failure.code(), failure.what());
  }
  if ((events & SONDE_IO_ERROR) != 0 && refused_by(host->wire.fd, host->target.ip)) host->heard = host->refused = true;
  work(*host);
}

void Probe::read(Host& host) {
  for (int i = 0; i < datagrams_at_once; ++i) {
    const ssize_t n = ::recv(host.wire.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) continue;  // an error of the socket, taken by this
    if (n < 0) return;
    host.heard = true;
    count(host.talk->receive({buffer_.data(), static_cast<size_t>(n)}, sonde_.now()));
  }
}

void Probe::count(Fate fate) {
  broken_ += fate == Fate::broken;
  foreign_ += fate == Fate::foreign;
  forged_ += fate == Fate::forged;
}

void Probe::count(const Host& host) {
  if (options_.credentials.empty() || host.refused) return;
  const Findings& found = host.talk->findings();
  if (found.accepted != nullptr) return tally_->accepted();
  if (found.answered) return tally_->refused();
  const auto known = Task(sonde_, host.task).get(known_alive);
  if (host.heard || (known && known->as.u != 0)) tally_->silent();
}

void Probe::on_timer(uint64_t id, uint64_t user) {
  Host* host = find(user);
  if (host == nullptr) return;
  if (Task(sonde_, host->task).deadline() == 0) return release(user);  // sonde has ended the task without us
  if (id == 0 && host->wire.id == 0) return dial(*host);
  if (id != 0) host->timer = 0;
  if (host->talk) work(*host);
}

void Probe::cancel(Task task, uint64_t user, uint32_t why) {
  Host* host = find(user);
  if (host == nullptr || host->task != task.id()) return;
  // A question that never left proves no silence.
  const bool owed = !host->talk || (!host->heard && host->talk->owes_question());
  if (host->talk) host->talk->stop("the time for this host was up");
  if (why != SONDE_EXPIRED) {
    put(*host);
    task.done(SONDE_CANCELLED);
    return release(user);
  }
  if (owed) return fail(*host, SONDE_E_AGAIN, "a question could not leave before the deadline");
  conclude(*host);
}

void Probe::fail(Host& host, sonde_err code, const std::string& why) {
  put(host);
  Task(sonde_, host.task).fail(code, why);
  release(host.handle);
}

void Probe::conclude(Host& host) {
  // A firewall or a route of this machine says nothing about the target.
  if (!host.heard && host.talk->was_stuck())
    return fail(host, SONDE_E_IO, std::string("a question could not be sent: ") + std::strerror(host.fault));
  put(host);
  count(host);
  // Who was asked for nothing but its engine id has told all.
  const bool found =
      !host.talk->findings().values.empty() || (options_.credentials.empty() && host.talk->engine().known());
  const bool said_no = host.refused || host.talk->findings().answered;
  Task(sonde_, host.task).done(found ? SONDE_POSITIVE : said_no ? SONDE_NEGATIVE : SONDE_NO_ANSWER);
  release(host.handle);
}

void Probe::release(uint64_t handle) {
  if (Host* host = find(handle); host != nullptr) sonde_.untimer(host->timer);
  hosts_.erase(handle);
}

}  // namespace sonde::snmp
