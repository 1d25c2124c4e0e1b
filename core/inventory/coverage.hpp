// What a run has asked, as its document tells it: which addresses for certain, which perhaps not, and which TCP ports.
// A comparison of two runs may only speak of what both have asked.
#pragma once
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/host_store.hpp"
#include "inventory/run_document.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {

class Coverage {
 public:
  explicit Coverage(const RunDocument&);
  /// Every stage has surely had this address.
  bool asked(const IpAddress&) const;
  /// It was no target, or one that the run may not have come to.
  bool not_asked(const IpAddress& ip) const { return !scope_.contains(ip) || perhaps_left(ip); }
  /// It has a record, and not all of its stages were run: the run ended first.
  bool asked_in_part(const IpAddress& ip) const { return in_part_.contains(ip); }
  /// Its targets, left over or not.
  const AddressSet& scope() const { return scope_; }
  /// Those that were not left over; none when nobody knows which were.
  AddressSet addresses() const;

 private:
  bool perhaps_left(const IpAddress& ip) const { return !all_named_ || left_out_.contains(ip); }
  void leave_out(const std::string& text);
  AddressSet scope_, left_out_, in_part_;
  bool all_stages_ = true;
  bool all_named_ = true;  ///< all that was left over is in left_out_
};

/// The stage ran for every target that was its. Of runs that were merged, some may have been unable to.
bool ran_everywhere(const StageCoverage&);
/// It ran for some.
bool ran_somewhere(const StageCoverage&);

/// Hosts that a document names by ranges.
class NamedHosts {
 public:
  explicit NamedHosts(const std::vector<std::string>& ranges);
  bool contains(const IpAddress& ip) const { return named_.contains(ip) || (any_zone_ && ip.zone() != 0); }

 private:
  AddressSet named_;
  bool any_zone_ = false;  ///< of interfaces that are not here, too: nobody knows which link-local ones
};

/// Of whom the stages of a run know what they may state. What a stage could not learn is neither lost nor, the next
/// time, new: it was this machine's fault, or that of a server which is none of the targets.
class KnownFields {
 public:
  explicit KnownFields(const RunDocument&);
  /// False when a stage that may state this field, part of a field ("snmp.sysName") or a part of it ("tls") knows
  /// nothing of the host. Others may know it: which stage a value came from is not told, and where names have ranks,
  /// that of a lower one is no new name.
  bool knows(const IpAddress&, std::string_view field) const;
  /// A stage that may state the field knows nothing of some of the run's targets, those without a record too.
  bool lost_some(std::string_view field) const;
  /// A stage that may state the field left the host out, and did not in the other run: that there is no such value says
  /// nothing. `other`: of that run, or null.
  bool left_out(const IpAddress&, std::string_view field, const KnownFields* other) const;

 private:
  struct Fields {
    explicit Fields(std::vector<std::string> of_stage);
    bool hold(std::string_view field) const;
    std::vector<std::string> sorted;
  };
  struct Gap {
    std::string stage;
    Fields fields;
    NamedHosts hosts;
  };
  std::vector<Gap> unknown_, left_out_;
  std::vector<Fields> of_stages_with_losses_;
};

/// TCP ports that the stages of a run asked. A port outside was not looked at, and is not called closed.
class AskedPorts {
 public:
  /// Those of stages that ran everywhere; every port where no stage says which it asks, as older documents do not.
  explicit AskedPorts(const RunDocument&);
  /// Ports that one of them asked and the other did not, as parse_ports() reads them; none where one does not say.
  std::string differing(const AskedPorts&) const;
  /// Of some host.
  bool contains(uint64_t port) const { return !known_ || (port < ports_.size() && ports_.test(port)); }
  /// Of this host, which has a record: one that a stage left out was not asked by it.
  bool contains(const IpAddress&, uint64_t port) const;

 private:
  using Ports = std::bitset<65536>;
  struct Selective {
    Ports ports;
    NamedHosts left_out;
  };
  bool known_ = false;
  Ports ports_, of_all_hosts_;
  std::vector<Selective> selective_;  ///< stages that left some hosts out
};

/// Ranges of the document that name_gaps() writes, of all stages: read_run_document() has a bound for them.
constexpr std::size_t most_gap_ranges = 16384;
/// Writes down, of the hosts that have a record, whom the stages left out by their `when`, those with ports with
/// nothing to ask too, and of whom stages know nothing. `stage_names`: of their outcomes. Beyond `most_ranges`
/// neighbouring ranges are joined, with what lies between them: of a host that is named for that alone no port is
/// called closed and no field lost, of which the contrary would be a lie.
void name_gaps(RunDocument&, const std::vector<std::string>& stage_names, const HostStore&,
               std::size_t most_ranges = most_gap_ranges);

}  // namespace sonde::core
