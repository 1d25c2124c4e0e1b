// sonde/columns.hpp - which fields an exporter writes, and how it reads them. The options "columns" (names, in that
// order) and "detail" mean the same in every exporter that asks here. Optional comfort, not part of the ABI.
#ifndef SONDE_COLUMNS_HPP
#define SONDE_COLUMNS_HPP
#include <sonde/detail/context.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde {

// One column of an output; index, type and shape are those of the field.
struct Column {
  std::string name;
  uint32_t index = 0;  // among the fields that open() was given
  uint32_t type = 0, shape = SONDE_SCALAR;
  bool present = true;  // false: named, but no stage of this run fills it
};

namespace detail {
// Names that any run may have: a column of these stays, empty, when its stage is switched off.
inline constexpr std::array<std::string_view, 17> well_known = {
    "ip",     "alive",    "rtt_ms", "hostname", "reverse_dns", "mac", "vendor",    "ports",   "banners",
    "services", "os",     "snmp",   "dns",      "tcp",         "mac_flags", "link", "evidence"};

inline size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

[[noreturn]] inline void unknown_column(const std::string &name, const std::vector<Column> &known) {
  std::string list, nearest;
  size_t best = 3;
  for (const Column &c : known) {
    list += (list.empty() ? "" : ", ") + c.name;
    size_t d = edit_distance(name, c.name);
    if (d < best) best = d, nearest = c.name;
  }
  throw Failure(SONDE_E_CONFIG, "no field is called '" + name + "'" +
                                    (nearest.empty() ? "" : "; did you mean '" + nearest + "'?") +
                                    " The fields of this run: " + list);
}
}  // namespace detail

// From what open() got. Without `names`: all fields in the order of the table, those for detail only when asked.
// A name that no field has and that cannot be one of a stage that is switched off is a Failure. In open(); nothing of
// `fields` is kept.
inline std::vector<Column> choose_columns(const sonde_field *fields, uint32_t count, uint32_t stride,
                                          const std::vector<std::string> &names, bool detail) {
  std::vector<Column> all, chosen;
  std::vector<bool> on_demand;
  for (uint32_t i = 0; i < count; ++i) {
    sonde_field f{};
    std::memcpy(&f, reinterpret_cast<const char *>(fields) + size_t{i} * stride, std::min<size_t>(stride, sizeof f));
    all.push_back({f.name, i, f.type, f.shape, true});
    on_demand.push_back((f.flags & SONDE_F_DETAIL) != 0);
  }
  if (names.empty()) {
    for (size_t i = 0; i < all.size(); ++i)
      if (detail || !on_demand[i]) chosen.push_back(all[i]);
    return chosen;
  }
  for (const std::string &name : names) {
    auto same = [&](const Column &c) { return c.name == name; };
    if (std::any_of(chosen.begin(), chosen.end(), same))
      throw Failure(SONDE_E_CONFIG, "column '" + name + "' is named twice");
    auto it = std::find_if(all.begin(), all.end(), same);
    if (it != all.end()) {
      chosen.push_back(*it);
      continue;
    }
    // Sonde gives every name of the option "columns" as a field, parts of fields ("snmp.sysName") among them, and has
    // refused the others. This is for names from elsewhere: "tls.subject" belongs to a plugin; it is a slip only if that
    // plugin runs and has no such field.
    std::string_view prefix = std::string_view(name).substr(0, std::min(name.find('.'), name.size()) + 1);
    bool own = prefix.ends_with('.') && prefix.size() > 1 && prefix.size() < name.size();
    std::string_view group = prefix.substr(0, prefix.find('.'));
    bool plugin_runs = std::any_of(all.begin(), all.end(),
                                   [&](const Column &c) { return c.name.starts_with(prefix) || c.name == group; });
    bool known = std::count(detail::well_known.begin(), detail::well_known.end(), name) > 0;
    if (!known && (!own || plugin_runs)) detail::unknown_column(name, all);
    chosen.push_back({name, 0, SONDE_NULL, SONDE_SCALAR, false});
  }
  return chosen;
}

// The items of one field of one record, in write(). The views live until the callback returns; get() is false past the end.
class Items {
 public:
  Items(Context host, sonde_task record, const Column &column)
      : host_(host), record_(record), index_(column.index),
        count_(column.present ? host.host().count(host.raw_context(), record, column.index) : 0) {}
  uint32_t size() const { return count_; }
  bool get(uint32_t item, std::string_view &key, sonde_value &out) const {
    sonde_str k{};
    if (host_.host().get(host_.raw_context(), record_, index_, item, &k, &out) != SONDE_OK) return false;
    key = view(k);
    return true;
  }

 private:
  Context host_;
  sonde_task record_;
  uint32_t index_, count_;
};

}  // namespace sonde
#endif
