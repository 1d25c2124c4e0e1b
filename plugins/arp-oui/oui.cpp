// The IEEE's registry as a table.
#include "arp-oui/oui.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

#include "arp-oui/csv.hpp"

namespace sonde::arp_oui {
namespace {

constexpr std::array<unsigned, 3> group_bits = {36, 28, 24};

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Line ends and runs of blanks become one blank; none at the ends.
void append_tidy(std::string_view text, std::string& out) {
  const size_t before = out.size();
  out.resize(before + text.size());
  char* const from = out.data() + before;
  char* to = from;
  bool gap = false;
  for (const char c : text) {
    if (is_blank(c)) {
      gap = to != from;
      continue;
    }
    if (gap) *to++ = ' ';
    gap = false;
    *to++ = c;
  }
  out.resize(static_cast<size_t>(to - out.data()));
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

// Of a broken file nothing stays.
std::string OuiTableBuilder::add_csv(std::string_view text) {
  std::array<size_t, group_bits.size()> before{};
  for (size_t g = 0; g < before.size(); ++g) before[g] = table_.entries_[g].size();
  const size_t names_before = table_.names_.size();
  std::string why = add_rows(text);
  if (why.empty()) return why;
  for (size_t g = 0; g < before.size(); ++g) table_.entries_[g].resize(before[g]);
  table_.names_.resize(names_before);
  return why;
}

std::string OuiTableBuilder::add_rows(std::string_view text) {
  CsvReader reader(text);
  std::vector<CsvField> fields;
  std::string store;
  if (!reader.next(fields)) return reader.error().empty() ? "the file is empty" : reader.error();
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(
        std::find_if(fields.begin(), fields.end(), [&](const CsvField& f) { return f.text(store) == name; }) -
        fields.begin());
  };
  const size_t assignment = column("Assignment"), organisation = column("Organization Name");
  const size_t columns = std::max(assignment, organisation) + 1;
  if (columns > fields.size())
    return "line 1: expected the header Registry,Assignment,Organization Name,Organization Address as in the IEEE's "
           "files";

  const size_t already = table_.size();
  std::string& names = table_.names_;
  while (reader.next(fields)) {
    if (fields.size() < columns)
      return at_line(reader.line(), "expected at least " + std::to_string(columns) + " fields, found " +
                                        std::to_string(fields.size()));
    const std::string_view digits = trimmed(fields[assignment].text(store));
    const auto group = std::find(group_bits.begin(), group_bits.end(), digits.size() * 4);
    OuiTable::Entry entry{};
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, entry.prefix, 16);
    if (group == group_bits.end() || error != std::errc() || stop != end || digits[0] == '-')
      return at_line(reader.line(), "expected an assignment of 6, 7 or 9 hexadecimal digits, found '" +
                                        std::string(digits.substr(0, 40)) + "'");
    const size_t name = names.size();
    append_tidy(fields[organisation].text(store), names);
    if (names_nobody(std::string_view(names).substr(name))) names.resize(name);
    entry.name = static_cast<uint32_t>(name);
    entry.length = static_cast<uint32_t>(names.size() - name);
    table_.entries_[static_cast<size_t>(group - group_bits.begin())].push_back(entry);
  }
  if (!reader.error().empty()) return reader.error();
  return table_.size() == already ? "the file has a header but no assignment" : "";
}

// By twelve bits at a time, the last ones first: tens of thousands of short numbers in no order, which comparing takes
// ten times as long for. It keeps the order of equal ones, so of two assignments of one block the earlier comes first.
void OuiTableBuilder::sort_by_prefix(std::vector<OuiTable::Entry>& entries, unsigned bits) {
  constexpr unsigned digit_bits = 12;
  constexpr size_t digits = size_t{1} << digit_bits;
  std::vector<OuiTable::Entry> sorted(entries.size());
  std::vector<size_t> next(digits);
  for (unsigned shift = 0; shift < bits; shift += digit_bits) {
    const auto digit = [&](const OuiTable::Entry& entry) { return (entry.prefix >> shift) & (digits - 1); };
    std::fill(next.begin(), next.end(), 0);
    for (const auto& entry : entries) ++next[digit(entry)];
    std::exclusive_scan(next.begin(), next.end(), next.begin(), size_t{0});
    for (const auto& entry : entries) sorted[next[digit(entry)]++] = entry;
    entries.swap(sorted);
  }
}

OuiTable OuiTableBuilder::build() {
  OuiTable table = std::move(table_);
  for (size_t group = 0; group < group_bits.size(); ++group) {
    auto& entries = table.entries_[group];
    sort_by_prefix(entries, group_bits[group]);
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [](const OuiTable::Entry& a, const OuiTable::Entry& b) { return a.prefix == b.prefix; }),
                  entries.end());
    entries.shrink_to_fit();
  }
  table.names_.shrink_to_fit();
  return table;
}

}  // namespace sonde::arp_oui
