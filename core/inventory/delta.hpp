// What changed between two inventories: new, gone, changed field by field, and what was not scanned.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "inventory/run_document.hpp"

namespace sonde::core {

struct FieldChange {
  std::string field;
  Value before, after;  ///< null: absent
};
struct HostChange {
  IpAddress ip{};
  std::vector<FieldChange> fields;
};
struct Delta {
  std::vector<Value> fresh;    ///< whole records
  std::vector<Value> gone;     ///< whole old records: within the new run's covered scope, and no longer there
  std::vector<HostChange> changed;
  std::vector<IpAddress> not_scanned;  ///< known before, outside what the new run covered
  bool coverage_unknown = false;       ///< no run document of the new run: no host is called gone
  bool empty() const { return fresh.empty() && gone.empty() && changed.empty(); }
};

/// An inventory as exported: the JSON array or JSON lines, with the run document beside it when there is one
/// (run.json in its directory when that names the file's run, or NAME.run.json).
struct Snapshot {
  std::string file;
  std::vector<Value> records;  ///< by address
  std::optional<RunDocument> run;
};
Result<Snapshot> read_snapshot(const std::string& path);
/// Compares ports, vendor, mac, hostname, reverse_dns, alive, banners, services, os, snmp and own fields; not rtt_ms, nor
/// values that pass by themselves (snmp.sysUpTime).
Delta compare(const Snapshot& before, const Snapshot& after);
enum class DeltaFormat { text, json, markdown };
std::string render(const Delta&, DeltaFormat, bool colour = false);
Value to_value(const Delta&);

}  // namespace sonde::core
