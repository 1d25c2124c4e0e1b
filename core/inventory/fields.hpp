// The fields of the host record of a run: the well-known ones, with type and merge rule, and the plugins' own.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sonde::core {

using FieldId = uint16_t;
inline constexpr FieldId no_field = 0xffff;

enum class Merge : uint8_t {
  key,            ///< ip: the identity
  any_true,       ///< alive
  smallest,       ///< rtt_ms
  first,          ///< by stage order
  by_source,      ///< hostname: sysName, nmap, first label of the PTR, the given name
  with_mac,       ///< vendor: of the stage whose mac won
  set_union,      ///< ports
  per_key,        ///< banners, snmp: first per key
  per_key_deep    ///< services: per key, objects merged member by member, first wins
};

struct Field {
  std::string name;
  uint32_t type = 0, shape = 0;  ///< SONDE_* of the ABI
  Merge merge = Merge::first;
  bool detail = false;           ///< exported only on demand
  std::string help;
};

/// Well-known fields come first, in the order of the exported record ("ip" is 0); plugins' own after them.
class FieldTable {
 public:
  FieldTable();  ///< the well-known ones
  FieldId find(std::string_view name) const;  ///< no_field if absent
  /// A plugin's output. Well-known: type and shape must agree. Own: "ID.name", where ID is the plugin's id ("tls.subject"
  /// by plugin "tls", or "tls-cert.subject" by "tls-cert").
  Result<FieldId> bind_output(std::string_view plugin_id, std::string_view name, uint32_t type, uint32_t shape,
                              bool detail, std::string_view help);
  const Field& operator[](FieldId id) const { return fields_[id]; }
  std::size_t size() const { return fields_.size(); }
  static FieldId ip, alive, rtt_ms, hostname, reverse_dns, mac, vendor, ports, banners, services, os, snmp, dns, tcp,
      mac_flags, link, evidence;

 private:
  std::vector<Field> fields_;
};

}  // namespace sonde::core
