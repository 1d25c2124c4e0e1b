// The table of names: scalars of the standard modules (SNMPv2-MIB, IF-MIB, HOST-RESOURCES-MIB, Printer-MIB, UPS-MIB,
// BRIDGE-MIB, LLDP-MIB, SNMP-FRAMEWORK-MIB) that say what a device is.
#include "names.hpp"

#include <algorithm>
#include <array>

namespace sonde::snmp {
namespace {

constexpr size_t of_the_system = 6;
constexpr std::array<NamedObject, 32> objects = {{
    {"sysDescr", "1.3.6.1.2.1.1.1.0", Meaning::text},
    {"sysObjectID", "1.3.6.1.2.1.1.2.0"},
    {"sysUpTime", "1.3.6.1.2.1.1.3.0"},
    {"sysContact", "1.3.6.1.2.1.1.4.0", Meaning::text},
    {"sysName", "1.3.6.1.2.1.1.5.0", Meaning::text},
    {"sysLocation", "1.3.6.1.2.1.1.6.0", Meaning::text},
    {"sysServices", "1.3.6.1.2.1.1.7.0"},
    {"ifNumber", "1.3.6.1.2.1.2.1.0"},
    {"ipForwarding", "1.3.6.1.2.1.4.1.0"},
    {"snmpEngineID", "1.3.6.1.6.3.10.2.1.1.0", Meaning::raw},
    {"snmpEngineBoots", "1.3.6.1.6.3.10.2.1.2.0"},
    {"snmpEngineTime", "1.3.6.1.6.3.10.2.1.3.0"},
    {"hrSystemUptime", "1.3.6.1.2.1.25.1.1.0"},
    {"hrSystemDate", "1.3.6.1.2.1.25.1.2.0", Meaning::date},
    {"hrSystemNumUsers", "1.3.6.1.2.1.25.1.5.0"},
    {"hrSystemProcesses", "1.3.6.1.2.1.25.1.6.0"},
    {"hrMemorySize", "1.3.6.1.2.1.25.2.2.0"},
    {"dot1dBaseBridgeAddress", "1.3.6.1.2.1.17.1.1.0", Meaning::mac},
    {"dot1dBaseNumPorts", "1.3.6.1.2.1.17.1.2.0"},
    {"prtGeneralPrinterName", "1.3.6.1.2.1.43.5.1.1.16.1", Meaning::text},
    {"prtGeneralSerialNumber", "1.3.6.1.2.1.43.5.1.1.17.1", Meaning::text},
    {"prtMarkerLifeCount", "1.3.6.1.2.1.43.10.2.1.4.1.1"},
    {"upsIdentManufacturer", "1.3.6.1.2.1.33.1.1.1.0", Meaning::text},
    {"upsIdentModel", "1.3.6.1.2.1.33.1.1.2.0", Meaning::text},
    {"upsIdentUPSSoftwareVersion", "1.3.6.1.2.1.33.1.1.3.0", Meaning::text},
    {"upsIdentName", "1.3.6.1.2.1.33.1.1.5.0", Meaning::text},
    {"upsBatteryStatus", "1.3.6.1.2.1.33.1.2.1.0"},
    {"upsEstimatedChargeRemaining", "1.3.6.1.2.1.33.1.2.4.0"},
    {"upsOutputPercentLoad", "1.3.6.1.2.1.33.1.4.4.1.5.1"},
    {"lldpLocChassisId", "1.0.8802.1.1.2.1.3.2.0", Meaning::mac},
    {"lldpLocSysName", "1.0.8802.1.1.2.1.3.3.0", Meaning::text},
    {"lldpLocSysDesc", "1.0.8802.1.1.2.1.3.4.0", Meaning::text},
}};
static_assert(objects[of_the_system - 1].name == "sysLocation");

}  // namespace

std::span<const NamedObject> system_objects() {
  return std::span(objects).first(of_the_system);
}

std::span<const NamedObject> named_objects() {
  return objects;
}

const NamedObject* find_name(std::string_view name) {
  const auto* found = std::find_if(objects.begin(), objects.end(), [&](const NamedObject& o) {
    // "sysName.0" names the same single instance as "sysName".
    return o.name == name ||
           (o.oid.ends_with(".0") && name.ends_with(".0") && o.name == name.substr(0, name.size() - 2));
  });
  return found == objects.end() ? nullptr : found;
}

}  // namespace sonde::snmp
