// put() of the ABI, the same for probes during a run and for sources before it.
#include "inventory/put.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "base/text.hpp"

namespace sonde::core {

sonde_err to_scalar(const sonde_value& v, uint32_t field_type, Scalar* out) {
  if (field_type != SONDE_NULL && v.type != field_type) return SONDE_E_TYPE;
  out->type = v.type;
  out->number = 0;
  out->text.clear();
  const std::string_view text = v.as.s.ptr ? std::string_view(v.as.s.ptr, v.as.s.len) : std::string_view();
  switch (v.type) {
    case SONDE_BOOL:
      out->number = v.as.u != 0 ? 1 : 0;
      return SONDE_OK;
    case SONDE_I64:
    case SONDE_U64:
    case SONDE_TIME:
      out->number = v.as.u;
      return SONDE_OK;
    case SONDE_F64:
      if (!std::isfinite(v.as.f)) return SONDE_E_INVALID;  // JSON has no word for it
      out->number = std::bit_cast<uint64_t>(v.as.f);
      return SONDE_OK;
    case SONDE_TEXT:
      out->text = is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text);
      return SONDE_OK;
    case SONDE_BYTES:
      out->text = text;
      return SONDE_OK;
    case SONDE_IP:
      out->text.assign(reinterpret_cast<const char*>(v.as.ip), sizeof v.as.ip);
      return SONDE_OK;
    case SONDE_JSON:
      if (!is_json(text)) return SONDE_E_INVALID;
      out->text = text;
      return SONDE_OK;
    default:
      return SONDE_E_TYPE;
  }
}

namespace {

constexpr std::size_t looked_through = 32;  // facts of a task that are searched one by one, before the index

bool is_same(const Fact& fact, FieldId id, std::string_view key, const Scalar* value) {
  return fact.field == id && fact.key == key && (value == nullptr || fact.value == *value);
}

uint64_t hash_of(FieldId id, std::string_view key, const Scalar* value) {
  uint64_t hash = std::hash<std::string_view>()(key) * 31 + id;
  if (value) hash = (hash * 31 + value->number) * 31 + std::hash<std::string_view>()(value->text);
  return hash;
}

}  // namespace

Fact* FactIndex::find(std::vector<Fact>& facts, uint64_t hash, FieldId id, std::string_view key,
                      const Scalar* value) const {
  for (auto [it, end] = positions_.equal_range(hash); it != end; ++it)
    if (is_same(facts[it->second], id, key, value)) return &facts[it->second];
  return nullptr;
}

sonde_err store_fact(const Field& field, FieldId id, uint8_t stage, std::string_view key, const sonde_value& value,
                     std::vector<Fact>& facts, std::size_t first, std::unique_ptr<FactIndex>& index) {
  if (field.shape == SONDE_MAP ? key.empty() : !key.empty()) return SONDE_E_INVALID;
  Scalar scalar;
  if (sonde_err e = to_scalar(value, field.type, &scalar); e != SONDE_OK) return e;
  // Silence is the core's to judge: a probe only ever says that somebody is there.
  if (id == FieldTable::alive && !scalar.as_bool()) return SONDE_E_INVALID;
  std::string clean_key = is_valid_utf8(key) ? std::string(key) : to_valid_utf8(key);
  const Scalar* member = field.shape == SONDE_LIST ? &scalar : nullptr;  // a list is a set
  Fact* present = nullptr;
  for (std::size_t i = first; i < std::min(facts.size(), first + looked_through) && !present; ++i)
    if (is_same(facts[i], id, clean_key, member)) present = &facts[i];
  const bool many = facts.size() >= first + looked_through;
  const uint64_t hash = many ? hash_of(id, clean_key, member) : 0;
  if (!present && index) present = index->find(facts, hash, id, clean_key, member);
  if (present) {
    if (!member) present->value = std::move(scalar);
    return SONDE_OK;
  }
  if (many) {
    if (!index) index = std::make_unique<FactIndex>();
    index->add(hash, facts.size());
  }
  facts.push_back(Fact{id, stage, std::move(clean_key), std::move(scalar)});
  return SONDE_OK;
}

}  // namespace sonde::core
