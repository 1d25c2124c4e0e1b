// Which fields the table shows, and in which short form.
#include "cli/host_table.hpp"

#include <fmt/format.h>

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
  if (v->real() != nullptr) return fmt::format("{:.1f}ms", *v->real());
  return v->integer() != nullptr ? fmt::format("{}ms", *v->integer()) : std::string();
}

std::string ports_of(const Value& record) {
  const Value* v = record.find("ports");
  std::string out;
  if (v == nullptr || v->array() == nullptr) return out;
  for (const Value& port : *v->array()) out += (out.empty() ? "" : ",") + to_json(port);
  return out;
}

/// What says most about the host in a few words: what it calls itself over SNMP, its system, its first banner.
std::string about(const Value& record) {
  if (const Value* snmp = record.find("snmp"))
    if (const Value* described = snmp->find("sysDescr"); described != nullptr && described->text() != nullptr)
      return *described->text();
  if (const Value* os = record.find("os"))
    if (const Value* name = os->find("name"); name != nullptr && name->text() != nullptr) return *name->text();
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
