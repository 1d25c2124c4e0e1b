// For the tests of plugins: the options of an instance as a host hands them out, by JSON pointer. A test gives every
// option that the schema would default.
#pragma once
#include <sonde/plugin.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sonde::testing {

class Options {
 public:
  using Scalar = std::variant<bool, int64_t, uint64_t, double, std::string>;
  Options& set(const std::string& name, Scalar value) {
    values_["/" + name] = std::move(value);
    return *this;
  }
  Options& set(const std::string& name, const char* value) { return set(name, Scalar(std::string(value))); }
  Options& list(const std::string& name, const std::vector<std::string>& items) {
    counts_["/" + name] = static_cast<uint32_t>(items.size());
    for (size_t i = 0; i < items.size(); ++i) set(name + "/" + std::to_string(i), Scalar(items[i]));
    return *this;
  }
  Options& numbers(const std::string& name, const std::vector<uint64_t>& items) {
    counts_["/" + name] = static_cast<uint32_t>(items.size());
    for (size_t i = 0; i < items.size(); ++i) set(name + "/" + std::to_string(i), Scalar(items[i]));
    return *this;
  }

  sonde_err get(std::string_view pointer, uint32_t type, sonde_value& out) const {
    auto it = values_.find(std::string(pointer));
    if (it == values_.end()) return SONDE_E_ABSENT;
    static constexpr uint32_t types[] = {SONDE_BOOL, SONDE_I64, SONDE_U64, SONDE_F64, SONDE_TEXT};
    if (types[it->second.index()] != type) return SONDE_E_TYPE;
    out = {};
    out.type = type;
    if (auto* b = std::get_if<bool>(&it->second)) out.as.u = *b;
    if (auto* i = std::get_if<int64_t>(&it->second)) out.as.i = *i;
    if (auto* u = std::get_if<uint64_t>(&it->second)) out.as.u = *u;
    if (auto* f = std::get_if<double>(&it->second)) out.as.f = *f;
    if (auto* s = std::get_if<std::string>(&it->second)) out.as.s = {s->data(), s->size()};
    return SONDE_OK;
  }
  uint32_t count(std::string_view pointer) const {
    auto it = counts_.find(std::string(pointer));
    return it == counts_.end() ? 0 : it->second;
  }

 private:
  std::map<std::string, Scalar> values_;
  std::map<std::string, uint32_t> counts_;
};

}  // namespace sonde::testing
