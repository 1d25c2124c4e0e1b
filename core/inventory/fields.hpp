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
  key,          ///< ip: the identity
  any_true,     ///< alive
  smallest,     ///< rtt_ms
  first,        ///< by stage order
  by_source,    ///< hostname: sysName, nmap, first label of the PTR, the given name
  with_mac,     ///< vendor, mac_flags: of a stage that stated the mac that won, or stated none
  set_union,    ///< ports
  per_key,      ///< banners, snmp: first per key
  per_key_deep  ///< services: per key, objects merged member by member, first wins
};

struct Field {
  std::string name;
  uint32_t type = 0, shape = 0;  ///< SONDE_* of the ABI
  Merge merge = Merge::first;
  bool detail = false;  ///< exported only on demand
  std::string help;
};

/// Well-known fields come first, in the order of the exported record ("ip" is 0); plugins' own after them.
class FieldTable {
 public:
  FieldTable();                               ///< the well-known ones
  FieldId find(std::string_view name) const;  ///< no_field if absent
  /// A plugin's output. Well-known: type and shape must agree (a field of any type takes each), "ip" and "evidence" are
  /// the core's, and the table decides about `detail`. Own: "ID.name", where ID is the plugin's id ("tls.subject" by
  /// plugin "tls", or "tls-cert.subject" by "tls-cert") and no well-known field, and name is letters, digits, _ or -.
  Result<FieldId> bind_output(std::string_view plugin_id, std::string_view name, uint32_t type, uint32_t shape,
                              bool detail, std::string_view help);
  const Field& operator[](FieldId id) const { return fields_[id]; }
  std::size_t size() const { return fields_.size(); }
  static constexpr FieldId ip = 0, alive = 1, rtt_ms = 2, hostname = 3, reverse_dns = 4, mac = 5, vendor = 6, ports = 7,
                           banners = 8, services = 9, os = 10, snmp = 11, dns = 12, tcp = 13, mac_flags = 14, link = 15,
                           evidence = 16, well_known_count = 17;

 private:
  std::vector<Field> fields_;
};

}  // namespace sonde::core
