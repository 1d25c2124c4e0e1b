// The walk through the ports of a host. sonde limits connections per host: a dial that must wait keeps its place, and
// on_timer() with its handle says that its turn has come.
#include "probe.hpp"

#include <algorithm>
#include <utility>

#include "fields.hpp"

namespace sonde::tcp_banner {
namespace {

// More at once would hurt small devices even where the pipeline lifts connections_per_host.
constexpr std::size_t connections_at_once = 16;
constexpr unsigned shortages_before_postponing = 8;
constexpr int64_t pause_after_shortage = 50'000'000;
constexpr std::size_t read_buffer = 16 * 1024;
constexpr std::size_t kept_capacity = 64;

template <class T>
void clear_modestly(T& container) {
  container.clear();
  if (container.capacity() > kept_capacity) container.shrink_to_fit();
}

}  // namespace

void Host::reset() {
  task = 0;
  target = {};
  name.clear();
  ports = nullptr;
  clear_modestly(found);
  next_port = 0;
  clear_modestly(later);
  clear_modestly(live);
  for (auto* list : {&others.closed, &others.silent, &others.skipped, &others.unasked}) clear_modestly(*list);
  why_unasked.clear();
  waits_for_turn = any_open = stale = false;
  shortages = 0;
}

void Connection::reset() {
  host = nullptr;
  question = {};
  state = State::turn;
  wire = {};
  watched = 0;
  timer = 0;
  ends_at = 0;
  peer_closed = answered_hello = false;
  dialogue = {};
  outbox.clear();
  tls.reset();
  tls_summary.reset();
}

TcpBanner::TcpBanner(Context host) : sonde_(host), options_(Options::from(host)), buffer_(read_buffer) {
  if (options_.manner.tls && options_.manner.banner) tls_context_ = std::make_unique<TlsContext>();
}

size_t TcpBanner::start(std::span<const sonde_task> tasks) {
  for (sonde_task id : tasks) {
    const Task task(sonde_, id);
    Host& host = hosts_.take();
    host.task = id;
    host.target = task.target();
    host.name = view(host.target.name);
    host.target.name = {};
    host.target.proto = 6;
    task.attach(host.handle);
    if (choose_ports(host)) {
      advance(host);
    } else {
      task.done(SONDE_CANCELLED);  // nobody was asked: neither silence nor a no
      hosts_.give_back(host);
    }
  }
  return tasks.size();
}

// With `ports: found`. A host that was asked and had nothing open costs no connection; one that nobody asked (the stage
// was skipped or failed, or there is none) is asked as if there were no other stage.
bool TcpBanner::choose_ports(Host& host) {
  host.ports = &options_.ports;
  if (!options_.found) return true;
  const Task task(sonde_, host.task);
  const uint32_t count = task.count(found_before);
  for (uint32_t i = 0; i < count; ++i) {
    const auto port = task.get(found_before, i);
    if (port && port->as.u >= 1 && port->as.u <= 65535) host.found.push_back(static_cast<uint16_t>(port->as.u));
  }
  if (host.found.empty()) return !task.asked(found_before);
  host.ports = &host.found;
  return true;
}

bool TcpBanner::next_question(Host& host, Question& out) {
  if (host.next_port < host.ports->size()) {
    const uint16_t port = (*host.ports)[host.next_port++];
    out = {port, first_to_speak(port), 1, false, false};
    return true;
  }
  if (host.later.empty()) return false;
  out = host.later.front();
  host.later.erase(host.later.begin());
  return true;
}

void TcpBanner::advance(Host& host) {
  Question question;
  while (!host.stale && !host.waits_for_turn && host.live.size() < connections_at_once &&
         next_question(host, question)) {
    Connection& connection = connections_.take();
    connection.host = &host;
    connection.question = question;
    connection.dialogue = Dialogue(question.first, options_.manner);
    host.live.push_back(&connection);
    dial(connection);
  }
  if (host.live.empty()) conclude(host);
}

void TcpBanner::dial(Connection& connection) {
  Host& host = *connection.host;
  sonde_target to = host.target;
  to.port = connection.question.port;
  switch (Task(sonde_, host.task).dial(to, SONDE_IO_WRITE, connection.handle, connection.wire)) {
    case SONDE_OK:
      connection.state = Connection::State::connecting;
      connection.watched = SONDE_IO_WRITE;
      connection.ends_at = INT64_MAX;
      arm(connection, options_.timeout);
      return;
    case SONDE_E_AGAIN:
      connection.state = Connection::State::turn;
      host.waits_for_turn = true;
      return;
    case SONDE_E_STALE:
      host.stale = true;
      break;
    case SONDE_E_DENIED:
      explained_ = host.task;
      if (!connection.question.again) host.others.skipped.push_back(to.port);
      break;
    default:
      explained_ = host.task;
      if (connection.question.again) break;
      host.others.unasked.push_back(to.port);
      host.why_unasked = "this machine could not open a connection (no route, or a local firewall)";
  }
  connection.state = Connection::State::pause;  // it holds neither a turn nor a wire
  if (connection.question.again && !host.stale)
    finish(connection);
  else
    give_back(connection, false);
}

// This machine ran short in the middle of a connect: pause and ask again; when that does not end, the whole task comes
// back later, for no part of it can be trusted to be done soon.
void TcpBanner::shortage(Connection& connection) {
  Host& host = *connection.host;
  sonde_.hangup(connection.wire.id);
  connection.wire = {};
  if (++host.shortages <= shortages_before_postponing) {
    connection.state = Connection::State::pause;
    arm(connection, pause_after_shortage);
    return;
  }
  const Task task(sonde_, host.task);
  abandon(host);
  task.done(SONDE_POSTPONED);
}

void TcpBanner::settle(Connection& connection, ConnectResult result) {
  Host& host = *connection.host;
  Question question = connection.question;
  if (question.again) {
    finish(connection);  // the port was open a moment ago; what it said then counts
    return;
  }
  if (result == ConnectResult::closed) {
    host.others.closed.push_back(question.port);
    Task(sonde_, host.task).put(alive, true);
  } else if (question.attempt < options_.tries) {
    ++question.attempt;
    host.later.push_back(question);
  } else {
    host.others.silent.push_back(question.port);
  }
  give_back(connection, false);
}

void TcpBanner::conclude(Host& host) {
  const Task task(sonde_, host.task);
  const OtherPorts& others = host.others;
  put_others(host);
  if (host.any_open) {
    task.done(SONDE_POSITIVE);
  } else if (!others.unasked.empty()) {
    const std::string share = std::to_string(others.unasked.size()) + " of " + std::to_string(host.ports->size());
    fail(task, SONDE_E_IO, share + " ports were not asked to the end: " + host.why_unasked);
  } else if (!others.closed.empty()) {
    task.done(SONDE_NEGATIVE);
  } else if (!others.silent.empty()) {
    task.done(SONDE_NO_ANSWER);
  } else {
    fail(task, SONDE_E_DENIED,
         "none of the ports may be asked: out of scope, or print ports without allow_print_ports");
  }
  hosts_.give_back(host);
}

// sonde keeps the last reason only: if a refused dial of this task was what it heard last, that one is more precise.
void TcpBanner::fail(Task task, sonde_err code, const std::string& why) {
  if (std::exchange(explained_, 0) == task.id())
    task.done(SONDE_ERROR);
  else
    task.fail(code, why);
}

// A host that never answered gets no record.
void TcpBanner::put_others(Host& host) {
  if (host.any_open || !host.others.closed.empty()) Task(sonde_, host.task).put(tcp, tcp_json(host.others));
}

void TcpBanner::cancel(Task task, uint64_t user, uint32_t why) {
  Host* host = hosts_.find(user);
  if (host == nullptr || host->task != task.id()) return;
  while (!host->live.empty()) {
    Connection& connection = *host->live.back();
    if (connection.state >= Connection::State::clear || connection.question.again) {
      finish(connection);
    } else {
      host->others.unasked.push_back(connection.question.port);
      give_back(connection, false);
    }
  }
  const TlsSummary spoke_tls;
  for (const Question& question : host->later) {
    if (question.again)
      put_service(*host, question.port, {}, question.speaks_tls ? &spoke_tls : nullptr);
    else
      host->others.unasked.push_back(question.port);
  }
  host->later.clear();
  while (host->next_port < host->ports->size()) host->others.unasked.push_back((*host->ports)[host->next_port++]);
  host->why_unasked = "the time for this host was up; raise the stage's deadline or ask for fewer ports";
  explained_ = 0;
  if (why == SONDE_EXPIRED) {
    conclude(*host);
  } else {
    put_others(*host);
    task.done(SONDE_CANCELLED);
    hosts_.give_back(*host);
  }
  serve_tls_queue();
}

void TcpBanner::on_io(uint64_t id, uint64_t user, uint32_t events) {
  Connection* connection = connections_.find(user);
  if (connection == nullptr || connection->wire.id != id) return;
  const uint64_t host = connection->host->handle;
  handle_io(*connection, events);
  go_on(host);
}

void TcpBanner::on_timer(uint64_t id, uint64_t user) {
  Connection* connection = connections_.find(user);
  if (connection == nullptr) return;
  const uint64_t host = connection->host->handle;
  if (Task(sonde_, connection->host->task).deadline() == 0) {
    abandon(*connection->host);
    serve_tls_queue();
    return;
  }
  if (id != 0) {
    connection->timer = 0;
    handle_timer(*connection);
  } else if (connection->state == Connection::State::turn) {
    connection->host->waits_for_turn = false;
    dial(*connection);
  }
  go_on(host);
}

void TcpBanner::go_on(uint64_t host_handle) {
  if (Host* host = hosts_.find(host_handle)) advance(*host);
  serve_tls_queue();
}

// sonde has ended the task without us (a failed stage): its descriptors are closed, and may be somebody else's by now.
void TcpBanner::abandon(Host& host) {
  while (!host.live.empty()) give_back(*host.live.back(), true);
  hosts_.give_back(host);
}

void TcpBanner::give_back(Connection& connection, bool reset_wire) {
  Host& host = *connection.host;
  leave_tls(connection);
  if (connection.timer != 0) sonde_.untimer(connection.timer);
  if (connection.wire.id != 0) sonde_.hangup(connection.wire.id, reset_wire);
  if (connection.state == Connection::State::turn) host.waits_for_turn = false;
  std::erase(host.live, &connection);
  connections_.give_back(connection);
}

}  // namespace sonde::tcp_banner
