#include "tcp-syn/tcp_json.hpp"

namespace sonde::tcp_syn {
namespace {

void add(std::string& json, const char* name, const std::vector<uint16_t>& ports) {
  json.append(json.size() > 1 ? ",\"" : "\"").append(name).append("\":[");
  for (const uint16_t port : ports) {
    if (json.back() != '[') json += ',';
    json += std::to_string(port);
  }
  json += ']';
}

}  // namespace

std::string tcp_json(const OtherPorts& ports) {
  std::string json = "{";
  add(json, "closed", ports.closed);
  add(json, "silent", ports.silent);
  if (!ports.filtered.empty()) add(json, "filtered", ports.filtered);
  if (!ports.unasked.empty()) add(json, "unasked", ports.unasked);
  return json += '}';
}

}  // namespace sonde::tcp_syn
