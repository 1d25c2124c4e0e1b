// RecordWriter: grouping of columns into members, and the writing of one record.
#include "record_writer.hpp"

#include <sonde/json_writer.hpp>

#include <algorithm>

namespace sonde::json_exporter {
namespace {

std::string quoted_name(std::string_view name) {
  std::string out;
  json::append_text(out, name);
  return out += ':';
}

// Milliseconds are measured to the microsecond: more digits would only make equal hosts differ.
int decimals_of(const std::string& name) {
  return name.ends_with("_ms") ? 3 : -1;
}

void append_list(std::string& out, const Items& items, int decimals) {
  out += '[';
  bool first = true;
  std::string_view key;
  sonde_value v{};
  for (uint32_t i = 0; i < items.size(); ++i) {
    if (!items.get(i, key, v)) continue;
    if (!first) out += ',';
    first = false;
    json::append_value(out, v, decimals);
  }
  out += ']';
}

// `first` is true as long as the object that is being written has no member.
void append_entries(std::string& out, const Items& items, int decimals, bool& first) {
  std::string_view key;
  sonde_value v{};
  for (uint32_t i = 0; i < items.size(); ++i) {
    if (!items.get(i, key, v)) continue;
    if (!first) out += ',';
    first = false;
    json::append_text(out, key);
    out += ':';
    json::append_value(out, v, decimals);
  }
}

bool has_key(const Items& items, std::string_view wanted) {
  std::string_view key;
  sonde_value v{};
  for (uint32_t i = 0; i < items.size(); ++i)
    if (items.get(i, key, v) && key == wanted) return true;
  return false;
}

}  // namespace

RecordWriter::RecordWriter(const std::vector<Column>& columns) {
  for (const Column& column : columns) {
    if (!column.present) continue;
    size_t dot = column.name.find('.');
    bool own = dot != std::string::npos && dot > 0 && dot + 1 < column.name.size();
    // A scalar or list of the plugin's name ("os" beside "os.kernel") cannot also be an object: that one stays flat.
    std::string group = column.name.substr(0, own ? dot : column.name.size());
    if (own && std::any_of(columns.begin(), columns.end(),
                           [&](const Column& c) { return c.present && c.name == group && c.shape != SONDE_MAP; })) {
      own = false;
      group = column.name;
    }
    auto member = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.name == group; });
    if (member == members_.end()) member = members_.insert(members_.end(), {group, quoted_name(group), false, {}});
    std::string name = own ? column.name.substr(dot + 1) : std::string();
    member->nested |= own;
    member->leaves.push_back({column, name, quoted_name(name), decimals_of(column.name)});
  }
}

bool RecordWriter::append_value(std::string& out, const Leaf& leaf, Context host, sonde_task record) {
  Items items(host, record, leaf.column);
  if (items.size() == 0) return false;
  if (leaf.column.shape == SONDE_LIST) {
    append_list(out, items, leaf.decimals);
    return true;
  }
  if (leaf.column.shape == SONDE_MAP) {
    bool first = true;
    out += '{';
    append_entries(out, items, leaf.decimals, first);
    out += '}';
    return true;
  }
  std::string_view key;
  sonde_value v{};
  if (!items.get(0, key, v)) return false;
  json::append_value(out, v, leaf.decimals);
  return true;
}

bool RecordWriter::append_nested(std::string& out, const Member& member, Context host, sonde_task record) {
  out += '{';
  bool first = true;
  auto map = std::find_if(member.leaves.begin(), member.leaves.end(), [](const Leaf& l) { return l.name.empty(); });
  for (const Leaf& leaf : member.leaves) {
    if (leaf.name.empty()) {
      append_entries(out, Items(host, record, leaf.column), leaf.decimals, first);
      continue;
    }
    if (map != member.leaves.end() && has_key(Items(host, record, map->column), leaf.name)) continue;
    size_t before = out.size();
    if (!first) out += ',';
    out += leaf.quoted;
    if (append_value(out, leaf, host, record))
      first = false;
    else
      out.resize(before);
  }
  out += '}';
  return !first;
}

void RecordWriter::append(std::string& out, Context host, sonde_task record) const {
  size_t start = out.size();
  out += '{';
  for (const Member& member : members_) {
    size_t before = out.size();
    if (before > start + 1) out += ',';
    out += member.quoted;
    bool written = member.nested ? append_nested(out, member, host, record)
                                 : append_value(out, member.leaves.front(), host, record);
    if (!written) out.resize(before);
  }
  out += '}';
}

}  // namespace sonde::json_exporter
