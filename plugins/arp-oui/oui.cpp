// The IEEE's registry as a table.
#include "arp-oui/oui.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "arp-oui/csv.hpp"

namespace sonde::arp_oui {
namespace {

constexpr std::array<unsigned, 3> group_bits = {36, 28, 24};

// Line ends and runs of blanks become one blank; none at the ends.
std::string tidy(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool names_nobody(std::string_view name) {
  return name == "Private" || name == "IEEE Registration Authority";
}

std::string at_line(size_t line, const std::string& what) {
  return "line " + std::to_string(line) + ": " + what;
}

}  // namespace

std::string_view OuiTable::vendor(const net::Mac& mac) const {
  const uint64_t address = net::number(mac);
  for (size_t group = 0; group < group_bits.size(); ++group) {
    const uint64_t prefix = address >> (48 - group_bits[group]);
    const auto& table = entries_[group];
    const auto it = std::lower_bound(table.begin(), table.end(), prefix,
                                     [](const Entry& e, uint64_t wanted) { return e.prefix < wanted; });
    if (it != table.end() && it->prefix == prefix) return std::string_view(names_).substr(it->name, it->length);
  }
  return {};
}

void OuiTableBuilder::intern(std::string_view name, Row& row) {
  const auto [it, is_new] = known_.emplace(std::string(name), static_cast<uint32_t>(names_.size()));
  if (is_new) names_ += name;
  row.name = it->second;
  row.length = static_cast<uint32_t>(name.size());
}

std::string OuiTableBuilder::add_csv(std::string_view text) {
  CsvReader reader(text);
  std::vector<std::string> fields;
  if (!reader.next(fields)) return reader.error().empty() ? "the file is empty" : reader.error();
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::find(fields.begin(), fields.end(), name) - fields.begin());
  };
  const size_t assignment = column("Assignment"), organisation = column("Organization Name");
  if (assignment == fields.size() || organisation == fields.size())
    return "line 1: expected the header Registry,Assignment,Organization Name,Organization Address as in the IEEE's "
           "files";

  std::vector<Row> rows;
  while (reader.next(fields)) {
    if (fields.size() <= std::max(assignment, organisation))
      return at_line(reader.line(), "expected at least " + std::to_string(std::max(assignment, organisation) + 1) +
                                        " fields, found " + std::to_string(fields.size()));
    const std::string digits = tidy(fields[assignment]);
    const auto group = std::find(group_bits.begin(), group_bits.end(), digits.size() * 4);
    Row row{};
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, row.prefix, 16);
    if (group == group_bits.end() || error != std::errc() || stop != end || digits[0] == '-')
      return at_line(reader.line(),
                     "expected an assignment of 6, 7 or 9 hexadecimal digits, found '" + digits.substr(0, 40) + "'");
    row.group = static_cast<unsigned>(group - group_bits.begin());
    const std::string name = tidy(fields[organisation]);
    intern(names_nobody(name) ? std::string_view() : std::string_view(name), row);
    rows.push_back(row);
  }
  if (!reader.error().empty()) return reader.error();
  if (rows.empty()) return "the file has a header but no assignment";
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  return {};
}

OuiTable OuiTableBuilder::build() {
  OuiTable table;
  for (const Row& row : rows_) table.entries_[row.group].push_back({row.prefix, row.name, row.length});
  for (auto& entries : table.entries_) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const OuiTable::Entry& a, const OuiTable::Entry& b) { return a.prefix < b.prefix; });
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [](const OuiTable::Entry& a, const OuiTable::Entry& b) { return a.prefix == b.prefix; }),
                  entries.end());
    entries.shrink_to_fit();
  }
  table.names_ = std::move(names_);
  table.names_.shrink_to_fit();
  return table;
}

}  // namespace sonde::arp_oui
