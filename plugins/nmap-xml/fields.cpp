#include "fields.hpp"

#include <algorithm>
#include <map>

#include "json_object.hpp"

namespace sonde::nmap_xml {

namespace {
void put_names(const Task& task, const Host& host) {
  const auto of_type = [&](std::string_view type) -> const std::string* {
    const auto found =
        std::find_if(host.names.begin(), host.names.end(), [&](const auto& n) { return n.first == type; });
    return found == host.names.end() ? nullptr : &found->second;
  };
  const std::string *given = of_type("user"), *pointer = of_type("PTR");
  if (pointer) task.put(reverse_dns, *pointer);
  if (given)
    task.put(hostname, *given);
  else if (pointer)
    task.put(hostname, std::string_view(*pointer).substr(0, pointer->find('.')));
  for (const auto& name : host.names) task.put(names, name.second);
}

void put_port(const Task& task, const Port& port) {
  if (!port.scripts.empty()) task.put(scripts, port.key(), port.scripts);
  if (port.state != "open") return;
  const bool has_number = port.protocol == "tcp" || port.protocol == "udp" || port.protocol == "sctp";
  if (!has_number) return;  // masscan writes an echo reply as port 0 of icmp; nmap -sO writes protocols
  if (port.protocol == "tcp") task.put(ports, port.number);
  if (!port.banner.empty() && port.protocol == "tcp") task.put(banners, std::to_string(port.number), port.banner);
  JsonObject service;
  service.text("state", port.state);
  for (const auto& [member, json] : port.members) service.raw(member, json);
  task.put(services, port.key(), service.str());
}

std::string states_of(const Host& host) {
  std::map<std::string, uint64_t> counts;
  for (const States& s : host.others) counts[s.state] += s.count;
  for (const Port& p : host.ports)
    if (p.state != "open") ++counts[p.state];
  JsonObject out;
  for (const auto& [state, count] : counts) out.number(state, count);
  return out.empty() ? std::string() : out.str();
}

std::string report_of(const Host& host, const Head& head) {
  JsonObject out;
  out.some("scanner", head.scanner).some("version", head.version);
  if (const int64_t time = host.time != 0 ? host.time : head.start; time != 0) {
    std::string quoted = "\"";
    json::append_time(quoted, time * 1'000'000'000);
    out.raw("time", quoted + "\"");
  }
  return out.empty() ? std::string() : out.str();
}
}  // namespace

std::string to_text(const Address& address) {
  uint8_t bytes[16];
  std::copy(address.begin(), address.end(), bytes);
  std::string out;
  json::append_ip(out, bytes);
  return out;
}

void put_facts(const Task& task, const Host& host, const Head& head, const Address& self) {
  if (host.down()) return;
  put_names(task, host);
  if (!host.mac.empty()) task.put(mac, host.mac);
  if (!host.vendor.empty()) task.put(vendor, host.vendor);
  for (const Port& port : host.ports) put_port(task, port);
  if (!host.os.empty()) task.put(os, host.os);
  if (!host.scripts.empty()) task.put(scripts, "host", host.scripts);
  for (const Address& a : host.addresses)
    if (a != self) task.put(addresses, to_text(a));
  if (host.distance) task.put(distance, *host.distance);
  if (!host.uptime.empty()) task.put(uptime, host.uptime);
  if (!host.trace.empty()) task.put(trace, host.trace);
  if (const std::string text = states_of(host); !text.empty()) task.put(states, text);
  if (const std::string text = report_of(host, head); !text.empty()) task.put(report, text);
}

}  // namespace sonde::nmap_xml
