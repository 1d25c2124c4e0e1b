// Which columns make a table.
#include "tables.hpp"

#include <algorithm>
#include <array>

#include "json_rows.hpp"

namespace sonde::snmp {
namespace {

// ifDescr, ifType, ifSpeed, ifPhysAddress, ifAdminStatus, ifOperStatus; ifName, ifHighSpeed, ifAlias
constexpr std::array<std::string_view, 9> interfaces = {
    "1.3.6.1.2.1.2.2.1.2",    "1.3.6.1.2.1.2.2.1.3",     "1.3.6.1.2.1.2.2.1.5",
    "1.3.6.1.2.1.2.2.1.6",    "1.3.6.1.2.1.2.2.1.7",     "1.3.6.1.2.1.2.2.1.8",
    "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.15", "1.3.6.1.2.1.31.1.1.1.18"};
// ipAddressIfIndex, ipAddressPrefix; the older ipAdEntIfIndex, ipAdEntNetMask
constexpr std::array<std::string_view, 4> addresses = {"1.3.6.1.2.1.4.34.1.3", "1.3.6.1.2.1.4.34.1.5",
                                                       "1.3.6.1.2.1.4.20.1.2", "1.3.6.1.2.1.4.20.1.3"};
// ipNetToPhysicalPhysAddress; the older ipNetToMediaPhysAddress
constexpr std::array<std::string_view, 2> arp = {"1.3.6.1.2.1.4.35.1.4", "1.3.6.1.2.1.4.22.1.2"};
// entPhysicalDescr, Class, Name, HardwareRev, FirmwareRev, SoftwareRev, SerialNum, MfgName, ModelName
constexpr std::array<std::string_view, 9> entity = {
    "1.3.6.1.2.1.47.1.1.1.1.2",  "1.3.6.1.2.1.47.1.1.1.1.5",  "1.3.6.1.2.1.47.1.1.1.1.7",
    "1.3.6.1.2.1.47.1.1.1.1.8",  "1.3.6.1.2.1.47.1.1.1.1.9",  "1.3.6.1.2.1.47.1.1.1.1.10",
    "1.3.6.1.2.1.47.1.1.1.1.11", "1.3.6.1.2.1.47.1.1.1.1.12", "1.3.6.1.2.1.47.1.1.1.1.13"};
// lldpRemChassisIdSubtype, ChassisId, PortIdSubtype, PortId, PortDesc, SysName, SysDesc; lldpLocPortId;
// lldpRemManAddrIfSubtype, whose index holds the address
constexpr std::array<std::string_view, 9> lldp = {
    "1.0.8802.1.1.2.1.4.1.1.4",  "1.0.8802.1.1.2.1.4.1.1.5", "1.0.8802.1.1.2.1.4.1.1.6",
    "1.0.8802.1.1.2.1.4.1.1.7",  "1.0.8802.1.1.2.1.4.1.1.8", "1.0.8802.1.1.2.1.4.1.1.9",
    "1.0.8802.1.1.2.1.4.1.1.10", "1.0.8802.1.1.2.1.3.7.1.3", "1.0.8802.1.1.2.1.4.2.1.3"};

constexpr std::array<Table, 5> tables = {{{"interfaces", interfaces, interfaces_json},
                                          {"addresses", addresses, addresses_json},
                                          {"arp", arp, arp_json},
                                          {"entity", entity, entity_json},
                                          {"lldp", lldp, lldp_json}}};

}  // namespace

const Table* find_table(std::string_view name) {
  const auto* found = std::find_if(tables.begin(), tables.end(), [&](const Table& t) { return t.name == name; });
  return found == tables.end() ? nullptr : found;
}

std::vector<Oid> columns_of(const Table& table) {
  std::vector<Oid> out;
  for (std::string_view oid : table.oids) out.push_back(parse_oid(oid).value_or(Oid{}));
  return out;
}

}  // namespace sonde::snmp
