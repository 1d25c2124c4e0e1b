#include "inventory/coverage.hpp"

#include <algorithm>

#include "base/units.hpp"

namespace sonde::core {
namespace {

/// At most `most` ranges that hold all of the set, and those of each family and zone at least one.
std::vector<std::string> in_few_ranges(const AddressSet& set, std::size_t most) {
  const std::vector<AddressRange>& all = set.ranges();
  const std::size_t joined = (all.size() + most - 1) / most;
  const auto of_one_kind = [](const IpAddress& a, const IpAddress& b) {
    return a.is_v4() == b.is_v4() && a.zone() == b.zone();
  };
  std::vector<std::string> out;
  for (std::size_t i = 0; i < all.size();) {
    AddressRange range = all[i];
    std::size_t n = 1;
    for (; n < joined && i + n < all.size() && of_one_kind(range.first, all[i + n].first); ++n)
      range.last = all[i + n].last;
    out.push_back(range.to_string());
    i += n;
  }
  return out;
}

}  // namespace

Coverage::Coverage(const RunDocument& run) {
  for (const std::string& text : run.scope)
    if (const auto range = parse_range(text)) scope_.add(*range);
  for (const std::string& text : run.partly_scanned)
    if (const auto range = parse_range(text)) in_part_.add(*range);
  for (const std::string& text : run.exclusions) leave_out(text);
  for (const auto& [what, reason] : run.not_covered) {
    // The other stages have asked the targets of one that failed. (Older documents alone do not count those as left.)
    if (what.starts_with("stage "))
      all_stages_ = false;
    else
      leave_out(what);
  }
  // Some targets were left and nobody says which.
  if (run.settled < run.targets && run.not_covered.empty()) all_named_ = false;
  scope_.normalise();
  left_out_.normalise();
  in_part_.normalise();
}

bool Coverage::asked(const IpAddress& ip) const {
  return all_stages_ && !not_asked(ip);
}

AddressSet Coverage::addresses() const {
  if (!all_named_) return {};
  AddressSet asked = scope_;
  asked.subtract(left_out_);
  return asked;
}

void Coverage::leave_out(const std::string& text) {
  if (const auto range = parse_range(text))
    left_out_.add(*range);
  else
    all_named_ = false;
}

bool ran_everywhere(const StageCoverage& stage) {
  return stage.unavailable.empty();
}

bool ran_somewhere(const StageCoverage& stage) {
  const auto any = [&](Outcome o) { return stage.by_outcome[static_cast<std::size_t>(o)] != 0; };
  return ran_everywhere(stage) || any(Outcome::positive) || any(Outcome::negative) || any(Outcome::no_answer) ||
         any(Outcome::error);
}

NamedHosts::NamedHosts(const std::vector<std::string>& ranges) {
  for (const std::string& text : ranges)
    if (const auto range = parse_range(text))
      named_.add(*range);
    else
      any_zone_ = true;
  named_.normalise();
}

KnownFields::KnownFields(const RunDocument& run) {
  const auto add = [](std::vector<Gap>& gaps, const StageCoverage& stage, const std::vector<std::string>& ranges) {
    if (ranges.empty() || stage.fields.empty()) return;
    gaps.push_back({stage.name, Fields(stage.fields), NamedHosts(ranges)});
  };
  for (const StageCoverage& stage : run.stages) {
    add(unknown_, stage, stage.unknown);
    add(left_out_, stage, stage.left_out);
    const auto count = [&](Outcome o) { return stage.by_outcome[static_cast<std::size_t>(o)]; };
    if (!stage.fields.empty() && (count(Outcome::error) != 0 || (stage.asks_servers && count(Outcome::no_answer) != 0)))
      of_stages_with_losses_.emplace_back(stage.fields);
  }
}

KnownFields::Fields::Fields(std::vector<std::string> of_stage) : sorted(std::move(of_stage)) {
  std::sort(sorted.begin(), sorted.end());  // a document may have any order
}

bool KnownFields::Fields::hold(std::string_view field) const {
  // Names of own fields have one dot, names of parts as many as their places.
  for (std::size_t dot = field.find('.'); dot != std::string_view::npos; dot = field.find('.', dot + 1))
    if (std::binary_search(sorted.begin(), sorted.end(), field.substr(0, dot))) return true;
  const std::string inside = std::string(field) + '.';
  const auto part = std::lower_bound(sorted.begin(), sorted.end(), inside);
  return (part != sorted.end() && part->starts_with(inside)) || std::binary_search(sorted.begin(), sorted.end(), field);
}

bool KnownFields::knows(const IpAddress& ip, std::string_view field) const {
  return std::none_of(unknown_.begin(), unknown_.end(),
                      [&](const Gap& gap) { return gap.hosts.contains(ip) && gap.fields.hold(field); });
}

bool KnownFields::lost_some(std::string_view field) const {
  return std::any_of(of_stages_with_losses_.begin(), of_stages_with_losses_.end(),
                     [&](const Fields& fields) { return fields.hold(field); });
}

bool KnownFields::left_out(const IpAddress& ip, std::string_view field, const KnownFields* other) const {
  const auto there_too = [&](const std::string& stage) {
    return other != nullptr && std::any_of(other->left_out_.begin(), other->left_out_.end(), [&](const Gap& gap) {
             return gap.stage == stage && gap.hosts.contains(ip);
           });
  };
  return std::any_of(left_out_.begin(), left_out_.end(), [&](const Gap& gap) {
    return gap.hosts.contains(ip) && gap.fields.hold(field) && !there_too(gap.stage);
  });
}

AskedPorts::AskedPorts(const RunDocument& run) {
  for (const StageCoverage& stage : run.stages) {
    if (!stage.ports || !ran_everywhere(stage)) continue;
    known_ = true;
    const auto ports = parse_ports(*stage.ports);  // fails for none
    if (!ports) continue;
    Ports of_stage;
    for (const uint16_t port : *ports) of_stage.set(port);
    ports_ |= of_stage;
    if (stage.left_out.empty()) {
      of_all_hosts_ |= of_stage;
      continue;
    }
    selective_.push_back({of_stage, NamedHosts(stage.left_out)});
  }
}

bool AskedPorts::contains(const IpAddress& ip, uint64_t port) const {
  if (!contains(port)) return false;
  if (!known_ || of_all_hosts_.test(port)) return true;
  return std::any_of(selective_.begin(), selective_.end(),
                     [&](const Selective& s) { return s.ports.test(port) && !s.left_out.contains(ip); });
}

std::string AskedPorts::differing(const AskedPorts& other) const {
  if (!known_ || !other.known_) return {};
  const auto either = ports_ ^ other.ports_;
  std::vector<uint16_t> ports;
  for (std::size_t port = 0; port < either.size(); ++port)
    if (either.test(port)) ports.push_back(static_cast<uint16_t>(port));
  return format_ports(ports);
}

void name_gaps(RunDocument& run, const std::vector<std::string>& stage_names, const HostStore& hosts,
               std::size_t most_ranges) {
  struct Gap {
    std::vector<std::string>* ranges;  ///< in the document
    std::size_t stage;                 ///< whose outcome
    std::vector<Outcome> outcomes;     ///< that leave the host in the gap
    AddressSet hosts;
  };
  std::vector<Gap> gaps;
  const auto look_for = [&](std::vector<std::string>& ranges, const StageCoverage& stage, std::vector<Outcome> of) {
    const bool any = std::any_of(of.begin(), of.end(),
                                 [&](Outcome o) { return stage.by_outcome[static_cast<std::size_t>(o)] != 0; });
    for (std::size_t i = 0; any && i < stage_names.size(); ++i)
      if (stage_names[i] == stage.name) gaps.push_back({&ranges, i, of, {}});
  };
  for (StageCoverage& stage : run.stages) {
    // Asked nothing, and that is no gap of the run. Who had nothing to ask knows why (a port is closed, and has no
    // banner), but has not looked at its ports.
    if (stage.ports && !stage.ports->empty())
      look_for(stage.left_out, stage, {Outcome::skipped_when, Outcome::skipped_nothing_to_ask});
    else if (!stage.fields.empty())
      look_for(stage.left_out, stage, {Outcome::skipped_when});
    if (stage.fields.empty()) continue;
    std::vector<Outcome> learned_nothing;
    if (!stage.ports) learned_nothing.push_back(Outcome::error);
    if (stage.asks_servers) learned_nothing.push_back(Outcome::no_answer);
    look_for(stage.unknown, stage, std::move(learned_nothing));
  }
  if (gaps.empty()) return;
  // Hosts that cannot be read back are told of where outputs are written.
  static_cast<void>(hosts.each([&](const HostRecord& host) {
    for (Gap& gap : gaps)
      if (gap.stage < host.outcomes.size() &&
          std::find(gap.outcomes.begin(), gap.outcomes.end(), host.outcomes[gap.stage]) != gap.outcomes.end())
        gap.hosts.add(host.ip);
  }));
  for (Gap& gap : gaps) {
    gap.hosts.normalise();
    *gap.ranges = in_few_ranges(gap.hosts, std::max<std::size_t>(1, most_ranges / gaps.size()));
  }
}

}  // namespace sonde::core
