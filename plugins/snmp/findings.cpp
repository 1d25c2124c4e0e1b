// What was found, as fields of the record.
#include <sonde/json_writer.hpp>

#include "fields.hpp"
#include "makers.hpp"
#include "names.hpp"
#include "probe.hpp"

namespace sonde::snmp {
namespace {

sonde_value text(std::string_view value) {
  return any<std::string_view>(value);
}

/// A value of the ABI; `kept` holds its text.
sonde_value scalar(const Value& value, Meaning meaning, std::string& kept) {
  switch (value.kind) {
    case Value::Kind::integer:
      return any<int64_t>(value.integer);
    case Value::Kind::natural:
      return any<uint64_t>(value.natural);
    case Value::Kind::real:
      return any<double>(value.real);
    default:
      kept = value_text(value, meaning);
      return text(kept);
  }
}

bool is_storable(const Value& value) {
  return value.kind != Value::Kind::real || std::isfinite(value.real);  // JSON has no word for the others
}

const char* version_name(const Credential& credential) {
  switch (credential.version) {
    case Version::v1:
      return "1";
    case Version::v2c:
      return "2c";
    case Version::v3:
      break;
  }
  return credential.level == Level::encrypted       ? "3 authPriv"
         : credential.level == Level::authenticated ? "3 authNoPriv"
                                                    : "3 noAuthNoPriv";
}

std::string address_of(const sonde_target& target) {
  std::string out;
  json::append_ip(out, target.ip);
  if (target.scope_id != 0) out += '%' + std::to_string(target.scope_id);
  return out;
}

std::string member_list(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out = "{";
  for (const auto& [name, why] : members) {
    if (out.size() > 1) out += ',';
    json::append_text(out, name);
    out += ':';
    json::append_text(out, why);
  }
  return out + '}';
}

std::string text_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    json::append_text(out, item);
  }
  return out + ']';
}

void put_identity(const Task& task, const Oid& sys_object_id) {
  const auto number = enterprise_of(sys_object_id);
  if (number) task.put(snmp, "enterprise", any<uint64_t>(*number));
  if (number)
    if (const std::string_view maker = maker_of(*number); !maker.empty()) task.put(snmp, "maker", text(maker));
  if (const std::string_view system = system_of(sys_object_id); !system.empty()) {
    std::string described = "{\"name\":";
    json::append_text(described, system);
    task.put(os, described + ",\"source\":\"snmp\"}");
  }
}

}  // namespace

void Probe::put(const Host& host) {
  const Task task(sonde_, host.task);
  if (host.heard) task.put(alive, true);
  if (!host.talk) return;
  put_engine(host);
  const Findings& found = host.talk->findings();
  if (found.accepted != nullptr) task.put(snmp, "version", text(version_name(*found.accepted)));
  std::string kept;
  for (const auto& [wanted, value] : found.values) {
    if (!is_storable(value)) continue;
    const sonde_value stored = scalar(value, wanted->meaning, kept);
    if (stored.type == SONDE_TEXT && kept.empty()) continue;  // sysLocation that nobody has set
    task.put(snmp, wanted->key, stored);
    if (wanted->key == "sysName" && value.kind == Value::Kind::octets && clean_text(value.octets))
      task.put(hostname, kept);
    if (wanted->key == "sysObjectID") put_identity(task, value.oid);
  }
  for (const auto& [name, rows] : found.tables) task.put(snmp, name, any<Json>(rows));
  if (!found.chassis.model.empty()) task.put(snmp, "model", text(found.chassis.model));
  if (!found.chassis.serial.empty()) task.put(snmp, "serial", text(found.chassis.serial));
  if (!found.incomplete.empty()) {
    const std::string reasons = member_list(found.incomplete);
    task.put(snmp, "incomplete", any<Json>(reasons));
  }
  if (found.accepted == nullptr && !found.refusals.empty()) {
    const std::string reasons = text_list(found.refusals);
    task.put(snmp, "refused", any<Json>(reasons));
  }
}

void Probe::put_engine(const Host& host) {
  const Engine& engine = host.talk->engine();
  if (!engine.known()) return;
  const Task task(sonde_, host.task);
  task.put(snmp, "engineID", text(hex_text(engine.id)));
  const std::string address = address_of(host.target);
  const std::string other = engines_->claim(engine.id, address);
  if (other.empty()) return;
  task.put(snmp, "engineIDAlsoAt", text(other));
  if (sonde_.log_enabled(SONDE_LOG_INFO))
    sonde_.log(SONDE_LOG_INFO, "engine id " + hex_text(engine.id) + " of " + address + " is that of " + other + " too",
               host.task);
}

}  // namespace sonde::snmp
