// put() of the ABI, the same for probes during a run and for sources before it.
#include "inventory/put.hpp"

#include <bit>
#include <cmath>

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
      if (!parse_json(text)) return SONDE_E_INVALID;
      out->text = text;
      return SONDE_OK;
    default:
      return SONDE_E_TYPE;
  }
}

sonde_err store_fact(const Field& field, FieldId id, uint8_t stage, std::string_view key, const sonde_value& value,
                     std::vector<Fact>& facts, std::size_t first) {
  if (field.shape == SONDE_MAP ? key.empty() : !key.empty()) return SONDE_E_INVALID;
  Scalar scalar;
  if (sonde_err e = to_scalar(value, field.type, &scalar); e != SONDE_OK) return e;
  // Silence is the core's to judge: a probe only ever says that somebody is there.
  if (id == FieldTable::alive && !scalar.as_bool()) return SONDE_E_INVALID;
  std::string clean_key = is_valid_utf8(key) ? std::string(key) : to_valid_utf8(key);
  for (std::size_t i = first; i < facts.size(); ++i) {
    Fact& f = facts[i];
    if (f.field != id || f.key != clean_key) continue;
    if (field.shape != SONDE_LIST) {
      f.value = std::move(scalar);
      return SONDE_OK;
    }
    if (f.value == scalar) return SONDE_OK;  // a set
  }
  facts.push_back(Fact{id, stage, std::move(clean_key), std::move(scalar)});
  return SONDE_OK;
}

}  // namespace sonde::core
