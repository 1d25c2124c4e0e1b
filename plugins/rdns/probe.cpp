// Probe: the life of a lookup. c-ares is never asked from inside one of its own callbacks: replies only change lookups
// and queues, and pump() asks afterwards.
#include "probe.hpp"

#include <sonde/json_writer.hpp>

#include <algorithm>
#include <limits>

#include "common-linux/send_error.hpp"
#include "fields.hpp"

namespace sonde::rdns {
namespace {

constexpr int64_t ms = 1000000;
constexpr int64_t refused_delay = 250 * ms;  // SERVFAIL comes at once: give the server room
constexpr int64_t refused_delay_max = 2000 * ms;
constexpr size_t names_to_confirm = 8;

std::string status_json(const char* status, const std::vector<std::string>& names,
                        std::optional<bool> confirmed = std::nullopt) {
  std::string out = std::string("{\"status\":\"") + status + '"';
  for (size_t i = 0; i < names.size(); ++i) {
    out += i ? "," : ",\"names\":[";
    json::append_text(out, names[i]);
  }
  if (!names.empty()) out += ']';
  if (confirmed.has_value()) out += *confirmed ? ",\"confirmed\":true" : ",\"confirmed\":false";
  return out + '}';
}

}  // namespace

Probe::Probe(Context host)
    : host_(host),
      timeout_(host.duration("/timeout")),
      tries_(static_cast<uint32_t>(host.option<int64_t>("/tries"))),
      forward_(host.flag("/forward")) {
  auto servers = choose_servers(host.list<std::string>("/servers"), "/etc/resolv.conf");
  for (const Server& server : servers)
    resolvers_.push_back(
        std::make_unique<Resolver>(host, server, timeout_, static_cast<uint32_t>(resolvers_.size()), *this));
  ready_.resize(resolvers_.size());
}

Probe::~Probe() {
  host_.untimer(timer_);
}

// The servers are asked for once; a shortage passes, a refusal does not.
bool Probe::admitted() {
  for (; admitted_ < resolvers_.size(); ++admitted_) {
    const Server& server = resolvers_[admitted_]->server();
    sonde_target to{};
    to.size = sizeof to;
    std::copy(server.address.begin(), server.address.end(), to.ip);
    to.port = server.port;
    to.proto = 17;
    sonde_err e = Task(host_, 0).admit(to);
    if (e == SONDE_E_AGAIN) return false;
    if (e != SONDE_OK) throw Failure(e, "");  // the host has said which server, and why
  }
  return true;
}

size_t Probe::start(std::span<const sonde_task> tasks) {
  if (!admitted()) return 0;
  for (sonde_task id : tasks) {
    Task task(host_, id);
    sonde_target target = task.target();
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(lookups_.size()));
      lookups_.emplace_back();
    }
    Ticket ticket{free_.back(), lookups_[free_.back()].generation};
    free_.pop_back();
    Lookup& lookup = lookups_[ticket.slot];
    lookup.task = id;
    std::copy(std::begin(target.ip), std::end(target.ip), lookup.address.begin());
    lookup.question = reverse_name(lookup.address);
    task.attach(ticket.slot);
    queue(ticket);
  }
  pump();
  return tasks.size();
}

void Probe::on_io(uint64_t, uint64_t user, uint32_t events) {
  if (Resolver::index_of(user) >= resolvers_.size()) return;
  resolvers_[Resolver::index_of(user)]->on_io(Resolver::fd_of(user), events);
  pump();
}

void Probe::on_timer(uint64_t, uint64_t) {
  timer_at_ = 0;
  int64_t now = host_.now();
  for (auto& resolver : resolvers_)
    if (resolver->due() != 0 && now >= resolver->due()) resolver->on_time();
  pump();
}

void Probe::cancel(Task task, uint64_t user, uint32_t why) {
  auto slot = static_cast<uint32_t>(user);
  if (slot >= lookups_.size() || lookups_[slot].task != task.id()) return;
  if (why == SONDE_EXPIRED) {
    Ticket ticket{slot, lookups_[slot].generation};
    if (lookups_[slot].type == type_ptr && lookups_[slot].asked == 0) {
      // A question that never left proves no silence.
      release(slot);
      task.fail(SONDE_E_AGAIN, "no question could leave before the deadline");
    } else if (lookups_[slot].names.empty()) {
      settle(ticket, Verdict::open);
    } else {
      settle_named(ticket, std::nullopt);
    }
  } else {
    release(slot);
    task.done(SONDE_CANCELLED);
  }
  pump();
}

void Probe::on_reply(Ticket ticket, const Reply& reply) {
  Lookup* lookup = find(ticket);
  if (!lookup) return;  // its task was cancelled meanwhile
  lookup->last = reply.kind;
  if (reply.kind == ReplyKind::no_way) {
    lookup->no_way = reply.error;
    lookup->no_way_to = lookup->server;
  }
  switch (reply.kind) {
    case ReplyKind::answer:
      return on_answer(*lookup, ticket, reply.message);
    case ReplyKind::nxdomain:
      if (lookup->type == type_ptr) return settle(ticket, Verdict::nxdomain);
      return ask_back(*lookup, ticket);
    case ReplyKind::shortage: {
      sonde_task task = lookup->task;
      release(ticket.slot);
      Task(host_, task).done(SONDE_POSTPONED);
      return;
    }
    case ReplyKind::failure: {
      sonde_task task = lookup->task;
      std::string question = lookup->question;
      release(ticket.slot);
      Task(host_, task).fail(SONDE_E_FATAL, "c-ares cannot ask for " + question);
      return;
    }
    default:
      on_loss(*lookup, ticket, reply);
  }
}

void Probe::on_answer(Lookup& lookup, Ticket ticket, std::span<const uint8_t> message) {
  if (lookup.type == type_ptr) {
    auto names = ptr_names(message, lookup.question);
    if (!names) {
      lookup.last = ReplyKind::servfail;
      return on_loss(lookup, ticket, {ReplyKind::servfail, {}, Loss::silence});
    }
    if (names->empty()) return settle(ticket, Verdict::nodata);
    lookup.names = std::move(*names);
    if (!forward_) return settle_named(ticket, std::nullopt);
    return ask_back(lookup, ticket);
  }
  auto found = addresses(message, lookup.question, lookup.type);
  if (!found) return on_loss(lookup, ticket, {ReplyKind::servfail, {}, Loss::silence});
  if (std::find(found->begin(), found->end(), lookup.address) != found->end()) return settle_named(ticket, true);
  ask_back(lookup, ticket);
}

// Overload costs no try, since the same question will be answered at a lower speed; the deadline bounds it. A few
// strays are free as well: with many names even a rare loss strikes one name twice.
void Probe::on_loss(Lookup& lookup, Ticket ticket, const Reply& reply) {
  if (reply.loss == Loss::silence || (reply.loss == Loss::stray && ++lookup.strays > tries_)) ++lookup.tries;
  if (lookup.tries >= tries_) return unanswerable(lookup, ticket);
  // A timeout has waited already; where nothing listens, as much is waited, since the server may be coming back.
  int64_t delay = 0;
  if (reply.kind == ReplyKind::unreachable || reply.kind == ReplyKind::no_way) delay = timeout_;
  if (reply.kind == ReplyKind::servfail)
    delay = std::min(refused_delay << std::min(lookup.asked, 4u), refused_delay_max);
  if (delay == 0)
    queue(ticket);
  else
    later_.push({host_.now() + delay, ticket});
}

void Probe::unanswerable(Lookup& lookup, Ticket ticket) {
  if (lookup.type == type_ptr) return settle(ticket, Verdict::open);
  lookup.doubtful = true;
  ask_back(lookup, ticket);
}

void Probe::ask_back(Lookup& lookup, Ticket ticket) {
  while (lookup.asked_back < std::min(lookup.names.size(), names_to_confirm)) {
    const std::string& name = lookup.names[lookup.asked_back++];
    if (!is_plain_name(name)) continue;  // no host can be called so: it leads nowhere
    lookup.question = name;
    lookup.type = is_v4(lookup.address) ? type_a : type_aaaa;
    lookup.tries = lookup.strays = lookup.asked = 0;
    return queue(ticket);
  }
  // None leads back. That is known only when each of them was asked for and answered.
  bool known = !lookup.doubtful && lookup.names.size() <= names_to_confirm;
  settle_named(ticket, known ? std::optional(false) : std::nullopt);
}

// The first server that is not known to be down; each further try goes to the next of those.
void Probe::queue(Ticket ticket) {
  Lookup& lookup = lookups_[ticket.slot];
  size_t n = resolvers_.size();
  if (n > 1) {
    int64_t now = host_.now();
    size_t next = lookup.asked == 0 ? 0 : (lookup.server + 1) % n;
    for (size_t i = 0; i + 1 < n && resolvers_[next]->down(now); ++i) next = (next + 1) % n;
    lookup.server = next;
  }
  ready_[lookup.server].push_back(ticket);
}

void Probe::pump() {
  int64_t now = host_.now();
  while (!later_.empty() && later_.top().at <= now) {
    if (find(later_.top().ticket)) queue(later_.top().ticket);
    later_.pop();
  }
  const auto grant = [this](uint32_t packets, int64_t& again) { return host_.pace(packets, again); };
  bool allowed = true;
  for (size_t i = 0; i < resolvers_.size() && allowed; ++i) {
    auto& waiting = ready_[i];
    while (!waiting.empty()) {
      Ticket ticket = waiting.front();
      Lookup* lookup = find(ticket);
      if (!lookup) {
        waiting.pop_front();
        continue;
      }
      if (resolvers_[i]->pacer().room(now) == 0) break;
      // One at a time: the token of a question that did not leave serves the next one, and at the end of the run no
      // more than one has been counted in vain.
      allowed = tokens_.take(1, now, grant) == 1;
      if (!allowed) break;
      waiting.pop_front();
      ++lookup->asked;
      lookup->last = ReplyKind::timeout;  // unless a reply comes
      // Copied: the reply may come before ask() returns, and settle the lookup.
      std::string question = lookup->question;
      if (!resolvers_[i]->ask(ticket, question, lookup->type)) tokens_.give_back(1);
    }
  }
  set_timer();
}

void Probe::set_timer() {
  int64_t at = std::numeric_limits<int64_t>::max();
  if (!later_.empty()) at = std::min(at, later_.top().at);
  for (size_t i = 0; i < resolvers_.size(); ++i) {
    const Resolver& resolver = *resolvers_[i];
    if (resolver.due() != 0) at = std::min(at, resolver.due());
    bool window_open = resolver.pacer().in_flight() < resolver.pacer().window();
    if (!ready_[i].empty() && window_open)
      at = std::min(at, std::max({resolver.pacer().next(), tokens_.again(), host_.now() + 1}));
  }
  if (at == std::numeric_limits<int64_t>::max()) return;
  if (timer_at_ != 0 && timer_at_ <= at) return;  // the earlier one will look again
  host_.timer(at, 0, timer_);
  timer_at_ = at;
}

Probe::Lookup* Probe::find(Ticket ticket) {
  Lookup& lookup = lookups_[ticket.slot];
  return lookup.task != 0 && lookup.generation == ticket.generation ? &lookup : nullptr;
}

void Probe::release(uint32_t slot) {
  uint32_t generation = lookups_[slot].generation + 1;
  lookups_[slot] = Lookup{};
  lookups_[slot].generation = generation;
  free_.push_back(slot);
}

void Probe::settle_named(Ticket ticket, std::optional<bool> confirmed) {
  Lookup& lookup = lookups_[ticket.slot];
  Task task(host_, lookup.task);
  task.put(reverse_dns, lookup.names.front());
  task.put(dns, status_json("ok", lookup.names, confirmed));
  release(ticket.slot);
  task.done(SONDE_POSITIVE);
}

void Probe::settle(Ticket ticket, Verdict verdict) {
  Lookup& lookup = lookups_[ticket.slot];
  Task task(host_, lookup.task);
  if (verdict == Verdict::open && lookup.last == ReplyKind::no_way) {
    // Of this machine: it says nothing of the target, and nothing of its name.
    const std::string why =
        net::explain_send_error("the DNS question", lookup.no_way, resolvers_[lookup.no_way_to]->server().address);
    release(ticket.slot);
    task.fail(SONDE_E_AGAIN, why);
    return;
  }
  const char* status = verdict == Verdict::nxdomain         ? "nxdomain"
                       : verdict == Verdict::nodata         ? "nodata"
                       : lookup.last == ReplyKind::servfail ? "servfail"
                                                            : "timeout";
  task.put(dns, status_json(status, {}));
  release(ticket.slot);
  task.done(verdict == Verdict::open ? SONDE_NO_ANSWER : SONDE_NEGATIVE);
}

}  // namespace sonde::rdns
