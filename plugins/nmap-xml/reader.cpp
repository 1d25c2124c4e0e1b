// The DTD of nmap (docs/nmap.dtd there) read with pugixml: no DOCTYPE, no entities but XML's five and character
// references. Versions 1.03 to 1.05 differ in where the classes of an operating system stand; masscan writes a subset.
#include "reader.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <pugixml.hpp>

#include "json_object.hpp"
#include "script.hpp"

namespace sonde::nmap_xml {

namespace {
constexpr unsigned parse_flags = pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol;
constexpr std::size_t most_text = 4096, most_ports = 200'000, most_listed = 64, most_hops = 256;

bool load(pugi::xml_document& document, std::string_view text) {
  return static_cast<bool>(document.load_buffer(text.data(), text.size(), parse_flags, pugi::encoding_utf8));
}

std::string_view text_of(const pugi::xml_node& node, const char* attribute) {
  return node.attribute(attribute).value();
}

/// Nothing for what is no decimal number that fits.
std::optional<uint64_t> number_in(std::string_view text, uint64_t most = UINT32_MAX) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}
std::optional<uint64_t> number_of(const pugi::xml_node& node, const char* attribute, uint64_t most = UINT32_MAX) {
  return number_in(text_of(node, attribute), most);
}

int64_t time_of(const pugi::xml_node& node, const char* attribute) {
  return static_cast<int64_t>(number_of(node, attribute, 253'402'300'799).value_or(0));
}

std::string quoted(std::string_view text) {
  std::string out;
  json::append_text(out, clipped(text, most_text));
  return out;
}

std::string cpes_of(const pugi::xml_node& node) {
  std::string list;
  std::size_t n = 0;
  for (const pugi::xml_node& cpe : node.children("cpe"))
    if (n++ < most_listed) append_item(list, quoted(cpe.child_value()));
  return list.empty() ? list : list + "]";
}

/// "AA:BB:CC:DD:EE:FF", or empty for what is none.
std::string mac_of(std::string_view text) {
  if (text.size() != 17) return {};
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 3 == 2) {
      if (out[i] != ':' && out[i] != '-') return {};
      out[i] = ':';
      continue;
    }
    if (out[i] >= 'a' && out[i] <= 'f') out[i] = static_cast<char>(out[i] - 'a' + 'A');
    if (!((out[i] >= '0' && out[i] <= '9') || (out[i] >= 'A' && out[i] <= 'F'))) return {};
  }
  return out == "00:00:00:00:00:00" ? std::string() : out;
}

void read_addresses(const pugi::xml_node& node, Host& host) {
  for (const pugi::xml_node& address : node.children("address")) {
    if (text_of(address, "addrtype") == "mac") {
      if (host.mac.empty()) {
        host.mac = mac_of(text_of(address, "addr"));
        if (!host.mac.empty()) host.vendor = clipped(text_of(address, "vendor"), most_text);
      }
    } else if (auto ip = parse_address(text_of(address, "addr")); ip && host.addresses.size() < most_listed) {
      const std::string_view text = text_of(address, "addr");
      if (const auto percent = text.find('%'); percent != text.npos && host.addresses.empty())
        host.zone = clipped(text.substr(percent + 1), 16);
      if (std::find(host.addresses.begin(), host.addresses.end(), *ip) == host.addresses.end())
        host.addresses.push_back(*ip);
    }
  }
}

void read_names(const pugi::xml_node& node, Host& host) {
  for (const pugi::xml_node& name : node.child("hostnames").children("hostname"))
    if (const auto text = text_of(name, "name"); !text.empty() && host.names.size() < most_listed)
      host.names.emplace_back(clipped(text_of(name, "type"), 16), clipped(text, 255));
}

void read_service(const pugi::xml_node& service, Port& port) {
  const auto add = [&](const char* member, std::string_view text) {
    if (!text.empty()) port.members.emplace_back(member, quoted(text));
  };
  for (const auto& [attribute, member] : {std::pair{"name", "name"},
                                          {"product", "product"},
                                          {"version", "version"},
                                          {"extrainfo", "extra"},
                                          {"tunnel", "tunnel"},
                                          {"hostname", "hostname"},
                                          {"ostype", "os"},
                                          {"devicetype", "device"},
                                          {"method", "method"}})
    add(member, text_of(service, attribute));
  if (auto confidence = number_of(service, "conf", 10))
    port.members.emplace_back("confidence", std::to_string(*confidence));
  if (std::string cpes = cpes_of(service); !cpes.empty()) port.members.emplace_back("cpe", std::move(cpes));
  port.banner = clipped(text_of(service, "banner"), most_text);
}

void read_ports(const pugi::xml_node& node, Host& host) {
  for (const pugi::xml_node& ports : node.children("ports")) {
    for (const pugi::xml_node& extra : ports.children("extraports"))
      if (auto count = number_of(extra, "count"); count && host.others.size() < most_listed)
        host.others.push_back({clipped(text_of(extra, "state"), 32), *count});
    for (const pugi::xml_node& one : ports.children("port")) {
      const auto number = number_of(one, "portid", 65535);
      Port port;
      port.protocol = clipped(text_of(one, "protocol"), 8);
      port.state = clipped(text_of(one.child("state"), "state"), 32);
      if (!number || port.protocol.empty() || port.state.empty() || host.ports.size() >= most_ports) continue;
      port.number = static_cast<uint16_t>(*number);
      read_service(one.child("service"), port);
      port.scripts = scripts_in(one);
      host.ports.push_back(std::move(port));
    }
  }
}

std::string os_class(const pugi::xml_node& node) {
  JsonObject out;
  for (const auto& [attribute, member] :
       {std::pair{"type", "type"}, {"vendor", "vendor"}, {"osfamily", "family"}, {"osgen", "generation"}})
    out.some(member, clipped(text_of(node, attribute), most_text));
  if (auto accuracy = number_of(node, "accuracy", 100)) out.number("accuracy", *accuracy);
  if (std::string cpes = cpes_of(node); !cpes.empty()) out.raw("cpe", cpes);
  return out.str();
}

std::string os_classes(const pugi::xml_node& node) {
  std::string list;
  std::size_t n = 0;
  for (const pugi::xml_node& one : node.children("osclass"))
    if (n++ < most_listed) append_item(list, os_class(one));
  return list.empty() ? list : list + "]";
}

/// The best match in front, all of them behind; up to version 1.03 classes stand beside the matches.
void read_os(const pugi::xml_node& node, Host& host) {
  const pugi::xml_node os = node.child("os");
  JsonObject out;
  std::string matches, beside = os_classes(os), cpe;
  std::size_t n = 0;
  for (const pugi::xml_node& match : os.children("osmatch")) {
    if (n++ == most_listed) break;
    const std::string name = clipped(text_of(match, "name"), most_text);
    const auto accuracy = number_of(match, "accuracy", 100);
    if (matches.empty()) {
      out.some("name", name);
      if (accuracy) out.number("accuracy", *accuracy);
      if (cpe = cpes_of(match.child("osclass")); !cpe.empty()) out.raw("cpe", cpe);
    }
    JsonObject one;
    one.some("name", name);
    if (accuracy) one.number("accuracy", *accuracy);
    if (std::string classes = os_classes(match); !classes.empty()) one.raw("classes", classes);
    append_item(matches, one.str());
  }
  if (!matches.empty()) out.raw("matches", matches + "]");
  if (!beside.empty()) out.raw("classes", beside);
  if (!out.empty()) host.os = out.str();
}

void read_trace(const pugi::xml_node& node, Host& host) {
  const pugi::xml_node trace = node.child("trace");
  std::string hops;
  std::size_t n = 0;
  for (const pugi::xml_node& hop : trace.children("hop")) {
    if (n++ == most_hops) break;
    JsonObject one;
    if (auto ttl = number_of(hop, "ttl", 255)) one.number("ttl", *ttl);
    one.some("ip", clipped(text_of(hop, "ipaddr"), 64)).some("host", clipped(text_of(hop, "host"), 255));
    const std::string_view rtt = text_of(hop, "rtt");
    double ms = 0;
    const auto [end, error] = std::from_chars(rtt.data(), rtt.data() + rtt.size(), ms, std::chars_format::fixed);
    if (!rtt.empty() && error == std::errc() && end == rtt.data() + rtt.size() && ms >= 0 && ms < 1e9) {
      std::string number;
      json::append_number(number, ms);
      one.raw("rtt_ms", number);
    }
    append_item(hops, one.str());
  }
  if (hops.empty()) return;
  JsonObject out;
  out.some("protocol", clipped(text_of(trace, "proto"), 8));
  if (auto port = number_of(trace, "port", 65535)) out.number("port", *port);
  host.trace = out.raw("hops", hops + "]").str();
}
}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text.substr(0, std::min(text.find('%'), text.size())));
  Address out{};
  if (inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
  out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, copy.c_str(), out.data() + 12) == 1) return out;
  return std::nullopt;
}

Head read_head(std::string_view start_tag) {
  pugi::xml_document document;
  Head head;
  if (!load(document, std::string(start_tag) + (start_tag.ends_with("/>") ? "" : "</nmaprun>"))) return head;
  const pugi::xml_node run = document.child("nmaprun");
  head.scanner = clipped(text_of(run, "scanner"), 64);
  head.version = clipped(text_of(run, "version"), 64);
  head.start = time_of(run, "start");
  return head;
}

std::optional<Host> read_host(std::string_view element) {
  pugi::xml_document document;
  if (!load(document, element)) return std::nullopt;
  const pugi::xml_node node = document.child("host");
  if (!node) return std::nullopt;
  Host host;
  host.state = clipped(text_of(node.child("status"), "state"), 16);
  host.reason = clipped(text_of(node.child("status"), "reason"), 32);
  host.timed_out = text_of(node, "timedout") == "true";
  host.time = time_of(node, "endtime");
  if (host.time == 0) host.time = time_of(node, "starttime");
  read_addresses(node, host);
  read_names(node, host);
  read_ports(node, host);
  read_os(node, host);
  read_trace(node, host);
  host.scripts = scripts_in(node.child("hostscript"));
  host.distance = number_of(node.child("distance"), "value", 255);
  if (auto seconds = number_of(node.child("uptime"), "seconds"))
    host.uptime = JsonObject()
                      .number("seconds", *seconds)
                      .some("last_boot", clipped(text_of(node.child("uptime"), "lastboot"), 64))
                      .str();
  return host;
}

RunStats read_run_stats(std::string_view element) {
  pugi::xml_document document;
  RunStats out;
  if (!load(document, element)) return out;
  const pugi::xml_node stats = document.child("runstats");
  const std::string_view exit = text_of(stats.child("finished"), "exit");
  out.success = stats.child("finished") && (exit.empty() || exit == "success");  // before 1.04 there was no "exit"
  out.error = clipped(text_of(stats.child("finished"), "errormsg"), most_text);
  out.total = number_of(stats.child("hosts"), "total").value_or(0);
  return out;
}

}  // namespace sonde::nmap_xml
