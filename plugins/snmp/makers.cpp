// The table of enterprise numbers: makers of network devices, printers, servers and their agents, by the registry at
// https://www.iana.org/assignments/enterprise-numbers.
#include "makers.hpp"

#include <algorithm>
#include <array>

namespace sonde::snmp {
namespace {

struct Maker {
  uint32_t number;
  std::string_view name;
};

constexpr std::array<Maker, 56> makers = {{
    {2, "IBM"},
    {9, "Cisco"},
    {11, "Hewlett-Packard"},
    {36, "DEC"},
    {42, "Sun Microsystems"},
    {43, "3Com"},
    {63, "Apple"},
    {111, "Oracle"},
    {119, "NEC"},
    {161, "Motorola"},
    {171, "D-Link"},
    {207, "Allied Telesis"},
    {211, "Fujitsu"},
    {232, "Compaq"},
    {236, "Samsung"},
    {253, "Xerox"},
    {311, "Microsoft"},
    {318, "APC"},
    {343, "Intel"},
    {367, "Ricoh"},
    {368, "Axis"},
    {476, "Vertiv"},
    {534, "Eaton"},
    {637, "Alcatel-Lucent"},
    {641, "Lexmark"},
    {674, "Dell"},
    {789, "NetApp"},
    {890, "Zyxel"},
    {1248, "Epson"},
    {1347, "Kyocera"},
    {1588, "Brocade"},
    {1602, "Canon"},
    {1916, "Extreme Networks"},
    {1991, "Foundry Networks"},
    {2011, "Huawei"},
    {2021, "UC Davis (UCD-SNMP)"},
    {2272, "Nortel"},
    {2385, "Sharp"},
    {2435, "Brother"},
    {2636, "Juniper Networks"},
    {3375, "F5"},
    {3808, "CyberPower"},
    {4526, "Netgear"},
    {5951, "Citrix NetScaler"},
    {6486, "Alcatel-Lucent Enterprise"},
    {6574, "Synology"},
    {6876, "VMware"},
    {8072, "Net-SNMP"},
    {11863, "TP-Link"},
    {12356, "Fortinet"},
    {14179, "Airespace"},
    {14823, "Aruba"},
    {14988, "MikroTik"},
    {24681, "QNAP"},
    {25461, "Palo Alto Networks"},
    {41112, "Ubiquiti"},
}};
static_assert(std::is_sorted(makers.begin(), makers.end(),
                             [](const Maker& a, const Maker& b) { return a.number < b.number; }));

const Oid& enterprises() {
  static const Oid root = {1, 3, 6, 1, 4, 1};
  return root;
}

}  // namespace

std::optional<uint32_t> enterprise_of(const Oid& sys_object_id) {
  if (!is_under(sys_object_id, enterprises()) || sys_object_id.size() == enterprises().size()) return std::nullopt;
  return sys_object_id[enterprises().size()];
}

std::string_view maker_of(uint32_t enterprise) {
  const auto* found = std::lower_bound(makers.begin(), makers.end(), enterprise,
                                       [](const Maker& m, uint32_t number) { return m.number < number; });
  return found != makers.end() && found->number == enterprise ? found->name : std::string_view();
}

std::string_view system_of(const Oid& id) {
  // netSnmpAgentOIDs of NET-SNMP-TC, in their order from 1.
  static constexpr std::array<std::string_view, 17> net_snmp = {
      "HP-UX", "SunOS",  "Solaris", "OSF/1",   "Ultrix", "HP-UX", "NetBSD", "FreeBSD",      "IRIX",
      "Linux", "BSD/OS", "OpenBSD", "Windows", "HP-UX",  "AIX",   "macOS",  "DragonFly BSD"};
  static const Oid agents = {1, 3, 6, 1, 4, 1, 8072, 3, 2}, windows = {1, 3, 6, 1, 4, 1, 311, 1, 1, 3, 1};
  if (id.size() == agents.size() + 1 && is_under(id, agents) && id.back() >= 1 && id.back() <= net_snmp.size())
    return net_snmp[id.back() - 1];
  if (id.size() > windows.size() && is_under(id, windows)) return "Windows";
  return {};
}

}  // namespace sonde::snmp
