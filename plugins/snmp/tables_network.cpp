// Interfaces, addresses and the ARP table of a device (IF-MIB, IP-MIB).
#include <set>
#include <string>

#include "json_rows.hpp"

namespace sonde::snmp {
namespace {

constexpr std::string_view admin_words[] = {"up", "down", "testing"};
constexpr std::string_view oper_words[] = {"up",      "down",        "testing",         "unknown",
                                           "dormant", "not-present", "lower-layer-down"};
constexpr uint64_t million = 1'000'000, gauge_is_full = 4'294'967'295;

/// InetAddress in an index: type, length, octets (RFC 4001). Empty when it is none.
std::string address_in(const Oid& index, size_t type_at) {
  if (type_at + 2 > index.size()) return {};
  const size_t length = index[type_at + 1];
  if (length > 20) return {};
  return address_text(octets_of(index, type_at + 2, length));
}

uint64_t prefix_of_mask(const Value& mask) {
  uint64_t bits = 0;
  for (char octet : mask.octets) bits += static_cast<uint64_t>(__builtin_popcount(static_cast<uint8_t>(octet)));
  return bits;
}

std::set<Oid> indexes_of(const std::vector<Walk::Cells>& cells) {
  std::set<Oid> out;
  for (const Walk::Cells& column : cells)
    for (const auto& [index, value] : column) out.insert(index);
  return out;
}

/// Rows of addresses, each once: the newer table first, which also knows IPv6.
class AddressRows {
 public:
  bool begin(const std::string& address, uint64_t interface) {
    if (address.empty() || !seen_.insert(address + '%' + std::to_string(interface)).second) return false;
    rows.begin();
    rows.text("address", address);
    return true;
  }
  JsonRows rows;

 private:
  std::set<std::string> seen_;
};

}  // namespace

std::string interfaces_json(const std::vector<Walk::Cells>& cells) {
  enum : size_t { descr, type, speed, mac, admin, oper, name, high_speed, alias };
  JsonRows rows;
  for (const Oid& index : indexes_of(cells)) {
    if (index.size() != 1) continue;
    const auto at = [&](size_t column) -> const Value& { return cell(cells[column], index); };
    const auto text = [&](size_t column) { return value_text(at(column), Meaning::text); };
    rows.begin();
    rows.number("index", index[0]);
    rows.text("name", text(name));
    rows.text("descr", text(descr));
    rows.text("alias", text(alias));
    if (at(type).there()) rows.number("type", natural_of(at(type)));
    if (!at(mac).octets.empty()) rows.text("mac", value_text(at(mac), Meaning::mac));
    rows.text("admin", word_of(at(admin), admin_words));
    rows.text("oper", word_of(at(oper), oper_words));
    // ifSpeed ends at 4 Gbit/s; above, ifHighSpeed counts in millions.
    const uint64_t slow = natural_of(at(speed)), fast = natural_of(at(high_speed));
    const uint64_t bits = fast != 0 && (slow == 0 || slow == gauge_is_full) ? fast * million : slow;
    if (bits != 0) rows.number("speed", bits);
    rows.end();
  }
  return rows.finish();
}

std::string addresses_json(const std::vector<Walk::Cells>& cells) {
  enum : size_t { interface, prefix, old_interface, old_mask };
  AddressRows out;
  for (const auto& [index, value] : cells[interface]) {
    if (!out.begin(address_in(index, 0), natural_of(value))) continue;
    // A pointer to a row of ipAddressPrefixTable, whose index ends with the length.
    const Oid& pointer = cell(cells[prefix], index).oid;
    if (pointer.size() > 2 && pointer.back() <= 128) out.rows.number("prefix", pointer.back());
    out.rows.number("interface", natural_of(value));
    out.rows.end();
  }
  for (const auto& [index, value] : cells[old_interface]) {
    if (index.size() != 4 || !out.begin(address_text(octets_of(index, 0, 4)), natural_of(value))) continue;
    const Value& mask = cell(cells[old_mask], index);
    if (mask.kind == Value::Kind::address) out.rows.number("prefix", prefix_of_mask(mask));
    out.rows.number("interface", natural_of(value));
    out.rows.end();
  }
  return out.rows.finish();
}

std::string arp_json(const std::vector<Walk::Cells>& cells) {
  enum : size_t { physical, media };
  AddressRows out;
  const auto add = [&](const std::string& address, uint32_t interface, const Value& mac) {
    if (mac.octets.empty() || !out.begin(address, interface)) return;
    out.rows.text("mac", value_text(mac, Meaning::mac));
    out.rows.number("interface", interface);
    out.rows.end();
  };
  for (const auto& [index, mac] : cells[physical])
    if (!index.empty()) add(address_in(index, 1), index[0], mac);
  for (const auto& [index, mac] : cells[media])
    if (index.size() == 5) add(address_text(octets_of(index, 1, 4)), index[0], mac);
  return out.rows.finish();
}

}  // namespace sonde::snmp
