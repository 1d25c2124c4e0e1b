// For the tests of exporters: a host of one instance, with records made by hand, that drives the plugin through its C
// tables as the core does.
#pragma once
#include <sonde/exporter.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "options.hpp"

namespace sonde::testing {

/// A value that owns its text.
struct Item {
  std::string key, text;
  sonde_value value{};
  static Item of(uint32_t type, std::string text) {
    Item out;
    out.text = std::move(text);
    out.value.type = type;
    return out;
  }
  static Item text_of(std::string text) { return of(SONDE_TEXT, std::move(text)); }
  static Item json(std::string text) { return of(SONDE_JSON, std::move(text)); }
  static Item u64(uint64_t u) {
    Item out = of(SONDE_U64, "");
    out.value.as.u = u;
    return out;
  }
  static Item i64(int64_t i) {
    Item out = of(SONDE_I64, "");
    out.value.as.i = i;
    return out;
  }
  static Item f64(double f) {
    Item out = of(SONDE_F64, "");
    out.value.as.f = f;
    return out;
  }
  static Item boolean(bool b) {
    Item out = of(SONDE_BOOL, "");
    out.value.as.u = b;
    return out;
  }
  static Item v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    Item out = of(SONDE_IP, "");
    const uint8_t bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
    std::copy(std::begin(bytes), std::end(bytes), out.value.as.ip);
    return out;
  }
  Item with_key(std::string k) && {
    key = std::move(k);
    return std::move(*this);
  }
};
/// By field name; fields that are not listed are absent.
using Record = std::vector<std::pair<std::string, std::vector<Item>>>;

class ExporterHost {
 public:
  ExporterHost(std::vector<sonde_field> fields, Options options)
      : fields_(std::move(fields)), options_(std::move(options)) {
    table_.size = sizeof table_;
    table_.fail = [](sonde_ctx* c, sonde_task, sonde_err, sonde_str why) { self(c).failure.assign(why.ptr, why.len); };
    table_.log_enabled = [](sonde_ctx*, int) { return 0; };
    table_.log = [](sonde_ctx*, sonde_task, int, sonde_str) {};
    table_.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options_.get({p.ptr, p.len}, type, *out);
    };
    table_.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options_.count({p.ptr, p.len}); };
    table_.count = [](sonde_ctx* c, sonde_task t, uint32_t field) {
      const auto* items = self(c).find(t, field);
      return items ? static_cast<uint32_t>(items->size()) : 0u;
    };
    table_.get = [](sonde_ctx* c, sonde_task t, uint32_t field, uint32_t item, sonde_str* key,
                    sonde_value* out) -> sonde_err {
      const auto* items = self(c).find(t, field);
      if (!items || item >= items->size()) return SONDE_E_ABSENT;
      const Item& found = (*items)[item];
      *key = {found.key.data(), found.key.size()};
      *out = found.value;
      if (out->type == SONDE_TEXT || out->type == SONDE_BYTES || out->type == SONDE_JSON)
        out->as.s = {found.text.data(), found.text.size()};
      return SONDE_OK;
    };
  }

  /// create, open, write, close. The last step's error, or the first that failed (close(0) is called then, as the core
  /// does).
  sonde_err run(const sonde_plugin* plugin, const std::vector<Record>& records, bool commit = true) {
    records_.assign(records.begin(), records.end());
    auto* api = static_cast<const sonde_exporter*>(plugin->api);
    sonde_inst* instance = nullptr;
    sonde_err e = plugin->create(context(), &table_, &instance);
    if (e != SONDE_OK) return e;
    e = api->open(instance, fields_.data(), static_cast<uint32_t>(fields_.size()), sizeof(sonde_field));
    std::vector<sonde_task> ids;
    for (size_t i = 0; i < records_.size(); ++i) ids.push_back(i + 1);
    if (e == SONDE_OK && !ids.empty()) {
      int32_t taken = api->write(instance, ids.data(), static_cast<uint32_t>(ids.size()));
      if (taken != static_cast<int32_t>(ids.size())) e = taken < 0 ? taken : SONDE_E_FATAL;
    }
    if (e == SONDE_OK) e = api->flush(instance);
    if (before_close) before_close();
    sonde_err closed = api->close(instance, e == SONDE_OK && commit);
    plugin->destroy(instance);
    return e == SONDE_OK ? closed : e;
  }

  std::string failure;  ///< what the plugin said of its last error
  void (*before_close)() = nullptr;

 private:
  static ExporterHost& self(sonde_ctx* c) { return *reinterpret_cast<ExporterHost*>(c); }
  sonde_ctx* context() { return reinterpret_cast<sonde_ctx*>(this); }
  const std::vector<Item>* find(sonde_task t, uint32_t field) const {
    for (const auto& [name, items] : records_.at(t - 1))
      if (field < fields_.size() && name == fields_[field].name) return &items;
    return nullptr;
  }

  sonde_host table_{};
  std::vector<sonde_field> fields_;
  Options options_;
  std::deque<Record> records_;
};

}  // namespace sonde::testing
