// A delta for people: plain text for a terminal or a mail, Markdown for a ticket. Names and banners are hostile text:
// printable() for the terminal, code spans for Markdown.
#include <algorithm>

#include "base/text.hpp"
#include "inventory/delta.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t longest_value = 160;
constexpr std::size_t most_listed = 10;  ///< of addresses that were not scanned

std::string shown(const Value& v) {
  std::string text;
  if (v.is_null())
    text = "(none)";
  else if (v.text() != nullptr)
    text = v.text()->empty() ? "\"\"" : printable(to_valid_utf8(*v.text()));
  else
    text = printable(to_json(v));
  if (text.size() <= longest_value) return text;
  std::size_t end = longest_value - 3;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

/// "22,80,443" of a record, or empty.
std::string port_list(const Value& record) {
  const Value* ports = record.find("ports");
  if (ports == nullptr || ports->array() == nullptr) return {};
  std::string out;
  for (const Value& port : *ports->array()) out += (out.empty() ? "" : ",") + shown(port);
  return out.size() > longest_value ? out.substr(0, longest_value - 3) + "..." : out;
}

/// "+443 -22": what came and went.
std::string port_changes(const Value& before, const Value& after) {
  const auto numbers = [](const Value& v) {
    std::vector<std::string> out;
    if (v.array() != nullptr)
      for (const Value& port : *v.array()) out.push_back(shown(port));
    return out;
  };
  const std::vector<std::string> old = numbers(before), fresh = numbers(after);
  std::string out;
  const auto list = [&](const std::vector<std::string>& from, const std::vector<std::string>& without, char sign) {
    std::vector<std::string> sorted = without;
    std::sort(sorted.begin(), sorted.end());
    for (const std::string& port : from)
      if (!std::binary_search(sorted.begin(), sorted.end(), port)) out += (out.empty() ? "" : " ") + (sign + port);
  };
  list(fresh, old, '+');
  list(old, fresh, '-');
  return out;
}

/// hostname, MAC, vendor and ports of a record, as far as they are there.
std::vector<std::string> summary(const Value& record) {
  std::vector<std::string> parts;
  for (const char* name : {"hostname", "mac", "vendor"})
    if (const Value* v = record.find(name)) parts.push_back(shown(*v));
  if (std::string ports = port_list(record); !ports.empty()) parts.push_back("ports " + ports);
  return parts;
}

std::string address_text(const Value& record) {
  const Value* ip = record.find("ip");
  return ip == nullptr ? "?" : shown(*ip);
}

std::string counts(const Delta& delta) {
  return std::to_string(delta.fresh.size()) + " new, " + std::to_string(delta.gone.size()) + " gone, " +
         std::to_string(delta.changed.size()) + " changed, " + std::to_string(delta.not_scanned.size()) +
         " not scanned" +
         (delta.not_scanned_before.empty()
              ? ""
              : ", " + std::to_string(delta.not_scanned_before.size()) + " not scanned before") +
         (delta.partly_scanned.empty() ? "" : ", " + std::to_string(delta.partly_scanned.size()) + " partly scanned");
}

std::string some_of(const std::vector<IpAddress>& addresses) {
  std::string out;
  for (std::size_t i = 0; i < addresses.size() && i < most_listed; ++i)
    out += (i == 0 ? "" : ", ") + addresses[i].to_string();
  if (addresses.size() > most_listed) out += " and " + std::to_string(addresses.size() - most_listed) + " more";
  return out;
}

/// Sentences about what the comparison could not tell.
std::vector<std::string> reservations(const Delta& delta) {
  std::vector<std::string> out;
  if (delta.coverage_unknown)
    out.emplace_back("coverage unknown: there is no run document with the newer inventory, so no host is called gone");
  if (!delta.stages_missing.empty()) {
    std::string stages;
    for (const std::string& name : delta.stages_missing) stages += (stages.empty() ? "" : ", ") + printable(name);
    out.push_back("stages that did not run this time: " + stages + "; what vanished with them is not called gone");
  }
  if (!delta.ports_not_compared.empty())
    out.push_back("ports that only one of the runs asked: " + printable(delta.ports_not_compared) +
                  "; they are not compared");
  if (!delta.ports_not_asked.empty())
    out.push_back("hosts that a stage left out of one run, by its `when` or with nothing to ask of them: " +
                  some_of(delta.ports_not_asked) + "; ports that were not asked there are not compared");
  if (!delta.fields_not_known.empty())
    out.push_back(
        "hosts of which a stage learned nothing in one run (an error, a server without an answer, a `when` that left "
        "them "
        "out): " +
        some_of(delta.fields_not_known) + "; differences that come of that are not told");
  return out;
}

std::string text_report(const Delta& delta, bool colour) {
  std::string out;
  const auto line = [&](const char* escape, char sign, const std::string& rest) {
    out += colour ? escape : "";
    out += sign;
    out += colour ? "\x1b[0m " : " ";
    out += rest;
    out += '\n';
  };
  const auto host = [](const Value& record) {
    std::string text = address_text(record);
    for (const std::string& part : summary(record)) text += "  " + part;
    return text;
  };
  for (const Value& record : delta.fresh) line("\x1b[32m", '+', host(record));
  for (const Value& record : delta.gone) line("\x1b[31m", '-', host(record));
  for (const HostChange& change : delta.changed) {
    line("\x1b[33m", '~', change.ip.to_string());
    for (const FieldChange& field : change.fields) {
      const std::string ports = field.field == "ports" ? port_changes(field.before, field.after) : std::string();
      out += "    " + printable(field.field) + ": ";
      out += ports.empty() ? shown(field.before) + " -> " + shown(field.after) : ports;
      out += '\n';
    }
  }
  if (!delta.not_scanned.empty()) line("", '?', "not scanned: " + some_of(delta.not_scanned));
  if (!delta.not_scanned_before.empty()) line("", '?', "not scanned before: " + some_of(delta.not_scanned_before));
  if (!delta.partly_scanned.empty()) line("", '?', "partly scanned, not compared: " + some_of(delta.partly_scanned));
  for (const std::string& sentence : reservations(delta)) line("", '!', sentence);
  const bool same =
      delta.empty() && delta.not_scanned.empty() && delta.not_scanned_before.empty() && delta.partly_scanned.empty();
  return out + (same ? "no changes" : counts(delta)) + "\n";
}

/// A code span shows everything as it is: no link, no mention, no markup. Its fence is longer than any run of backticks
/// inside.
std::string code(const std::string& text) {
  std::size_t longest = 0, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const bool pad = longest != 0 || text.empty() || text.front() == ' ' || text.back() == ' ';
  return fence + (pad ? " " : "") + text + (pad ? " " : "") + fence;
}

std::string markdown_report(const Delta& delta) {
  std::string out = "**" + counts(delta) + "**\n";
  const auto hosts = [&](const char* title, const std::vector<Value>& records) {
    if (records.empty()) return;
    out += "\n### " + std::string(title) + "\n\n";
    for (const Value& record : records) {
      out += "- " + code(address_text(record));
      for (const std::string& part : summary(record)) out += " " + code(part);
      out += '\n';
    }
  };
  hosts("New", delta.fresh);
  hosts("Gone", delta.gone);
  if (!delta.changed.empty()) out += "\n### Changed\n\n";
  for (const HostChange& change : delta.changed) {
    out += "- " + code(change.ip.to_string()) + "\n";
    for (const FieldChange& field : change.fields) {
      const std::string ports = field.field == "ports" ? port_changes(field.before, field.after) : std::string();
      out += "  - " + code(printable(field.field)) + ": ";
      out += ports.empty() ? code(shown(field.before)) + " → " + code(shown(field.after)) : code(ports);
      out += '\n';
    }
  }
  if (!delta.not_scanned.empty()) out += "\n### Not scanned\n\n" + code(some_of(delta.not_scanned)) + "\n";
  if (!delta.not_scanned_before.empty())
    out += "\n### Not scanned before\n\n" + code(some_of(delta.not_scanned_before)) + "\n";
  if (!delta.partly_scanned.empty())
    out += "\n### Partly scanned, not compared\n\n" + code(some_of(delta.partly_scanned)) + "\n";
  for (const std::string& sentence : reservations(delta)) out += "\n> " + code(sentence) + "\n";
  return out;
}

}  // namespace

std::string render(const Delta& delta, DeltaFormat format, bool colour) {
  switch (format) {
    case DeltaFormat::json:
      return to_json(to_value(delta), 2) + "\n";
    case DeltaFormat::markdown:
      return markdown_report(delta);
    default:
      return text_report(delta, colour);
  }
}

}  // namespace sonde::core
