// Comparing two inventories. A host or a value is called gone only when the newer run has looked for it, and a host new
// only when the older run had it: what nobody asked proves nothing.
#include "inventory/delta.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "inventory/coverage.hpp"
#include "inventory/snapshot.hpp"

namespace sonde::core {
namespace {

constexpr std::array<std::string_view, 7> not_compared = {"ip",        "rtt_ms", "dns",     "tcp",
                                                          "mac_flags", "link",   "evidence"};
/// They differ between any two runs.
constexpr std::array<std::string_view, 7> passing = {
    "snmp.sysUpTime",    "snmp.sysUpTimeInstance", "snmp.snmpEngineTime", "snmp.hrSystemUptime",
    "snmp.hrSystemDate", "snmp.hrSystemProcesses", "snmp.engineIDAlsoAt"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

using Members = std::vector<const Value::Member*>;

Members sorted_members(const Value& v) {
  Members out;
  out.reserve(v.object()->size());
  for (const Value::Member& member : *v.object()) out.push_back(&member);
  std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return key_less(a->key, b->key); });
  return out;
}

/// Calls f(key, left or nullptr, right or nullptr) for each key of either object, in their order.
template <class F>
void each_pair(const Value& left, const Value& right, F&& f) {
  const Members a = sorted_members(left), b = sorted_members(right);
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (j == b.size() || (i < a.size() && key_less(a[i]->key, b[j]->key))) {
      f(a[i]->key, &a[i]->value, nullptr);
      ++i;
    } else if (i == a.size() || key_less(b[j]->key, a[i]->key)) {
      f(b[j]->key, nullptr, &b[j]->value);
      ++j;
    } else {
      f(a[i]->key, &a[i]->value, &b[j]->value);
      ++i, ++j;
    }
  }
}

std::optional<__int128> integral(const Value& v) {
  if (v.integer() != nullptr) return *v.integer();
  if (v.unsigned_integer() != nullptr) return *v.unsigned_integer();
  return std::nullopt;
}

bool equal(const Value& a, const Value& b) {
  const auto x = integral(a), y = integral(b);
  if (x && y) return *x == *y;
  if ((x || a.real() != nullptr) && (y || b.real() != nullptr)) {
    const double p = x ? static_cast<double>(*x) : *a.real(), q = y ? static_cast<double>(*y) : *b.real();
    return p == q || (std::isnan(p) && std::isnan(q));
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::null:
      return true;
    case Value::Kind::boolean:
      return *a.boolean() == *b.boolean();
    case Value::Kind::text:
      return *a.text() == *b.text();
    case Value::Kind::array:
      return std::equal(a.array()->begin(), a.array()->end(), b.array()->begin(), b.array()->end(), equal);
    case Value::Kind::object: {
      if (a.object()->size() != b.object()->size()) return false;
      bool same = true;
      each_pair(a, b, [&](const std::string&, const Value* l, const Value* r) {
        same = same && l != nullptr && r != nullptr && equal(*l, *r);
      });
      return same;
    }
    default:
      return false;
  }
}

/// Goes down where both sides are objects; elsewhere the whole value is before or after.
void compare_values(const std::string& field, const Value* before, const Value* after, std::vector<FieldChange>& out) {
  if (one_of(passing, field)) return;
  if (before != nullptr && after != nullptr) {
    if (before->object() != nullptr && after->object() != nullptr) {
      each_pair(*before, *after, [&](const std::string& key, const Value* b, const Value* a) {
        compare_values(field + "." + key, b, a, out);
      });
      return;
    }
    if (equal(*before, *after)) return;
  }
  out.push_back({field, before == nullptr ? Value() : *before, after == nullptr ? Value() : *after});
}

/// The port that a key of `banners` or `services` begins with, unless it is one of another protocol than TCP.
std::optional<uint64_t> tcp_port(std::string_view key) {
  uint64_t port = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), port);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest = key.substr(static_cast<std::size_t>(end - key.data()));
  return rest.empty() || rest == "/tcp" ? std::optional(port) : std::nullopt;
}

std::optional<uint64_t> port_of(const Value& v) {
  const auto number = integral(v);
  return number && *number >= 0 && *number <= UINT16_MAX ? std::optional(static_cast<uint64_t>(*number)) : std::nullopt;
}

/// Numbers of a list of ports, sorted.
std::vector<uint64_t> ports_in(const Value* list) {
  std::vector<uint64_t> ports;
  if (list == nullptr || list->array() == nullptr) return ports;
  for (const Value& v : *list->array())
    if (const auto port = port_of(v)) ports.push_back(*port);
  std::sort(ports.begin(), ports.end());
  return ports;
}

/// Compares what both runs have asked: a port of one side that the other has not looked at is no change.
class Comparison {
 public:
  Comparison(const std::optional<RunDocument>& before, const std::optional<RunDocument>& after, bool asked_less)
      : asked_less_(asked_less) {
    if (before) asked_before_.emplace(*before), known_before_.emplace(*before);
    if (after) asked_after_.emplace(*after), known_after_.emplace(*after);
  }

  struct Found {
    std::vector<FieldChange> changes;
    bool left_out = false;   ///< a port is no change only because a stage's `when` left the host out
    bool not_known = false;  ///< a field is none only because a stage knew nothing of the host, or left it out
  };
  Found records(const IpAddress& ip, const Value& before, const Value& after) const {
    Found found;
    std::vector<FieldChange>& changes = found.changes;
    each_pair(before, after, [&](const std::string& name, const Value* b, const Value* a) {
      if (one_of(not_compared, name)) return;
      if (!is_by_port(name)) return compare_values(name, b, a, changes);
      const std::optional<Value> left = comparable(b, a, ip, asked_after_, found.left_out),
                                 right = comparable(a, b, ip, asked_before_, found.left_out);
      if (left || right) compare_values(name, left ? &*left : nullptr, right ? &*right : nullptr, changes);
    });
    // With a stage less, an absent value only says that nobody asked for it.
    if (asked_less_)
      std::erase_if(changes, [](const FieldChange& c) { return c.after.is_null() && !c.before.is_null(); });
    const auto unknown = [&](const FieldChange& c) {
      return (known_before_ && !known_before_->knows(ip, c.field)) ||
             (known_after_ && !known_after_->knows(ip, c.field));
    };
    const auto nobody_asked = [&](const FieldChange& c) {
      // Of ports the comparison above knows which of them another stage asked.
      if (is_by_port(c.field.substr(0, c.field.find('.')))) return false;
      const auto left_out = [&](const std::optional<KnownFields>& here, const std::optional<KnownFields>& there) {
        return here && here->left_out(ip, c.field, there ? &*there : nullptr);
      };
      return (c.after.is_null() && left_out(known_after_, known_before_)) ||
             (c.before.is_null() && left_out(known_before_, known_after_));
    };
    found.not_known = std::erase_if(changes, [&](const FieldChange& c) { return unknown(c) || nobody_asked(c); }) != 0;
    return found;
  }
  /// Whether all of a record that only one of the runs has may be missing in the other since stages of that one learned
  /// nothing of some host: of whom nothing else is known there is no record.
  bool perhaps_not_learned(const Value& record, bool in_older_run) const {
    const std::optional<KnownFields>& other = in_older_run ? known_after_ : known_before_;
    bool any = false;
    for (const Value::Member& member : *record.object()) {
      if (member.key == "ip") continue;
      if (!other || !other->lost_some(member.key)) return false;
      any = true;
    }
    return any;
  }
  std::string ports_of_one_alone() const {
    return asked_before_ && asked_after_ ? asked_before_->differing(*asked_after_) : std::string();
  }

 private:
  static bool is_by_port(std::string_view name) { return name == "ports" || name == "banners" || name == "services"; }
  /// Of `mine`, a list or map by ports, what the other run has as well or has looked for. Nothing: that is none.
  static std::optional<Value> comparable(const Value* mine, const Value* theirs, const IpAddress& ip,
                                         const std::optional<AskedPorts>& asked, bool& left_out) {
    if (mine == nullptr) return std::nullopt;
    const auto looked_for = [&](std::optional<uint64_t> port) { return !port || !asked || asked->contains(ip, *port); };
    const auto passed_over = [&](std::optional<uint64_t> port) { left_out |= port && asked->contains(*port); };
    if (const Value::Array* list = mine->array()) {
      const std::vector<uint64_t> known = ports_in(theirs);
      Value::Array kept;
      for (const Value& v : *list) {
        const auto port = port_of(v);
        if (looked_for(port) || std::binary_search(known.begin(), known.end(), *port))
          kept.push_back(v);
        else
          passed_over(port);
      }
      return kept.empty() && !list->empty() ? std::nullopt : std::optional<Value>(std::move(kept));
    }
    if (const Value::Object* map = mine->object()) {
      Value kept{Value::Object{}};
      for (const Value::Member& member : *map)
        if (looked_for(tcp_port(member.key)) || (theirs != nullptr && theirs->find(member.key) != nullptr))
          kept.object()->push_back(member);
        else
          passed_over(tcp_port(member.key));
      return kept.object()->empty() && !map->empty() ? std::nullopt : std::optional<Value>(std::move(kept));
    }
    return *mine;
  }

  std::optional<AskedPorts> asked_before_, asked_after_;
  std::optional<KnownFields> known_before_, known_after_;
  bool asked_less_;
};

std::vector<std::string> missing_stages(const std::optional<RunDocument>& before, const RunDocument& after) {
  std::vector<std::string> missing;
  const auto runs_in = [](const RunDocument& run, const std::string& name) {
    return std::any_of(run.stages.begin(), run.stages.end(),
                       [&](const StageCoverage& s) { return s.name == name && ran_everywhere(s); });
  };
  if (before) {
    for (const StageCoverage& stage : before->stages)
      if (ran_somewhere(stage) && !runs_in(after, stage.name)) missing.push_back(stage.name);
  } else {
    for (const StageCoverage& stage : after.stages)
      if (!ran_everywhere(stage)) missing.push_back(stage.name);
  }
  return missing;
}

}  // namespace

Result<Delta> compare(const Snapshot& before, const Snapshot& after) {
  Delta delta;
  delta.coverage_unknown = !after.run;
  if (after.run) delta.stages_missing = missing_stages(before.run, *after.run);
  const bool asked_less = !delta.stages_missing.empty();
  if (before.run) delta.compared_with = before.run->run_id;
  std::optional<Coverage> earlier, now;
  if (before.run) earlier.emplace(*before.run);
  if (after.run) now.emplace(*after.run);
  const Comparison comparison(before.run, after.run, asked_less);
  delta.ports_not_compared = comparison.ports_of_one_alone();
  const auto asked_in_part = [&](const IpAddress& ip) {
    return (earlier && earlier->asked_in_part(ip)) || (now && now->asked_in_part(ip));
  };
  const InventoryRecords &old = before.records, &fresh = after.records;
  for (std::size_t i = 0, j = 0; i < old.size() || j < fresh.size();) {
    if (j == fresh.size() || (i < old.size() && old.ip(i) < fresh.ip(j))) {
      bool gone = now && !asked_less && now->asked(old.ip(i));
      if (gone) {
        auto record = old.read(i);
        if (!record) return tl::unexpected(record.error());
        gone = !comparison.perhaps_not_learned(*record, true);
        if (gone) delta.gone.push_back(std::move(*record));
      }
      if (!gone) delta.not_scanned.push_back(old.ip(i));
      ++i;
    } else if (i == old.size() || fresh.ip(j) < old.ip(i)) {
      bool is_new = !earlier || !earlier->not_asked(fresh.ip(j));
      if (is_new) {
        auto record = fresh.read(j);
        if (!record) return tl::unexpected(record.error());
        is_new = !comparison.perhaps_not_learned(*record, false);
        if (is_new) delta.fresh.push_back(std::move(*record));
      }
      if (!is_new) delta.not_scanned_before.push_back(fresh.ip(j));
      ++j;
    } else if (asked_in_part(old.ip(i))) {
      delta.partly_scanned.push_back(old.ip(i));
      ++i, ++j;
    } else {
      const auto was = old.read(i), is = fresh.read(j);
      if (!was || !is) return tl::unexpected(!was ? was.error() : is.error());
      auto found = comparison.records(old.ip(i), *was, *is);
      if (found.left_out) delta.ports_not_asked.push_back(old.ip(i));
      if (found.not_known) delta.fields_not_known.push_back(old.ip(i));
      if (!found.changes.empty()) delta.changed.push_back({old.ip(i), std::move(found.changes)});
      ++i, ++j;
    }
  }
  return delta;
}

Value to_value(Delta delta) {
  const auto addresses = [](const std::vector<IpAddress>& ips) {
    Value::Array texts;
    for (const IpAddress& ip : ips) texts.emplace_back(ip.to_string());
    return Value(std::move(texts));
  };
  Value out{Value::Object{}};
  if (!delta.compared_with.empty()) out.set("compared_with", Value(delta.compared_with));
  out.set("new", Value(std::move(delta.fresh)));
  out.set("gone", Value(std::move(delta.gone)));
  Value::Array changed;
  for (HostChange& host : delta.changed) {
    Value::Array fields;
    for (FieldChange& change : host.fields) {
      Value entry{Value::Object{}};
      entry.set("field", Value(std::move(change.field)));
      entry.set("before", std::move(change.before));
      entry.set("after", std::move(change.after));
      fields.push_back(std::move(entry));
    }
    Value entry{Value::Object{}};
    entry.set("ip", Value(host.ip.to_string()));
    entry.set("fields", Value(std::move(fields)));
    changed.push_back(std::move(entry));
  }
  out.set("changed", Value(std::move(changed)));
  out.set("not_scanned", addresses(delta.not_scanned));
  out.set("not_scanned_before", addresses(delta.not_scanned_before));
  if (!delta.partly_scanned.empty()) out.set("partly_scanned", addresses(delta.partly_scanned));
  Value::Array missing;
  for (const std::string& stage : delta.stages_missing) missing.emplace_back(stage);
  out.set("stages_missing", Value(std::move(missing)));
  if (!delta.ports_not_compared.empty()) out.set("ports_not_compared", Value(delta.ports_not_compared));
  if (!delta.ports_not_asked.empty()) out.set("ports_not_asked", addresses(delta.ports_not_asked));
  if (!delta.fields_not_known.empty()) out.set("fields_not_known", addresses(delta.fields_not_known));
  out.set("coverage_unknown", Value(delta.coverage_unknown));
  return out;
}

}  // namespace sonde::core
