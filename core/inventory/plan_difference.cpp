#include "inventory/plan_difference.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/value.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t most_told = 4;

class Differences {
 public:
  void tell(std::string what) { all_.push_back(std::move(what)); }
  bool empty() const { return all_.empty(); }
  std::string text() const {
    std::string out;
    for (std::size_t i = 0; i < all_.size() && i < most_told; ++i) out += (i == 0 ? "" : "; ") + all_[i];
    if (all_.size() > most_told) out += "; and " + std::to_string(all_.size() - most_told) + " more";
    return out;
  }

 private:
  std::vector<std::string> all_;
};

std::string stage_named(const std::string& name) {
  return "stage '" + printable(name) + "'";
}

std::size_t index_of(const JournalHeader& header, const std::string& stage) {
  return static_cast<std::size_t>(std::find(header.stages.begin(), header.stages.end(), stage) - header.stages.begin());
}

/// Names of members that two objects do not share, in the order of the first. An enemy's may have very many.
std::vector<std::string> differing(const Value* one, const Value* other) {
  std::vector<std::string> names;
  if (one == nullptr || other == nullptr || one->object() == nullptr || other->object() == nullptr) return names;
  std::map<std::string_view, std::pair<const Value*, bool>> there;  // and whether the first has it too
  for (const auto& [name, where, value] : *other->object()) there.emplace(name, std::pair(&value, false));
  for (const auto& [name, where, value] : *one->object()) {
    const auto found = there.find(name);
    if (found != there.end()) found->second.second = true;
    if (found == there.end() || to_json(*found->second.first) != to_json(value)) names.push_back(name);
  }
  for (const auto& [name, where, value] : *other->object())
    if (!there.at(name).second) names.push_back(name);
  return names;
}

/// What it asks, member by member; options by their names. Journals of an older sonde do not tell it.
void compare_questions(const std::string& stage, const std::string& a, const std::string& b, Differences& out) {
  if (a == b || a.empty() || b.empty()) return;
  const Result<Value> x = parse_json(a), y = parse_json(b);
  if (!x || !y) return;
  const std::vector<std::string> options = differing(x->find("options"), y->find("options"));
  for (const std::string& name : options) out.tell("the option '" + printable(name) + "' of " + stage + " differs");
  for (const std::string& name : differing(&*x, &*y)) {
    // A deadline that nobody wrote follows from the options.
    if (name == "options" || (name == "deadline" && !options.empty())) continue;
    out.tell("'" + printable(name) + "' of " + stage + " differs");
  }
}

void compare_stage(const std::string& name, const JournalStage& a, const JournalStage& b, Differences& out) {
  const std::string stage = stage_named(name);
  if (a.plugin != b.plugin)
    return out.tell(stage + " is " + printable(a.plugin) + " in one of them, " + printable(b.plugin) + " in the other");
  if (a.enabled != b.enabled) out.tell(stage + " is enabled in one of them alone");
  if (a.version != b.version)
    out.tell(stage + " has the versions " + printable(a.version) + " and " + printable(b.version) + " of its plugin");
  compare_questions(stage, a.asks, b.asks, out);
}

/// Journals of a sonde that could not merge tell names of stages alone, and no exclusions.
bool tells_details(const JournalHeader& header) {
  return header.stage_details.size() == header.stages.size() && !header.stages.empty();
}

void compare_stages(const JournalHeader& a, const JournalHeader& b, Differences& out) {
  std::vector<std::string> common_a, common_b;
  for (const std::string& stage : a.stages)
    if (index_of(b, stage) == b.stages.size())
      out.tell(stage_named(stage) + " is in one of them alone");
    else
      common_a.push_back(stage);
  for (const std::string& stage : b.stages)
    if (index_of(a, stage) == a.stages.size())
      out.tell(stage_named(stage) + " is in one of them alone");
    else
      common_b.push_back(stage);
  if (common_a != common_b) out.tell("the order of their stages differs");
  for (const std::string& stage : common_a) {
    const std::size_t i = index_of(a, stage), j = index_of(b, stage);
    if (i < a.stage_details.size() && j < b.stage_details.size())
      compare_stage(stage, a.stage_details[i], b.stage_details[j], out);
  }
}

/// What is left of a plan where none of what both headers tell differs. Each sonde told more than those before it.
std::string what_is_not_told(const JournalHeader& a, const JournalHeader& b) {
  const auto is_silent = [](const JournalStage& stage) { return !parse_json(stage.asks); };
  const auto tells_all = [&](const JournalHeader& h) {
    return std::none_of(h.stage_details.begin(), h.stage_details.end(), is_silent);
  };
  const bool details = tells_details(a) && tells_details(b);
  if (details && tells_all(a) && tells_all(b)) return "names of targets, or assume_up, differ";
  const std::string more = details ? "" : "exclusions; the plugin, its version, or `enabled` of a stage; ";
  return "one of these differs, and a journal does not tell which: " + more +
         "`when`, options, deadline or `optional` of a stage; names of targets; assume_up";
}

}  // namespace

std::string difference_of_stages(const JournalHeader& a, const JournalHeader& b) {
  Differences out;
  compare_stages(a, b, out);
  return out.text();
}

std::string difference_of_plans(const JournalHeader& a, const JournalHeader& b) {
  Differences out;
  if (a.scope != b.scope)
    out.tell(a.targets == b.targets
                 ? "their targets differ"
                 : "their targets differ (" + std::to_string(a.targets) + " and " + std::to_string(b.targets) + ")");
  if (tells_details(a) && tells_details(b) && a.exclusions != b.exclusions) out.tell("their exclusions differ");
  compare_stages(a, b, out);
  if (out.empty()) out.tell(what_is_not_told(a, b));
  return out.text();
}

}  // namespace sonde::core
