// The table of fields: the well-known ones with their types and merge rules, and the rules by which a plugin may bring
// its own.
#include "inventory/fields.hpp"

#include <sonde/plugin.h>

#include <algorithm>
#include <array>

#include "inventory/type_names.hpp"

namespace sonde::core {
namespace {

struct WellKnown {
  std::string_view name;
  uint32_t type, shape;
  Merge merge;
  bool detail;
  std::string_view help;
};

constexpr std::array<WellKnown, FieldTable::well_known_count> well_known = {{
    {"ip", SONDE_IP, SONDE_SCALAR, Merge::key, false, "address, as RFC 5952 writes it"},
    {"alive", SONDE_BOOL, SONDE_SCALAR, Merge::any_true, false, "a packet of this run came back from the address"},
    {"rtt_ms", SONDE_F64, SONDE_SCALAR, Merge::smallest, false, "smallest round trip in milliseconds"},
    {"hostname", SONDE_TEXT, SONDE_SCALAR, Merge::by_source, false,
     "name: sysName, nmap, first label of the PTR, or the name the target was given as"},
    {"reverse_dns", SONDE_TEXT, SONDE_SCALAR, Merge::first, false, "whole PTR name"},
    {"mac", SONDE_TEXT, SONDE_SCALAR, Merge::first, false, "link-layer address"},
    {"vendor", SONDE_TEXT, SONDE_SCALAR, Merge::with_mac, false, "who the MAC was assigned to"},
    {"ports", SONDE_U64, SONDE_LIST, Merge::set_union, false, "open TCP ports"},
    {"banners", SONDE_TEXT, SONDE_MAP, Merge::per_key, false, "what a service said first, by port"},
    {"services", SONDE_JSON, SONDE_MAP, Merge::per_key_deep, false, "what is known of a service, by port/protocol"},
    {"os", SONDE_JSON, SONDE_SCALAR, Merge::first, false, "operating system"},
    {"snmp", SONDE_NULL, SONDE_MAP, Merge::per_key, false, "SNMP objects by name; tables as JSON"},
    {"dns", SONDE_JSON, SONDE_SCALAR, Merge::first, true,
     "how the reverse lookup ended, all names, which are confirmed"},
    {"tcp", SONDE_JSON, SONDE_SCALAR, Merge::first, true, "ports that refused and ports that stayed silent"},
    {"mac_flags", SONDE_TEXT, SONDE_LIST, Merge::with_mac, true, "local, shared, virtual-router"},
    {"link", SONDE_TEXT, SONDE_SCALAR, Merge::first, true, "silent: asked by ARP in vain"},
    {"evidence", SONDE_JSON, SONDE_SCALAR, Merge::first, true, "how each stage ended, and what it stated"},
}};
static_assert(well_known[FieldTable::vendor].name == "vendor" && well_known[FieldTable::evidence].name == "evidence",
              "the constants of FieldTable are places in this table");

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

tl::unexpected<Diagnostic> name_failure(std::string_view plugin, std::string_view name, const std::string& why) {
  return failure("field-name",
                 "plugin '" + std::string(plugin) + "' declares the output '" + std::string(name) + "': " + why);
}

/// Empty when the name is a good one for an own field of that plugin.
std::string objection(std::string_view plugin, std::string_view name) {
  if (name.size() > 64) return "a field's name has at most 64 characters";
  const std::size_t dot = name.find('.');
  const std::string wanted = std::string(plugin) + ".NAME";
  if (dot == std::string_view::npos)
    return "there is no well-known field of that name, and its own are called " + wanted;
  if (name.substr(0, dot) != plugin) return "own fields begin with the plugin's id, as " + wanted;
  const std::string_view rest = name.substr(dot + 1);
  if (rest.empty() || !std::all_of(rest.begin(), rest.end(), is_plain))
    return "behind the dot stand letters, digits, '_' or '-'";
  // The group would become a second member of that name in the record.
  for (const WellKnown& field : well_known)
    if (field.name == plugin) return "'" + std::string(plugin) + "' is itself a well-known field; write into that one";
  return {};
}

}  // namespace

FieldTable::FieldTable() {
  fields_.reserve(well_known.size());
  for (const WellKnown& w : well_known)
    fields_.push_back({std::string(w.name), w.type, w.shape, w.merge, w.detail, std::string(w.help)});
}

FieldId FieldTable::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].name == name) return static_cast<FieldId>(i);
  return no_field;
}

Result<FieldId> FieldTable::bind_output(std::string_view plugin_id, std::string_view name, uint32_t type,
                                        uint32_t shape, bool detail, std::string_view help) {
  const FieldId known = find(name);
  if (known == ip || known == evidence) return name_failure(plugin_id, name, "the core alone writes it");
  if (known != no_field && known >= well_known_count && name.substr(0, name.find('.')) != plugin_id)
    return name_failure(plugin_id, name, objection(plugin_id, name));
  if (type > SONDE_JSON || shape > SONDE_MAP)
    return failure("field-conflict", "plugin '" + std::string(plugin_id) + "' declares '" + std::string(name) +
                                         "' with type " + std::to_string(type) + " and shape " + std::to_string(shape) +
                                         ", which this sonde does not know");
  if (known != no_field) {
    const Field& field = fields_[known];
    const bool agrees = shape == field.shape && (type == field.type || field.type == SONDE_NULL);
    if (!agrees)
      return failure("field-conflict", "plugin '" + std::string(plugin_id) + "' declares '" + std::string(name) +
                                           "' as " + type_name(type, shape) + "; it is " +
                                           type_name(field.type, field.shape));
    return known;
  }
  if (std::string why = objection(plugin_id, name); !why.empty()) return name_failure(plugin_id, name, why);
  if (fields_.size() >= no_field) return name_failure(plugin_id, name, "there are more than 65534 fields");
  const Merge merge = shape == SONDE_LIST  ? Merge::set_union
                      : shape == SONDE_MAP ? (type == SONDE_JSON ? Merge::per_key_deep : Merge::per_key)
                                           : Merge::first;
  fields_.push_back({std::string(name), type, shape, merge, detail, std::string(help)});
  return static_cast<FieldId>(fields_.size() - 1);
}

}  // namespace sonde::core
