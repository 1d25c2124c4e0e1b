// What changed between two inventories: new, gone, changed field by field, and what was not scanned.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/inventory_records.hpp"
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
  std::vector<Value> fresh;  ///< whole records
  std::vector<Value> gone;   ///< whole old records: within the new run's covered scope, and no longer there
  std::vector<HostChange> changed;
  std::vector<IpAddress> not_scanned;  ///< known before, absent now, and not (surely) asked by the new run
  /// Known now, absent before, and no target of the older run, or perhaps one that it did not come to.
  std::vector<IpAddress> not_scanned_before;
  /// In both, and not compared: one of the runs ended before all stages had had it.
  std::vector<IpAddress> partly_scanned;
  std::string compared_with;                ///< the id of the older run, where its document is there
  std::vector<std::string> stages_missing;  ///< ran before and not now: what vanished with them is no change
  std::string ports_not_compared;           ///< "8080": of the ports that stages ask, those of one run only
  /// In both, and one of the runs did not ask for ports that the other found: a stage's `when` was false there.
  std::vector<IpAddress> ports_not_asked;
  /// In both, and what differs is not told: in one of the runs a stage that states it ended in an error, had no
  /// answer of the server that it asks, or left the host out.
  std::vector<IpAddress> fields_not_known;
  bool coverage_unknown = false;  ///< no run document of the new run: no host is called gone
  bool empty() const { return fresh.empty() && gone.empty() && changed.empty(); }
};

/// An inventory as exported: the JSON array or JSON lines, with the run document beside it when there is one
/// (NAME.run.json, or run.json in its directory when that lists the file among its outputs). Of two records of one
/// address the later counts.
struct Snapshot {
  std::string file;  ///< empty: in memory
  InventoryRecords records;
  std::optional<RunDocument> run;
};
Result<Snapshot> read_snapshot(const std::string& path);
/// The document alone.
Result<std::optional<RunDocument>> run_document_of(const std::string& inventory);
/// From memory.
Result<InventoryRecords> parse_records(std::string_view text, const std::string& name_for_messages);
/// Compares ports, vendor, mac, hostname, reverse_dns, alive, banners, services, os, snmp and own fields; not rtt_ms,
/// nor values that pass by themselves (snmp.sysUpTime), nor details (dns, tcp, mac_flags, link, evidence). A port, and
/// what is known of it, has changed only when both runs asked that host for it.
/// A field of a host has changed only when none of the stages that may state it was without an answer about that host
/// in either run, see KnownFields.
/// A record of each is in memory at a time, and what differs. Failure: "temporary-file".
Result<Delta> compare(const Snapshot& before, const Snapshot& after);
enum class DeltaFormat { text, json, markdown };
std::string render(const Delta&, DeltaFormat, bool colour = false);
Value to_value(Delta);

}  // namespace sonde::core
