// The order of questions. With users, discovery comes first, since a user needs the engine's id; with communities alone
// it goes beside the first one. Each credential is tried once: wrong ones are logged by agents, and some lock accounts.
#include "conversation.hpp"

#include <algorithm>

namespace sonde::snmp {
namespace {

constexpr uint32_t most_resyncs = 3;
constexpr int64_t least_spacing = 200'000'000;  // an agent on a small processor takes its time

const Credential& nobody() {
  static const Credential credential = discovery();
  return credential;
}

}  // namespace

Conversation::Conversation(const Options& options, Traffic& traffic, const net::SipKey& ids,
                           const std::array<uint8_t, 16>& target, int64_t now)
    : options_(options), traffic_(traffic), ids_(ids), target_(target) {
  const bool users = !options.credentials.empty() && options.credentials.front().version == Version::v3;
  if (users || options.credentials.empty()) {
    discover(main_, now);
  } else {
    if (options.discover) discover(side_, now);
    next_credential(now);
  }
}

// Nobody is listened to any more, so nothing of this host is waited for.
Conversation::~Conversation() {
  for (const Exchange* exchange : {&main_, &side_}) traffic_.on_the_way.answered(exchange->ticket);
}

void Conversation::ask(Exchange& exchange, Purpose purpose, Request request, const Credential& credential,
                       uint32_t tries, int64_t now) {
  request.id = request_id(ids_, target_, ++numbers_);
  exchange.message = encode(request, credential, engine_, now);
  exchange.purpose = purpose;
  exchange.request = std::move(request);
  exchange.credential = &credential;
  exchange.tries = tries;
  exchange.sent = exchange.stuck = 0;
  exchange.due = now;
}

Conversation::Exchange* Conversation::due(int64_t now) {
  for (Exchange* exchange : {&side_, &main_})
    if (exchange->open() && exchange->due <= now) return exchange;
  return nullptr;
}

int64_t Conversation::next_due() const {
  int64_t at = never;
  for (const Exchange* exchange : {&side_, &main_})
    if (exchange->open()) at = std::min(at, exchange->due);
  return at;
}

int64_t Conversation::spacing() const {
  return std::min(options_.timeout, traffic_.round_trips.spacing(least_spacing, options_.timeout));
}

void Conversation::sent(Exchange& exchange, int64_t now) {
  if (exchange.sent++ == 0) exchange.first_sent = now;
  // Round trips bring forward a repetition, never the end: silence is waited for in full after the last packet.
  int64_t wait = options_.timeout;
  if (exchange.sent < exchange.tries && traffic_.round_trips.known())
    wait = std::min(wait, std::max(spacing(), 2 * slowest_));
  exchange.due = now + wait;
  traffic_.on_the_way.answered(exchange.ticket);  // a repetition takes the place of the packet before
  exchange.ticket = traffic_.on_the_way.sent(now, now + spacing());
}

// Tried again after a while: a rule or route of this machine may be gone by then.
void Conversation::stuck(Exchange& exchange, int64_t now) {
  ++exchange.stuck;
  exchange.due = now + spacing();
}

void Conversation::unanswered(Exchange& exchange, int64_t now) {
  const Purpose purpose = exchange.purpose;
  exchange.purpose = Purpose::closed;
  if (&exchange == &side_) return;
  was_stuck_ = was_stuck_ || exchange.sent < exchange.tries;
  if (purpose == Purpose::table) {
    if (appetite_.less()) return ask_table(now);
    return stop("no answer");
  }
  // Objects of a later question that stay unanswered take nothing from those that came.
  if (purpose == Purpose::values && findings_.accepted != nullptr) return next_table(now);
  if (purpose == Purpose::values && main_.credential->version == Version::v3)
    findings_.refusals.push_back(main_.credential->name() + ": no answer");
  next_credential(now);
}

Fate Conversation::receive(std::span<const uint8_t> message, int64_t now) {
  Fate fate = Fate::foreign;
  for (Exchange* exchange : {&main_, &side_}) {
    if (!exchange->open() || exchange->sent == 0) continue;
    Reply reply;
    const Fate here = decode(message, exchange->request, *exchange->credential, engine_, now, reply);
    if (here != Fate::foreign) fate = here;
    if (here != Fate::taken) continue;
    findings_.answered = true;
    // Which packet a repeated question's answer belongs to is not known (Karn's rule, RFC 6298 section 3).
    if (exchange->sent == 1) traffic_.round_trips.add(now - exchange->first_sent);
    traffic_.on_the_way.answered(exchange->ticket);
    slowest_ = std::max(slowest_, now - exchange->first_sent);
    const Purpose purpose = exchange->purpose;
    exchange->purpose = Purpose::closed;
    if (exchange == &side_) return fate;
    if (purpose == Purpose::discovery) next_credential(now);
    if (purpose == Purpose::values) values_answered(reply, now);
    if (purpose == Purpose::table) table_answered(exchange->request, reply, now);
    return fate;
  }
  return fate;
}

void Conversation::stop(const std::string& why) {
  if (walk_) {
    walk_->abandon(why);
    table_done();
  }
  for (; findings_.accepted != nullptr && table_ < options_.tables.size(); ++table_)
    findings_.incomplete.emplace_back(options_.tables[table_]->name, why);
  main_.purpose = side_.purpose = Purpose::closed;
}

void Conversation::discover(Exchange& exchange, int64_t now) {
  ask(exchange, Purpose::discovery, {}, nobody(), options_.tries, now);
}

void Conversation::next_credential(int64_t now) {
  while (credential_ < options_.credentials.size()) {
    const Credential& credential = options_.credentials[credential_++];
    if (credential.version == Version::v3 && !engine_.known()) continue;  // it did not answer to v3
    asked_.clear();
    later_.clear();
    error_ = 0;
    for (const Wanted& wanted : options_.wanted) later_.push_back(&wanted);
    main_.credential = &credential;
    return ask_values(now);
  }
}

void Conversation::refused(const std::string& why, int64_t now) {
  // Whoever took a credential gets no other one, whatever comes after.
  if (findings_.accepted != nullptr) return stop(why);
  findings_.refusals.push_back(main_.credential->name() + ": " + why);
  next_credential(now);
}

void Conversation::ask_values(int64_t now) {
  if (asked_.empty()) {
    const size_t count = std::min(at_once_, later_.size());
    asked_.assign(later_.begin(), later_.begin() + static_cast<std::ptrdiff_t>(count));
    later_.erase(later_.begin(), later_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  Request request;
  for (const Wanted* wanted : asked_) request.oids.push_back(wanted->oid);
  ask(main_, Purpose::values, std::move(request), *main_.credential, options_.tries, now);
}

/// A clock that was off is set by an authenticated report, which has happened when this is asked.
bool Conversation::resynchronised(const Reply& reply) {
  return reply.report == Report::not_in_time && reply.authenticated && resyncs_++ < most_resyncs;
}

void Conversation::values_answered(const Reply& reply, int64_t now) {
  if (reply.report != Report::none) {
    if (resynchronised(reply)) return ask_values(now);
    asked_.clear();
    return refused(describe(reply.report), now);
  }
  if (reply.error == error_authorization) return refused("not authorized", now);
  if (reply.error != 0) {
    leave_out(reply);
    return asked_.empty() ? batch_done(now) : ask_values(now);
  }
  for (const Binding& binding : reply.bindings) {
    const auto wanted =
        std::find_if(asked_.begin(), asked_.end(), [&](const Wanted* w) { return w->oid == binding.name; });
    if (wanted == asked_.end() || !binding.value.there()) continue;
    findings_.values.emplace_back(*wanted, binding.value);
    findings_.accepted = main_.credential;
  }
  asked_.clear();
  batch_done(now);
}

/// An error to the whole question: what it is about is left out, or found by asking in halves.
void Conversation::leave_out(const Reply& reply) {
  // v1 refuses all for the sake of one that it does not have.
  const bool names_one =
      reply.error != error_too_big && reply.error_index >= 1 && static_cast<size_t>(reply.error_index) <= asked_.size();
  if (names_one) {
    asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(reply.error_index - 1));
    return;
  }
  error_ = reply.error;
  if (reply.error == error_too_big) at_once_ = std::max<size_t>(asked_.size() / 2, 1);
  const auto half = asked_.begin() + static_cast<std::ptrdiff_t>(asked_.size() / 2);
  if (asked_.size() > 1) later_.insert(later_.begin(), half, asked_.end());
  asked_.erase(half, asked_.end());
}

void Conversation::batch_done(int64_t now) {
  if (!later_.empty()) return ask_values(now);
  if (findings_.accepted == nullptr)
    return refused(error_ != 0 ? "error " + std::to_string(error_) : "none of the objects may be read", now);
  next_table(now);
}

void Conversation::next_table(int64_t now) {
  // The agent answers in order: a discovery that was sent before is not coming any more.
  side_.purpose = Purpose::closed;
  if (table_ == 0) appetite_ = {findings_.accepted->version != Version::v1, options_.repetitions};
  if (table_ == options_.tables.size()) return;
  if (table_bytes_ >= options_.limits.bytes) return stop("max_bytes was reached");
  const WalkLimits limits = {options_.limits.rows, options_.limits.bytes - table_bytes_};
  walk_.emplace(columns_of(*options_.tables[table_++]), limits);
  ask_table(now);
}

void Conversation::ask_table(int64_t now) {
  // A GETBULK that stays unanswered is not repeated as it was: the next one asks for less.
  const uint32_t tries = appetite_.bulk ? 1 : options_.tries;
  ask(main_, Purpose::table, walk_->next(appetite_), *findings_.accepted, tries, now);
}

void Conversation::table_answered(const Request& request, const Reply& reply, int64_t now) {
  if (reply.report != Report::none) {
    if (resynchronised(reply)) return ask_table(now);
    return stop(describe(reply.report));
  }
  const bool too_much = reply.error != 0 && reply.error != error_no_such_name;
  if (too_much && appetite_.less()) return ask_table(now);
  walk_->answered(request, reply);
  if (!walk_->done()) return ask_table(now);
  table_done();
  next_table(now);
}

void Conversation::table_done() {
  const Table& table = *options_.tables[table_ - 1];
  if (table.name == "entity") findings_.chassis = chassis_of(walk_->cells());
  if (std::string rows = table.json(walk_->cells()); rows != "[]")
    findings_.tables.emplace_back(table.name, std::move(rows));
  if (!walk_->incomplete().empty()) findings_.incomplete.emplace_back(table.name, walk_->incomplete());
  table_bytes_ += walk_->bytes();
  walk_.reset();
}

}  // namespace sonde::snmp
