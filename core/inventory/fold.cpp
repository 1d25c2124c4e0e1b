// From facts to the record: the merge rules. The facts are put into one total order first, so that the result depends
// on their set alone, and never on which stage or shard happened to speak first.
#include <sonde/plugin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/digits.hpp"
#include "inventory/record.hpp"

namespace sonde::core {
namespace {

using Facts = std::vector<const Fact*>;
using Run = std::span<const Fact* const>;

/// Length of the leading digits.
std::size_t digits_of(std::string_view s) {
  std::size_t n = 0;
  while (n < s.size() && is_digit(s[n])) ++n;
  return n;
}

/// A total order of scalars, with numbers by value; NaN after all of them.
bool value_less(const Scalar& a, const Scalar& b) {
  if (a.type != b.type) return a.type < b.type;
  if (a.type == SONDE_F64) {
    const double x = a.as_f64(), y = b.as_f64();
    if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
    if (!std::isnan(x) && x != y) return x < y;
  }
  if ((a.type == SONDE_I64 || a.type == SONDE_TIME) && a.number != b.number) return a.as_i64() < b.as_i64();
  if (a.number != b.number) return a.number < b.number;
  return a.text < b.text;
}

bool fact_less(const Fact* a, const Fact* b) {
  if (a->field != b->field) return a->field < b->field;
  if (a->key != b->key) return key_less(a->key, b->key);
  if (a->stage != b->stage) return a->stage < b->stage;
  return value_less(a->value, b->value);
}

FoldedField one(FieldId field, Scalar value) {
  FoldedField folded{field, {}};
  folded.items.push_back({{}, std::move(value)});
  return folded;
}

bool same_mac(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// The part of the sorted facts that speaks of one field.
Run facts_of(const Facts& facts, FieldId field) {
  const auto less = [](const Fact* f, FieldId id) { return f->field < id; };
  const auto from = std::lower_bound(facts.begin(), facts.end(), field, less);
  auto to = from;
  while (to != facts.end() && (*to)->field == field) ++to;
  return {facts.data() + (from - facts.begin()), static_cast<std::size_t>(to - from)};
}

/// True, false, or nothing: see "alive" in the design.
std::optional<bool> judge_alive(Run stated, const std::vector<Outcome>& outcomes, const FoldContext& context) {
  if (std::any_of(stated.begin(), stated.end(), [](const Fact* f) { return f->value.as_bool(); })) return true;
  bool asked_in_vain = false;
  for (std::size_t stage = 0; stage < outcomes.size() && stage < context.stage_writes_alive.size(); ++stage) {
    if (!context.stage_writes_alive[stage]) continue;
    if (outcomes[stage] == Outcome::positive) return std::nullopt;
    asked_in_vain |= outcomes[stage] == Outcome::no_answer || outcomes[stage] == Outcome::negative;
  }
  if (asked_in_vain) return false;
  return std::nullopt;
}

enum HostnameRank : int { sys_name, nmap, pointer, other_plugin, derived_pointer, given };

int hostname_rank(uint8_t stage, const FoldContext& context) {
  if (stage == core_stage || stage >= context.stage_plugins.size()) return given;
  const std::string& plugin = context.stage_plugins[stage];
  if (plugin == "snmp") return sys_name;
  if (plugin == "nmap-xml") return nmap;
  if (plugin == "rdns") return pointer;
  return other_plugin;
}

/// By source. A PTR name speaks for itself when no plugin made a hostname of it.
std::string choose_hostname(Run stated, const std::string* ptr, const FoldContext& context) {
  int best = given + 1;
  std::string_view chosen;
  for (const Fact* fact : stated) {  // sorted by stage: the first of equal rank stays
    const int rank = hostname_rank(fact->stage, context);
    if (rank < best && !fact->value.text.empty()) best = rank, chosen = fact->value.text;
  }
  if (ptr != nullptr && best > derived_pointer) {
    const std::string_view label = std::string_view(*ptr).substr(0, ptr->find('.'));
    if (!label.empty()) chosen = label;
  }
  return std::string(chosen);
}

/// vendor and mac_flags: only from a stage that spoke of the MAC that won, or of none (it can only have meant this
/// one).
bool speaks_of_mac(uint8_t stage, Run macs, std::string_view winner) {
  bool stated_none = true;
  for (const Fact* fact : macs) {
    if (fact->stage != stage) continue;
    if (same_mac(fact->value.text, winner)) return true;
    stated_none = false;
  }
  return stated_none;
}

/// Members that `into` lacks are taken from `from`; objects on both sides are merged in the same way.
void merge_missing(Value& into, const Value& from) {
  if (into.object() == nullptr || from.object() == nullptr) return;
  for (const Value::Member& member : *from.object()) {
    if (Value* mine = into.find(member.key))
      merge_missing(*mine, member.value);
    else
      into.set(member.key, member.value);
  }
}

/// Facts of one key, in the order of the stages. Most keys have one statement, which is passed on unread.
Scalar merge_deep(Run same_key) {
  const bool differ =
      std::any_of(same_key.begin(), same_key.end(), [&](const Fact* f) { return f->value != same_key.front()->value; });
  if (!differ) return same_key.front()->value;
  Result<Value> merged = parse_json(same_key.front()->value.text);
  if (!merged) return same_key.front()->value;
  for (const Fact* fact : same_key.subspan(1))
    if (Result<Value> more = parse_json(fact->value.text)) merge_missing(*merged, *more);
  return Scalar::json(to_json(*merged));
}

FoldedField fold_map(FieldId field, Run facts, bool deep) {
  FoldedField folded{field, {}};
  for (std::size_t i = 0; i < facts.size();) {
    std::size_t end = i + 1;
    while (end < facts.size() && facts[end]->key == facts[i]->key) ++end;
    folded.items.push_back({facts[i]->key, deep ? merge_deep(facts.subspan(i, end - i)) : facts[i]->value});
    i = end;
  }
  return folded;
}

FoldedField fold_list(FieldId field, Run facts) {
  FoldedField folded{field, {}};
  folded.items.reserve(facts.size());
  for (const Fact* fact : facts) folded.items.push_back({{}, fact->value});
  const auto less = [](const FoldedItem& a, const FoldedItem& b) { return value_less(a.value, b.value); };
  std::sort(folded.items.begin(), folded.items.end(), less);
  const auto same = [](const FoldedItem& a, const FoldedItem& b) { return a.value == b.value; };
  folded.items.erase(std::unique(folded.items.begin(), folded.items.end(), same), folded.items.end());
  return folded;
}

/// [{"stage":"icmp","outcome":"positive","fields":["alive","rtt_ms"]}, ...] of all stages that were reached.
std::string describe_evidence(const HostRecord& record, const Facts& facts, const FoldContext& context) {
  std::string json;
  const auto& names = context.stage_names.empty() ? context.stage_plugins : context.stage_names;
  for (std::size_t stage = 0; stage < record.outcomes.size(); ++stage) {
    if (record.outcomes[stage] == Outcome::none) continue;
    json += json.empty() ? "[{\"stage\":" : ",{\"stage\":";
    json += json_quote(stage < names.size() ? names[stage] : std::to_string(stage));
    json.append(",\"outcome\":\"").append(to_string(record.outcomes[stage])).append("\",\"fields\":[");
    FieldId last = no_field;
    for (const Fact* fact : facts) {
      if (fact->stage != stage || fact->field == last || fact->field >= context.fields->size()) continue;
      if (last != no_field) json += ',';
      json += json_quote((*context.fields)[fact->field].name);
      last = fact->field;
    }
    json += "]}";
  }
  if (!json.empty()) json += ']';
  return json;
}

std::optional<FoldedField> fold_field(FieldId field, const Facts& all, Run facts, const FoldContext& context) {
  if (facts.empty()) return std::nullopt;
  const Field& meta = (*context.fields)[field];
  switch (meta.merge) {
    case Merge::set_union:
      return fold_list(field, facts);
    case Merge::per_key:
      return fold_map(field, facts, false);
    case Merge::per_key_deep:
      return fold_map(field, facts, true);
    case Merge::smallest: {
      const auto less = [](const Fact* a, const Fact* b) { return value_less(a->value, b->value); };
      return one(field, (*std::min_element(facts.begin(), facts.end(), less))->value);
    }
    case Merge::with_mac: {
      const Run macs = facts_of(all, FieldTable::mac);
      const std::string_view winner = macs.empty() ? std::string_view() : std::string_view(macs.front()->value.text);
      Facts fitting;
      for (const Fact* fact : facts)
        if (speaks_of_mac(fact->stage, macs, winner)) fitting.push_back(fact);
      if (fitting.empty()) return std::nullopt;
      return meta.shape == SONDE_LIST ? fold_list(field, fitting) : one(field, fitting.front()->value);
    }
    default:
      return one(field, facts.front()->value);
  }
}

}  // namespace

bool key_less(std::string_view a, std::string_view b) {
  const std::size_t na = digits_of(a), nb = digits_of(b);
  if ((na == 0) != (nb == 0)) return na != 0;
  if (na != 0) {
    std::string_view x = a.substr(0, na), y = b.substr(0, nb);
    x.remove_prefix(std::min(x.find_first_not_of('0'), x.size()));
    y.remove_prefix(std::min(y.find_first_not_of('0'), y.size()));
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
    if (a.substr(na) != b.substr(nb)) return a.substr(na) < b.substr(nb);
  }
  return a < b;
}

const FoldedField* FoldedRecord::find(FieldId id) const {
  for (const FoldedField& field : fields)
    if (field.field == id) return &field;
  return nullptr;
}

FoldedRecord fold(const HostRecord& record, const FoldContext& context) {
  Facts facts;
  facts.reserve(record.facts.size());
  for (const Fact& fact : record.facts)
    if (fact.field < context.fields->size()) facts.push_back(&fact);
  std::sort(facts.begin(), facts.end(), fact_less);

  FoldedRecord folded{record.ip, {}};
  folded.fields.reserve(12);
  const auto& bytes = record.ip.bytes();
  folded.fields.push_back(one(FieldTable::ip, {SONDE_IP, 0, std::string(bytes.begin(), bytes.end())}));
  if (auto alive = judge_alive(facts_of(facts, FieldTable::alive), record.outcomes, context))
    folded.fields.push_back(one(FieldTable::alive, Scalar::boolean(*alive)));

  const Run ptr = facts_of(facts, FieldTable::reverse_dns);
  for (FieldId field = FieldTable::rtt_ms; field < context.fields->size(); ++field) {
    if (field == FieldTable::hostname) {
      std::string name =
          choose_hostname(facts_of(facts, field), ptr.empty() ? nullptr : &ptr.front()->value.text, context);
      if (!name.empty()) folded.fields.push_back(one(field, Scalar::of(std::move(name))));
    } else if (field == FieldTable::evidence) {
      if (!context.with_evidence) continue;
      std::string evidence = describe_evidence(record, facts, context);
      if (!evidence.empty()) folded.fields.push_back(one(field, Scalar::json(std::move(evidence))));
    } else if (auto merged = fold_field(field, facts, facts_of(facts, field), context)) {
      folded.fields.push_back(std::move(*merged));
    }
  }
  return folded;
}

}  // namespace sonde::core
