// Output of nmap's scripts as JSON: {"id":{"output":"text","data":...}}.
#pragma once
#include <string>

namespace pugi {
class xml_node;
}

namespace sonde::nmap_xml {

/// The <script> children of a port or <hostscript>; empty when there is none. Bounded: what is too long is cut and says
/// "truncated".
std::string scripts_in(const pugi::xml_node& parent);

}  // namespace sonde::nmap_xml
