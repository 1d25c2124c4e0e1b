// What a plugin states about a target, on its way in: checked against the field, cleaned, copied.
#pragma once
#include <sonde/plugin.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inventory/record.hpp"

namespace sonde::core {

/// A plugin's value for a field of that type, or SONDE_E_TYPE. TEXT becomes valid UTF-8; JSON must parse.
sonde_err to_scalar(const sonde_value&, uint32_t field_type, Scalar* out);

/// Where the facts of a task stand that has put many: a host on which every port is open must cost no more a fact than
/// one with three. Made with the first fact that needs it; good for one task.
class FactIndex {
 public:
  Fact* find(std::vector<Fact>&, uint64_t hash, FieldId, std::string_view key, const Scalar* value) const;
  void add(uint64_t hash, std::size_t position) { positions_.emplace(hash, position); }

 private:
  std::unordered_multimap<uint64_t, std::size_t> positions_;
};

/// put(): checks shape and key, cleans, and stores into the facts of the running task (facts[first..]). A scalar or a
/// key that this task has put already is replaced, a list grows. `index` begins empty with each task.
sonde_err store_fact(const Field&, FieldId, uint8_t stage, std::string_view key, const sonde_value&,
                     std::vector<Fact>& facts, std::size_t first, std::unique_ptr<FactIndex>& index);

}  // namespace sonde::core
