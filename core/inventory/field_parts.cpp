// The keys of banners and services have a form. Of the other well-known fields only a name that is nearly a usual one
// is doubted: what a device, a report or another plugin brings in may be called anything.
#include "inventory/field_parts.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace sonde::core {
namespace {

struct UsualParts {
  std::string_view field;
  std::vector<std::string_view> parts;
};

const std::array<UsualParts, 4>& usual_parts() {
  static const std::array<UsualParts, 4> all{{
      {"snmp",
       {"version",     "engineID",    "sysDescr",     "sysObjectID", "sysUpTime", "sysContact", "sysName",
        "sysLocation", "sysServices", "ifNumber",     "interfaces",  "addresses", "arp",        "entity",
        "lldp",        "model",       "hrMemorySize", "incomplete",  "refused",   "serial",     "engineIDAlsoAt"}},
      {"os", {"name", "vendor", "family", "generation", "type", "accuracy", "cpe"}},
      {"dns", {"status", "names", "confirmed"}},
      {"tcp", {"closed", "silent", "filtered", "skipped", "unasked"}},
  }};
  return all;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "22/tcp"
bool is_port_of_protocol(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_port(text.substr(0, slash)) && slash + 1 < text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(slash) + 1, text.end(),
                     [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string did_you_mean_part(const Field& field, std::string_view part) {
  return "did you mean '" + field.name + "." + std::string(part) + "'?";
}

}  // namespace

std::string doubt_about_part(const Field& field, std::string_view part) {
  if (field.name == "banners") {
    if (is_port(part)) return {};
    const std::string_view port = part.substr(0, part.find('/'));
    return is_port(port) ? did_you_mean_part(field, port) : "its keys are ports, as in banners.22";
  }
  if (field.name == "services") {
    if (is_port_of_protocol(part)) return {};
    return is_port(part) ? did_you_mean_part(field, std::string(part) + "/tcp")
                         : "its keys are ports with their protocol, as in services.22/tcp";
  }
  for (const UsualParts& usual : usual_parts()) {
    if (usual.field != field.name) continue;
    if (std::find(usual.parts.begin(), usual.parts.end(), part) != usual.parts.end()) return {};
    const std::string_view near = did_you_mean(part, usual.parts);
    if (!near.empty()) return did_you_mean_part(field, near);
  }
  return {};
}

}  // namespace sonde::core
