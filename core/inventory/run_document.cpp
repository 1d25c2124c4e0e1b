// The document of a run as JSON, and back from JSON that may be hostile.
#include "inventory/run_document.hpp"

#include <algorithm>

#include "base/units.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {
namespace {

Value texts(const std::vector<std::string>& list) {
  Value::Array out;
  out.reserve(list.size());
  for (const std::string& text : list) out.emplace_back(text);
  return Value(std::move(out));
}

Value stage_value(const StageCoverage& stage) {
  Value out{Value::Object{}};
  out.set("name", Value(stage.name));
  out.set("plugin", Value(stage.plugin));
  out.set("version", Value(stage.version));
  Value outcomes{Value::Object{}};
  for (std::size_t i = 0; i < outcome_count; ++i)
    outcomes.set(outcome_key(static_cast<Outcome>(i)), Value(stage.by_outcome[i]));
  out.set("outcomes", std::move(outcomes));
  if (!stage.unavailable.empty()) out.set("unavailable", Value(stage.unavailable));
  if (stage.ports) out.set("ports", Value(*stage.ports));
  if (!stage.left_out.empty()) out.set("left_out", texts(stage.left_out));
  if (!stage.fields.empty()) out.set("fields", texts(stage.fields));
  if (stage.asks_servers) out.set("asks_servers", Value(true));
  if (!stage.unknown.empty()) out.set("unknown", texts(stage.unknown));
  out.set("adaptive", Value(stage.adaptive));
  out.set("postponed", Value(stage.postponed));
  const std::pair<const char*, uint64_t> losses[] = {{"dropped_receive", stage.dropped_receive},
                                                     {"queue_full", stage.queue_full},
                                                     {"asked_again", stage.asked_again},
                                                     {"in_doubt", stage.in_doubt}};
  for (const auto& [name, n] : losses)
    if (n != 0) out.set(name, Value(n));
  Value errors{Value::Object{}};
  for (const auto& [reason, count] : stage.errors) errors.set(reason, Value(count));
  out.set("errors", std::move(errors));
  return out;
}

/// That of an interface which this machine does not have is one, too.
bool is_range(const std::string& text) {
  const std::size_t zone = text.find('%');
  return zone == std::string::npos ? parse_range(text).has_value() : IpAddress::parse(text.substr(0, zone)).has_value();
}

/// Reads members of one object and keeps the first thing that was wrong.
class Members {
 public:
  Members(const Value& object, std::string place, std::string& problem)
      : object_(object), place_(std::move(place)), problem_(problem) {
    if (object.object() == nullptr) note("", "an object");
  }

  void text(std::string_view name, std::string& out, bool required = false) {
    const Value* v = object_.find(name);
    if (v == nullptr && !required) return;
    if (v == nullptr || v->text() == nullptr)
      note(name, "text");
    else
      out = *v->text();
  }
  void flag(std::string_view name, bool& out, bool required = false) {
    const Value* v = object_.find(name);
    if (v == nullptr && !required) return;
    if (v == nullptr || v->boolean() == nullptr)
      note(name, "true or false");
    else
      out = *v->boolean();
  }
  void number(std::string_view name, uint64_t& out) {
    if (const Value* v = object_.find(name)) count(name, *v, out);
  }
  void list(std::string_view name, std::vector<std::string>& out, bool required = false) {
    each(name, required, [&](const Value& item, const std::string& place) {
      if (item.text() == nullptr) return set(place + " is not text");
      out.push_back(*item.text());
    });
  }
  void ranges(std::string_view name, std::vector<std::string>& out) {
    list(name, out);
    if (!std::all_of(out.begin(), out.end(), is_range))
      set(place_ + "/" + std::string(name) + " holds what is no range of addresses");
  }
  template <class F>
  void each(std::string_view name, bool required, F&& f) {
    const Value* v = object_.find(name);
    if (v == nullptr && !required) return;
    if (v == nullptr || v->array() == nullptr) return note(name, "a list");
    for (std::size_t i = 0; i < v->array()->size(); ++i)
      f((*v->array())[i], place_ + "/" + std::string(name) + "/" + std::to_string(i));
  }
  template <class F>
  void counts(std::string_view name, F&& f) {
    const Value* v = object_.find(name);
    if (v == nullptr) return;
    if (v->object() == nullptr) return note(name, "an object");
    for (const Value::Member& member : *v->object()) {
      uint64_t n = 0;
      if (count(member.key, member.value, n)) f(member.key, n);
    }
  }
  void set(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

 private:
  bool count(std::string_view name, const Value& v, uint64_t& out) {
    if (v.unsigned_integer() != nullptr)
      out = *v.unsigned_integer();
    else if (v.integer() != nullptr && *v.integer() >= 0)
      out = static_cast<uint64_t>(*v.integer());
    else
      return note(name, "a count"), false;
    return true;
  }
  void note(std::string_view name, std::string_view wanted) {
    set(place_ + "/" + std::string(name) + " is not " + std::string(wanted));
  }
  const Value& object_;
  std::string place_;
  std::string& problem_;
};

/// Text, since 64 bits do not survive every JSON reader; a number is read too.
void read_seed(const Value& document, uint64_t& out, Members& members) {
  const Value* seed = document.find("seed");
  if (seed == nullptr) return;
  if (seed->text() == nullptr) return members.number("seed", out);
  uint64_t n = 0;
  bool good = !seed->text()->empty() && seed->text()->size() <= 20;
  for (char c : *seed->text()) {
    good = good && c >= '0' && c <= '9';
    if (!good) break;
    const auto digit = static_cast<uint64_t>(c - '0');
    good = n <= (UINT64_MAX - digit) / 10;
    n = n * 10 + digit;
  }
  if (good)
    out = n;
  else
    members.set("/seed is not a number from 0 to 18446744073709551615");
}

StageCoverage read_stage(const Value& v, const std::string& place, std::string& problem) {
  StageCoverage stage;
  Members members(v, place, problem);
  members.text("name", stage.name, true);
  members.text("plugin", stage.plugin);
  members.text("version", stage.version);
  members.text("unavailable", stage.unavailable);
  if (v.find("ports") != nullptr) {
    members.text("ports", stage.ports.emplace());
    constexpr std::size_t longest = 400'000;  // each port by itself
    if (stage.ports->size() > longest || (!stage.ports->empty() && !parse_ports(*stage.ports)))
      members.set(place + "/ports is no list of ports");
  }
  members.ranges("left_out", stage.left_out);
  members.list("fields", stage.fields);
  members.flag("asks_servers", stage.asks_servers);
  members.ranges("unknown", stage.unknown);
  members.flag("adaptive", stage.adaptive);
  members.number("postponed", stage.postponed);
  members.number("dropped_receive", stage.dropped_receive);
  members.number("queue_full", stage.queue_full);
  members.number("asked_again", stage.asked_again);
  members.number("in_doubt", stage.in_doubt);
  members.counts("outcomes", [&](const std::string& key, uint64_t n) {
    for (std::size_t i = 0; i < outcome_count; ++i)
      if (outcome_key(static_cast<Outcome>(i)) == key) stage.by_outcome[i] = n;
  });
  members.counts("errors", [&](const std::string& reason, uint64_t n) { stage.errors[reason] = n; });
  return stage;
}

/// With an empty list for the scope.
Value without_scope(const RunDocument& run) {
  Value out{Value::Object{}};
  out.set("run_id", Value(run.run_id));
  out.set("pipeline", Value(run.pipeline));
  out.set("plan_hash", Value(run.plan_hash));
  out.set("sonde_version", Value(run.sonde_version));
  out.set("seed", Value(std::to_string(run.seed)));
  out.set("started", Value(run.started));
  out.set("ended", Value(run.ended));
  out.set("complete", Value(run.complete));
  if (!run.why_incomplete.empty()) out.set("why_incomplete", Value(run.why_incomplete));
  out.set("scope", Value(Value::Array{}));
  out.set("exclusions", texts(run.exclusions));
  out.set("targets", Value(run.targets));
  out.set("settled", Value(run.settled));
  out.set("responding", Value(run.responding));
  out.set("packets", Value(run.packets));
  out.set("dropped_receive", Value(run.dropped_receive));
  if (run.slowed_to != 0) out.set("slowed_to", Value(run.slowed_to));
  out.set("stages", coverage_of(run));
  Value::Array gaps;
  for (const auto& [what, reason] : run.not_covered) {
    Value gap{Value::Object{}};
    gap.set("what", Value(what));
    gap.set("reason", Value(reason));
    gaps.push_back(std::move(gap));
  }
  out.set("not_covered", Value(std::move(gaps)));
  if (!run.partly_scanned.empty()) out.set("partly_scanned", texts(run.partly_scanned));
  out.set("outputs", texts(run.outputs));
  if (!run.merged_from.empty()) out.set("merged_from", texts(run.merged_from));
  if (run.delta) out.set("delta", *run.delta);
  return out;
}

}  // namespace

void make_incomplete(RunDocument& run, std::string_view why) {
  run.complete = false;
  if (run.why_incomplete.find(why) != std::string::npos) return;
  run.why_incomplete.append(run.why_incomplete.empty() ? "" : ", ").append(why);
}

std::string outcome_key(Outcome outcome) {
  std::string key;
  for (char c : to_string(outcome)) {
    if (c == ':') continue;
    key += c == ' ' ? '_' : c;
  }
  return key;
}

Value coverage_of(const RunDocument& run) {
  Value::Array stages;
  for (const StageCoverage& stage : run.stages) stages.push_back(stage_value(stage));
  return Value(std::move(stages));
}

Value to_value(const RunDocument& run) {
  Value out = without_scope(run);
  out.set("scope", texts(run.scope));
  return out;
}

std::string to_json(const RunDocument& run, int indent) {
  const std::string text = to_json(without_scope(run), indent);
  const std::string_view colon = indent < 0 ? ":" : ": ", line = indent < 0 ? "" : "\n";
  const std::string inner(indent < 0 ? 0 : static_cast<std::size_t>(indent) * 2, ' ');
  // The first such text is the member: in front of it are texts alone, and a quote inside of one is escaped.
  const std::string empty = std::string("\"scope\"").append(colon).append("[]");
  const std::size_t end = text.find(empty) + empty.size() - 1;
  std::string out = text.substr(0, end);
  for (const std::string& range : run.scope) {
    out.append(&range == run.scope.data() ? "" : ",").append(line).append(inner);
    out += json_quote(range);
  }
  if (!run.scope.empty()) out.append(line).append(inner, 0, inner.size() / 2);
  return out.append(text, end);
}

Result<RunDocument> run_document_from(const Value& v) {
  RunDocument run;
  std::string problem;
  Members members(v, "", problem);
  members.text("run_id", run.run_id, true);
  members.text("pipeline", run.pipeline);
  members.text("plan_hash", run.plan_hash);
  members.text("sonde_version", run.sonde_version);
  read_seed(v, run.seed, members);
  members.text("started", run.started, true);
  members.text("ended", run.ended);
  members.flag("complete", run.complete, true);
  members.text("why_incomplete", run.why_incomplete);
  members.list("scope", run.scope, true);
  members.list("exclusions", run.exclusions);
  members.number("targets", run.targets);
  members.number("settled", run.settled);
  members.number("responding", run.responding);
  members.number("packets", run.packets);
  members.number("dropped_receive", run.dropped_receive);
  members.number("slowed_to", run.slowed_to);
  // Whoever compares keeps a set of ports of each.
  constexpr std::size_t most_stages = 255;
  members.each("stages", false, [&](const Value& item, const std::string& place) {
    if (run.stages.size() == most_stages) return members.set(place + " is beyond the 255 stages that a run can have");
    run.stages.push_back(read_stage(item, place, problem));
  });
  members.each("not_covered", false, [&](const Value& item, const std::string& place) {
    Members gap(item, place, problem);
    gap.text("what", run.not_covered.emplace_back().first, true);
    gap.text("reason", run.not_covered.back().second);
  });
  members.list("partly_scanned", run.partly_scanned);
  members.list("outputs", run.outputs);
  members.list("merged_from", run.merged_from);
  if (const Value* delta = v.find("delta")) run.delta = *delta;
  if (!problem.empty())
    return failure("run-document-invalid", "this is not the document of a run: " + problem, {}, v.where);
  return run;
}

}  // namespace sonde::core
