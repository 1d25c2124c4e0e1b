#include "rules.hpp"

#include <charconv>
#include <optional>

namespace sonde::nmap_xml {

namespace {
std::optional<std::string_view> member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const auto at = json.find(key);
  if (at == json.npos) return std::nullopt;
  const std::string_view rest = json.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(",}"));
}

uint64_t number(std::string_view json, std::string_view name) {
  uint64_t value = 0;
  const auto text = member(json, name);
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc())
    throw Failure(SONDE_E_UNSUPPORTED, "this sonde does not tell its limits (" + std::string(name) + ")");
  return value;
}

std::string document(const Context& host, const char* name) {
  sonde_str text{};
  if (!SONDE_HAS(&host.host(), document) || host.host().document(host.raw_context(), name, &text) != SONDE_OK)
    throw Failure(SONDE_E_UNSUPPORTED, std::string("this sonde does not tell its ") + name);
  return std::string(view(text));
}
}  // namespace

Rules Rules::of(const Context& host) {
  const std::string limits = document(host, "limits");
  return from(limits, document(host, "exclude"));
}

Rules Rules::from(std::string_view limits, std::string_view exclude) {
  Rules out;
  out.packets_per_second = number(limits, "packets_per_second");
  out.connections_per_host = number(limits, "connections_per_host");
  out.allow_print_ports = member(limits, "allow_print_ports") == "true";
  while (!exclude.empty()) {
    const auto end = exclude.find('\n');
    const std::string_view line = exclude.substr(0, end);
    exclude.remove_prefix(end == exclude.npos ? exclude.size() : end + 1);
    // nmap knows no zones here; of those targets the core alone decides, as of all before nmap hears of them.
    if (line.empty() || line.find('%') != line.npos) continue;
    (line.find(':') == line.npos ? out.exclusions_v4 : out.exclusions_v6).append(line).append("\n");
  }
  return out;
}

}  // namespace sonde::nmap_xml
