// Which fields the table shows, and in which short form.
#include "cli/host_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/table.hpp"

namespace sonde::core::cli {
namespace {

std::string text_of(const Value& record, std::string_view field) {
  const Value* v = record.find(field);
  return v != nullptr && v->text() != nullptr ? *v->text() : std::string();
}

std::string rtt_of(const Value& record) {
  const Value* v = record.find("rtt_ms");
  if (v == nullptr) return {};
  // A local answer takes some hundredths of a millisecond: three figures tell it from nothing.
  if (v->real() != nullptr) return fmt::format("{:.{}f}ms", *v->real(), *v->real() < 1 ? 2 : 1);
  return v->integer() != nullptr ? fmt::format("{}ms", *v->integer()) : std::string();
}

std::string ports_of(const Value& record) {
  const Value* v = record.find("ports");
  std::string out;
  if (v == nullptr || v->array() == nullptr) return out;
  for (const Value& port : *v->array()) out += (out.empty() ? "" : ",") + to_json(port);
  return out;
}

/// The products behind the ports, each once: "OpenSSH 9.3, nginx 1.22.1".
std::string products(const Value& record) {
  const Value* services = record.find("services");
  std::vector<std::string> seen;
  if (services == nullptr || services->object() == nullptr) return {};
  for (const Value::Member& service : *services->object()) {
    const Value* product = service.value.find("product");
    if (product == nullptr || product->text() == nullptr) continue;
    const Value* version = service.value.find("version");
    std::string name = *product->text();
    if (version != nullptr && version->text() != nullptr) name += " " + *version->text();
    if (std::find(seen.begin(), seen.end(), name) == seen.end()) seen.push_back(std::move(name));
  }
  return fmt::format("{}", fmt::join(seen, ", "));
}

/// What says most about the host in a few words: what it calls itself over SNMP, its system, its products, its first
/// banner.
std::string about(const Value& record) {
  if (const Value* snmp = record.find("snmp"))
    if (const Value* described = snmp->find("sysDescr"); described != nullptr && described->text() != nullptr)
      return *described->text();
  if (const Value* os = record.find("os"))
    if (const Value* name = os->find("name"); name != nullptr && name->text() != nullptr) return *name->text();
  if (std::string known = products(record); !known.empty()) return known;
  const Value* banners = record.find("banners");
  if (banners == nullptr || banners->object() == nullptr) return {};
  for (const Value::Member& banner : *banners->object())
    if (banner.value.text() != nullptr && !banner.value.text()->empty())
      return banner.key + ": " + *banner.value.text();
  return {};
}

}  // namespace

std::string render_hosts(const std::vector<Value>& records, std::size_t width, bool colour) {
  Table table({{"IP"},
               {"HOSTNAME", Table::Align::left, true},
               {"RTT", Table::Align::right},
               {"MAC"},
               {"VENDOR", Table::Align::left, true},
               {"PORTS", Table::Align::left, true},
               {"ABOUT", Table::Align::left, true}});
  for (const Value& record : records) {
    std::string name = text_of(record, "hostname");
    if (name.empty()) name = text_of(record, "reverse_dns");
    table.add({text_of(record, "ip"), name, rtt_of(record), text_of(record, "mac"), text_of(record, "vendor"),
               ports_of(record), about(record)});
  }
  return table.render(width, colour);
}

}  // namespace sonde::core::cli
