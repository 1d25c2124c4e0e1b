// Targets: what was written, resolved and drained into ranges; minus the exclusions; judged; counted.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "plan/compilation.hpp"
#include "targets/target_spec.hpp"

namespace sonde::core {
namespace {

constexpr uint64_t most_targets = uint64_t{1} << 32;  // whatever max_targets says: scope is judged block by block
constexpr std::size_t resolver_threads = 16;

struct NamedItem {
  std::string name;
  SourceSpan where;
};

/// Answers in the order of the names. Several at once: a name that its server does not answer takes seconds.
std::vector<Result<std::vector<IpAddress>>> resolve_all(const std::vector<NamedItem>& names, Diagnostics& out) {
  std::vector<Result<std::vector<IpAddress>>> answers(names.size());
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (std::size_t i = next++; i < names.size(); i = next++) answers[i] = resolve_name(names[i].name);
  };
  std::vector<std::jthread> threads;
  const std::size_t wanted = std::min(resolver_threads, names.size());
  try {
    while (threads.size() + 1 < wanted) threads.emplace_back(work);
  } catch (const std::system_error& e) {
    out.warning("resources", names.front().where,
                fmt::format("{} of the {} threads that look up names could not be started: {}; the others take longer",
                            wanted - 1 - threads.size(), wanted, e.code().message()),
                "raise the limit of processes (ulimit -u, pids.max of the container)");
  }
  work();  // this one is there in any case
  threads.clear();
  return answers;
}

TargetPiece piece_of(const AddressRange& range, const SourceSpan& where) {
  TargetPiece piece{{}, where, false, {}};
  piece.addresses.add(range);
  return piece;
}

void add_item(const TargetItem& item, std::vector<TargetPiece>& pieces, std::vector<NamedItem>& names) {
  if (const auto* range = std::get_if<AddressRange>(&item.what))
    pieces.push_back(piece_of(*range, item.where));
  else
    names.push_back({std::get<TargetName>(item.what).name, item.where});
}

std::string key_of(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  if (name.ends_with('.')) name.pop_back();
  return name;
}

void resolve_into(Compilation& c, const std::vector<NamedItem>& all, std::vector<TargetPiece>& pieces,
                  bool excluding = false) {
  std::vector<NamedItem> names;
  for (const NamedItem& item : all) {
    const auto known = c.excluded_names.find(key_of(item.name));
    if (known == c.excluded_names.end()) {
      names.push_back(item);
      continue;
    }
    for (const IpAddress& address : known->second.addresses) pieces.push_back(piece_of({address, address}, item.where));
  }
  if (names.empty()) return;
  if (!c.request.resolve_names) {
    c.unresolved += names.size();
    return;
  }
  auto answers = resolve_all(names, c.out);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!answers[i]) {
      Diagnostic why = answers[i].error();
      why.where = names[i].where;
      c.out.add(std::move(why));
      continue;
    }
    if (excluding) c.excluded_names.try_emplace(key_of(names[i].name), ExcludedName{*answers[i], names[i].where});
    for (const IpAddress& address : *answers[i]) {
      pieces.push_back(piece_of({address, address}, names[i].where));
      c.names.emplace(address, names[i].name);
    }
  }
}

AddressSet collect_exclusions(Compilation& c) {
  std::vector<TargetPiece> pieces;
  std::vector<NamedItem> names;
  for (const TargetEntry& entry : c.spec.exclude)
    for (const TargetItem& item : parse_targets(entry.text, entry.where, c.spec.directory, true, c.out))
      add_item(item, pieces, names);
  resolve_into(c, names, pieces, true);  // one that cannot be resolved is an error: it must not be scanned by accident
  c.unresolved = 0;
  AddressSet set;
  for (const TargetPiece& piece : pieces) set.add(piece.addresses);
  set.normalise();
  c.names.clear();
  return set;
}

std::vector<TargetPiece> collect_targets(Compilation& c) {
  std::vector<TargetPiece> pieces;
  std::vector<NamedItem> names;
  for (const TargetEntry& entry : c.spec.targets) {
    if (!entry.use.empty()) {
      drain_source(c, entry, pieces);
      continue;
    }
    for (const TargetItem& item : parse_targets(entry.text, entry.where, c.spec.directory, false, c.out))
      add_item(item, pieces, names);
  }
  c.plan.source_facts.sort();
  resolve_into(c, names, pieces);
  return pieces;
}

/// A resolver that gives one family's addresses and fails for the other's is believed for a target. The addresses of an
/// exclusion must all be known, where there are targets that they could be.
AddressSet other_halves(Compilation& c, const AddressSet& targets) {
  AddressSet more;
  for (const Family family : {Family::v4, Family::v6}) {
    const auto is_of_it = [&](const IpAddress& a) { return a.is_v4() == (family == Family::v4); };
    if (std::none_of(targets.ranges().begin(), targets.ranges().end(),
                     [&](const AddressRange& r) { return is_of_it(r.first); }))
      continue;
    for (const auto& [name, found] : c.excluded_names) {
      if (std::any_of(found.addresses.begin(), found.addresses.end(), is_of_it)) continue;
      const auto rest = resolve_name(name, family);
      if (rest) {
        for (const IpAddress& a : *rest) more.add(a);
      } else if (rest.error().id != "unknown-host") {
        Diagnostic why = rest.error();
        why.text += family == Family::v4 ? " (its IPv4 addresses)" : " (its IPv6 addresses)";
        why.where = found.where;
        c.out.add(std::move(why));
      }
    }
  }
  more.normalise();
  return more;
}

/// Targets that lead to an excluded address by the one that they hold (NAT64, 6to4, Teredo).
AddressSet ways_to_exclusions(const Scope& scope, const AddressSet& targets) {
  AddressSet ways;
  const auto& excluded = scope.exclusions().ranges();
  if (std::none_of(excluded.begin(), excluded.end(), [](const AddressRange& r) { return r.first.is_v4(); }))
    return ways;
  for (const AddressRange& range : targets.ranges())
    for (const AddressRange& block : embedding_blocks()) {
      const IpAddress first = std::max(range.first, block.first), last = std::min(range.last, block.last);
      if (range.first.zone() != 0 || last < first) continue;
      for (uint128 n = first.number(); n <= last.number(); ++n)
        if (const IpAddress a = IpAddress::from_number(n); scope.judge(a) == Verdict::excluded) ways.add(a);
    }
  ways.normalise();
  return ways;
}

SourceSpan place_of_targets(const Compilation& c) {
  return c.spec.targets.empty() ? SourceSpan{c.spec.file, 0, 0, 0} : c.spec.targets.front().where;
}

/// The first source, when nothing but sources was written.
const TargetEntry* only_source(const Compilation& c) {
  const auto& targets = c.spec.targets;
  const bool all = std::all_of(targets.begin(), targets.end(), [](const TargetEntry& t) { return !t.use.empty(); });
  return all && !targets.empty() ? &targets.front() : nullptr;
}

uint64_t max_targets(const Compilation& c) {
  return c.spec.limits.max_targets == 0 ? most_targets : std::min(c.spec.limits.max_targets, most_targets);
}

bool within_limit(Compilation& c, const AddressSet& set, uint64_t limit) {
  uint64_t count = set.size();
  if (count <= limit) return true;
  std::string found = count == UINT64_MAX ? "2^64 or more" : fmt::format("{}", count);
  c.out.error(
      "too-many-targets", place_of_targets(c), fmt::format("{} targets, at most {} are accepted", found, limit),
      limit == most_targets ? "scan fewer at a time; nobody finishes 2^32" : "scan fewer, or raise limits.max_targets");
  return false;
}

void keep_only(Compilation& c, AddressSet& set) {
  auto only = IpAddress::parse(c.request.only);
  if (!only) {
    c.out.error("bad-address", {}, fmt::format("--only: {}", only.error().text), only.error().hint);
    return;
  }
  if (!set.contains(*only)) {
    bool excluded = c.plan.scope.judge(*only) == Verdict::excluded;
    c.out.error("not-a-target", {},
                fmt::format("--only {} is {}", only->to_string(), excluded ? "excluded" : "not among the targets"),
                excluded ? "remove it from `exclude:`" : "name one of the targets, or use --target");
    return;
  }
  set = AddressSet();
  set.add(*only);
  set.normalise();
}

}  // namespace

void compile_targets(Compilation& c) {
  AddressSet exclusions = collect_exclusions(c);
  auto connected = c.request.connected ? *c.request.connected : connected_prefixes();
  if (!connected) return c.out.add(connected.error());
  c.plan.scope = Scope(std::move(exclusions), {c.spec.allow_public, c.spec.allow_print_ports}, *connected);

  std::vector<TargetPiece> pieces = collect_targets(c);
  AddressSet set;
  for (const TargetPiece& piece : pieces) set.add(piece.addresses);
  set.normalise();
  const bool any = !set.empty();
  set.subtract(c.plan.scope.exclusions());
  const bool excluded = any && set.empty();
  // A source that leaves out what may not be scanned is counted without it; but no judge looks at more than 2^32.
  const bool skips =
      std::any_of(pieces.begin(), pieces.end(), [](const TargetPiece& p) { return !p.skips_outside.empty(); });
  if (!within_limit(c, set, skips ? most_targets : max_targets(c))) return;
  if (const AddressSet more = other_halves(c, set); !more.empty()) {
    AddressSet all = c.plan.scope.exclusions();
    all.add(more);
    c.plan.scope = Scope(std::move(all), c.plan.scope.rules(), *connected);
    set.subtract(more);
  }
  set.subtract(ways_to_exclusions(c.plan.scope, set));
  set.subtract(judge_scope(c, std::move(pieces)));
  set.normalise();
  if (skips && !within_limit(c, set, max_targets(c))) return;
  if (!c.request.only.empty() && any) keep_only(c, set);
  if (set.empty() && c.unresolved == 0 && !c.out.has_errors()) {
    if (excluded)
      c.out.error("excluded-all", place_of_targets(c), "no target is left when the exclusions are taken away",
                  "check `exclude:` against `targets:`");
    else if (any)
      c.out.error("excluded-all", place_of_targets(c), "no target is left when what may not be scanned is taken away",
                  "check `exclude:` and `allow_public:` against `targets:`");
    else if (const TargetEntry* source = only_source(c))
      c.out.error("no-targets", source->where, fmt::format("the source '{}' gave no target", source->use),
                  fmt::format("sonde describe {} says what it takes for one", source->use));
    else
      c.out.error("no-targets", place_of_targets(c), "there is no target",
                  "write targets: [192.168.1.0/24], or name one with --target");
  }
  std::erase_if(c.names, [&](const auto& n) { return !set.contains(n.first); });
  c.plan.targets = TargetSet(std::move(set), std::move(c.names));
}

}  // namespace sonde::core
