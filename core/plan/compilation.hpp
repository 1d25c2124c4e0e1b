// What the steps of compile() share. Each step adds to the plan and says everything that is wrong; later steps go on as
// far as they can, so that one look at the messages is enough.
#pragma once
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "plan/plan.hpp"

namespace sonde::core {

struct ExcludedName {
  std::vector<IpAddress> addresses;
  SourceSpan where;
};

struct Compilation {
  const PipelineSpec& spec;
  const Registry& registry;
  const CompileRequest& request;
  Diagnostics& out;
  Plan& plan;
  std::set<FieldId> written = {FieldTable::ip, FieldTable::hostname, FieldTable::evidence};  ///< by the core, or so far
  std::set<std::string> told_permissions = {};  ///< remedies of plugins that were refused for who may write where
  std::unordered_map<IpAddress, std::string> names = {};  ///< that addresses were given as: the first of each
  /// Names of exclusions, in small letters: one that is a target too must not be asked for another address.
  std::map<std::string, ExcludedName> excluded_names = {};
  uint64_t unresolved = 0;  ///< names and sources that were not asked: targets that are not counted
};

/// One part of the targets as somebody wrote it: a range, the addresses of a name, or all that a source yields.
struct TargetPiece {
  AddressSet addresses;
  SourceSpan where{};
  bool from_source = false;
  std::string skips_outside{};  ///< a source whose addresses that may not be scanned are left out; empty: refuse them
};

// The steps, in this order.
void compile_targets(Compilation&);
void compile_stages(Compilation&);
void compile_outputs(Compilation&);
void set_hashes(Plan&);  ///< id and hash
/// What both cover of a stage beside its name, its plugin and whether it is enabled: an object that journals tell.
Value questions_of(const StagePlan&);

// Parts of steps.

/// Says why a plugin is not there. What is wrong with a directory is wrong with every plugin in it, and told once.
void refuse_plugin(Compilation&, PluginKind, const std::string& id, const SourceSpan& where);

/// Says which parts of the targets may not be scanned; the exclusions and broadcast addresses have been subtracted from
/// nothing yet. Returns what is left out with a warning: broadcast addresses of connected networks, and what sources
/// brought in from outside the scope where that is to be skipped.
AddressSet judge_scope(Compilation&, std::vector<TargetPiece> pieces);

/// Pulls all targets and facts out of a source plugin. Problems go to c.out.
void drain_source(Compilation&, const TargetEntry&, std::vector<TargetPiece>& pieces);

/// Removes printer ports from every option of format ports, unless they are allowed.
/// Whether the word stands anywhere in it: in a list, or as the value of a member.
bool mentions(const Value& value, std::string_view word);
void drop_print_ports(Compilation&, const std::string& stage, const Schema&, const SourceSpan& where, Value& options);

/// Warns of a part of a field that is probably a slip. What an option of a stage names may be a key, as an object that
/// snmp is to read. `subject`: who asks for it, as "output 'csv'".
void warn_of_part(Compilation&, const std::string& subject, FieldId, std::string_view part, const SourceSpan& where);

/// Warns of secrets of a stage that cross the network in the clear and go to hosts which no `when` has chosen.
void warn_of_cleartext(Compilation&, const StagePlan&);
/// Refuses secrets that came with --set, where every user of the machine can read them.
void refuse_secrets_on_command_line(Compilation&, const std::string& stage, const Schema&, const Value& options);

/// The place of a value if it has one, in the file or on the command line, else another.
inline const SourceSpan& place_or(const SourceSpan& where, const SourceSpan& otherwise) {
  return where.line != 0 || !where.file.empty() ? where : otherwise;
}
/// An absolute path; relative ones below `base`.
std::string absolute_below(const std::string& base, const std::string& path);

}  // namespace sonde::core
