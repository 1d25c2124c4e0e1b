// What a device is made of (ENTITY-MIB), and who stands beside it (LLDP-MIB).
#include <string>

#include "json_rows.hpp"
#include "tables.hpp"

namespace sonde::snmp {
namespace {

namespace entity {
enum Column : size_t { descr, kind, name, hardware, firmware, software, serial, maker, model };
}
constexpr std::string_view class_words[] = {"other", "unknown", "chassis", "backplane", "container", "power-supply",
                                            "fan",   "sensor",  "module",  "port",      "stack",     "cpu"};
constexpr uint64_t class_chassis = 3, class_stack = 11;

namespace lldp {
enum Column : size_t { chassis_kind, chassis, port_kind, port, port_descr, name, descr, local_port, management };
}
// LldpChassisIdSubtype and LldpPortIdSubtype number these two differently.
constexpr uint64_t chassis_is_mac = 4, chassis_is_address = 5, port_is_mac = 3, port_is_address = 4;

/// An id of LLDP by its subtype: a MAC, an address behind its family, or what it looks like.
std::string id_text(const Value& id, uint64_t kind, uint64_t mac, uint64_t address) {
  if (kind == mac) return value_text(id, Meaning::mac);
  if (kind == address && id.octets.size() > 1)
    if (std::string text = address_text(std::string_view(id.octets).substr(1)); !text.empty()) return text;
  return value_text(id);
}

/// The first management address of a neighbour: index is time, port, number, family, length, octets.
std::string management_address(const Walk::Cells& column, const Oid& neighbour) {
  for (auto it = column.lower_bound(neighbour); it != column.end() && is_under(it->first, neighbour); ++it) {
    const Oid& index = it->first;
    if (index.size() < neighbour.size() + 2) continue;
    const size_t length = index[neighbour.size() + 1];
    if (length != 4 && length != 16) continue;
    if (std::string text = address_text(octets_of(index, neighbour.size() + 2, length)); !text.empty()) return text;
  }
  return {};
}

}  // namespace

std::string entity_json(const std::vector<Walk::Cells>& cells) {
  JsonRows rows;
  for (const auto& [index, kind] : cells[entity::kind]) {
    if (index.size() != 1) continue;
    const Oid& row = index;
    const auto text = [&](size_t column) { return value_text(cell(cells[column], row), Meaning::text); };
    rows.begin();
    rows.number("index", index[0]);
    rows.text("class", word_of(kind, class_words));
    rows.text("name", text(entity::name));
    rows.text("descr", text(entity::descr));
    rows.text("maker", text(entity::maker));
    rows.text("model", text(entity::model));
    rows.text("serial", text(entity::serial));
    rows.text("hardware", text(entity::hardware));
    rows.text("firmware", text(entity::firmware));
    rows.text("software", text(entity::software));
    rows.end();
  }
  return rows.finish();
}

Chassis chassis_of(const std::vector<Walk::Cells>& cells) {
  Chassis out;
  for (const uint64_t wanted : {class_chassis, class_stack}) {
    for (const auto& [index, kind] : cells[entity::kind]) {
      if (natural_of(kind) != wanted) continue;
      const Oid& row = index;
      const auto text = [&](size_t column) { return value_text(cell(cells[column], row), Meaning::text); };
      out = {text(entity::maker), text(entity::model), text(entity::serial)};
      if (!out.serial.empty() || !out.model.empty()) return out;
    }
  }
  return out;
}

std::string lldp_json(const std::vector<Walk::Cells>& cells) {
  JsonRows rows;
  for (const auto& [index, chassis] : cells[lldp::chassis]) {
    if (index.size() != 3) continue;
    const Oid& row = index;
    const auto at = [&](size_t column) -> const Value& { return cell(cells[column], row); };
    const auto text = [&](size_t column) { return value_text(at(column), Meaning::text); };
    const std::string local = value_text(cell(cells[lldp::local_port], {index[1]}));
    rows.begin();
    rows.text("local_port", local.empty() ? std::to_string(index[1]) : local);
    rows.text("chassis", id_text(chassis, natural_of(at(lldp::chassis_kind)), chassis_is_mac, chassis_is_address));
    rows.text("port", id_text(at(lldp::port), natural_of(at(lldp::port_kind)), port_is_mac, port_is_address));
    rows.text("port_descr", text(lldp::port_descr));
    rows.text("name", text(lldp::name));
    rows.text("descr", text(lldp::descr));
    rows.text("address", management_address(cells[lldp::management], index));
    rows.end();
  }
  return rows.finish();
}

}  // namespace sonde::snmp
