// Rules between the members of an object: what goes with what. Written in words of JSON Schema, told with the place of
// the option, printed as sentences, and handed on to editors.
#pragma once
#include <functional>

#include "config/schema.hpp"

namespace sonde::core {

/// {"auth_key": ["user"]}: who is given needs the others. Returns what is wrong with it; empty: nothing.
std::string read_dependent_required(const Value&, std::vector<OptionRule>&);
/// A list of {"required": [..]} under an "if", {"anyOf": [{"required": [..]}, ..]} and {"not": {"required": [..]}},
/// each with a "description". Returns what is wrong with it; empty: nothing.
std::string read_all_of(const Value&, std::vector<OptionRule>&);
/// Whether all names are properties of `s`, and all values could be theirs. Returns what is wrong.
std::string check_rule_names(const Schema& s);

/// What the rules look at.
struct RuledObject {
  const Value& written;    ///< as it stands in the file
  const Value& effective;  ///< checked, with defaults; what was refused, and told, is not in it
  std::string subject;     ///< "stage 'snmp'"
  std::string noun;        ///< "option"
  std::function<bool(const std::string& name)> given;  ///< whether it was written and is not empty
};
void check_rules(const RuledObject&, const Schema&, Diagnostics& out);

/// The rules as members of a draft 07 "allOf".
Value editor_rules(const Schema&);

}  // namespace sonde::core
