// Options as the probe uses them. The host has checked bounds, words and what belongs together.
#include "options.hpp"

#include <algorithm>

#include "names.hpp"

namespace sonde::snmp {
namespace {

/// "" or "/credentials/0"
CredentialText text_below(const Context& host, const std::string& pointer) {
  const auto text = [&](const char* name) {
    return host.optional<std::string>(pointer + name).value_or(std::string());
  };
  return {text("/version"),  text("/community"),     text("/user"),    text("/auth_protocol"),
          text("/auth_key"), text("/priv_protocol"), text("/priv_key")};
}

std::vector<Credential> read_credentials(const Context& host) {
  std::vector<Credential> out;
  OptionFailures wrong;
  if (const CredentialText simple = text_below(host, ""); !simple.community.empty() || !simple.user.empty())
    wrong.collect([&] { out.push_back(make_credential(simple, "")); });
  const uint32_t count = host.host().option_count(host.raw_context(), str("/credentials"));
  for (uint32_t i = 0; i < count; ++i) {
    const std::string pointer = "/credentials/" + std::to_string(i);
    wrong.collect([&] { out.push_back(make_credential(text_below(host, pointer), pointer)); });
  }
  wrong.throw_all();
  return in_order(std::move(out));
}

Wanted wanted_of(const std::string& text, const std::string& pointer) {
  if (const NamedObject* named = find_name(text))
    return {std::string(named->name), parse_oid(named->oid).value_or(Oid{}), named->meaning};
  auto oid = parse_oid(text);
  if (!oid) {
    std::string known;
    for (const NamedObject& object : named_objects()) (known += known.empty() ? "" : ", ") += object.name;
    throw OptionFailure(pointer, "'" + text + "' is neither an OID such as 1.3.6.1.2.1.1.7.0 nor one of " + known);
  }
  for (const NamedObject& object : named_objects())
    if (parse_oid(object.oid) == oid) return {std::string(object.name), *oid, object.meaning};
  return {to_text(*oid), *oid, Meaning::unknown};
}

}  // namespace

Options Options::from(const Context& host) {
  Options out;
  OptionFailures wrong;
  wrong.collect([&] { out.credentials = read_credentials(host); });
  out.discover = host.flag("/discover");
  out.port = static_cast<uint16_t>(host.option<int64_t>("/port"));
  out.timeout = host.duration("/timeout");
  out.tries = static_cast<uint32_t>(host.option<int64_t>("/tries"));
  out.repetitions = static_cast<uint32_t>(host.option<int64_t>("/repetitions"));
  out.limits = {static_cast<size_t>(host.option<int64_t>("/max_rows")), static_cast<size_t>(host.number("/max_bytes"))};
  for (const NamedObject& object : system_objects()) out.wanted.push_back(wanted_of(std::string(object.name), ""));
  const std::vector<std::string> oids = host.list<std::string>("/oids");
  for (size_t i = 0; i < oids.size(); ++i)
    wrong.collect([&] {
      Wanted one = wanted_of(oids[i], "/oids/" + std::to_string(i));
      const auto same = [&](const Wanted& known) { return known.oid == one.oid; };
      if (std::none_of(out.wanted.begin(), out.wanted.end(), same)) out.wanted.push_back(std::move(one));
    });
  wrong.throw_all();
  for (const std::string& name : host.list<std::string>("/tables"))
    if (const Table* table = find_table(name);
        table != nullptr && std::find(out.tables.begin(), out.tables.end(), table) == out.tables.end())
      out.tables.push_back(table);
  return out;
}

}  // namespace sonde::snmp
