// The fields of the host record that this plugin fills, and how a host of a report fills them.
#pragma once
#include <sonde/plugin.hpp>

#include "host.hpp"
#include "reader.hpp"

namespace sonde::nmap_xml {

inline constexpr Scalar<std::string_view> hostname{0, "hostname", "the name given to the scanner, else of the PTR"};
inline constexpr Scalar<std::string_view> reverse_dns{1, "reverse_dns",
                                                      "whole PTR name, where the scanner asked for it"};
inline constexpr Scalar<std::string_view> mac{2, "mac", "link-layer address"};
inline constexpr Scalar<std::string_view> vendor{3, "vendor", "who the MAC was assigned to, as the scanner says"};
inline constexpr List<uint64_t> ports{4, "ports", "open TCP ports"};
inline constexpr Map<std::string_view> banners{5, "banners", "by port, from masscan --banners"};
inline constexpr Map<Json> services{
    6, "services",
    "by port: state, name, product, version, extra, cpe, method, confidence, tunnel, hostname, os, device"};
inline constexpr Scalar<Json> os{7, "os", "best match, accuracy, cpe, and all matches with their classes"};
inline constexpr Map<Json> scripts{8, "nmap-xml.scripts",
                                   "by port, or \"host\": output and data of each script by its id"};
inline constexpr List<std::string_view> addresses{9, "nmap-xml.addresses", "further addresses of the host"};
inline constexpr List<std::string_view> names{10, "nmap-xml.names", "all names", SONDE_F_DETAIL};
inline constexpr Scalar<uint64_t> distance{11, "nmap-xml.distance", "hops", SONDE_F_DETAIL};
inline constexpr Scalar<Json> uptime{12, "nmap-xml.uptime", "seconds and last_boot, a guess", SONDE_F_DETAIL};
inline constexpr Scalar<Json> trace{13, "nmap-xml.trace", "protocol, port and hops of the traceroute", SONDE_F_DETAIL};
inline constexpr Scalar<Json> states{14, "nmap-xml.states", "how many ports are in each state other than open",
                                     SONDE_F_DETAIL};
inline constexpr Scalar<Json> report{15, "nmap-xml.report", "scanner, version, and when", SONDE_F_DETAIL};
inline constexpr Scalar<bool> alive{16, "alive", "true when a packet came back to the scanner"};

/// A source speaks of an earlier run: whether a host is alive now is for the stages.
inline constexpr auto source_outputs = fields(hostname, reverse_dns, mac, vendor, ports, banners, services, os, scripts,
                                              addresses, names, distance, uptime, trace, states, report);
inline constexpr auto outputs = fields(hostname, reverse_dns, mac, vendor, ports, banners, services, os, scripts,
                                       addresses, names, distance, uptime, trace, states, report, alive);

/// All but `alive`; nothing of a host that is down. `self`: the address that the record is of.
void put_facts(const Task&, const Host&, const Head&, const Address& self);

/// RFC 5952 text, v4 as a dotted quad.
std::string to_text(const Address&);

}  // namespace sonde::nmap_xml
