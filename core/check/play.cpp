#include "check/play.hpp"

#include <algorithm>

#include "check/async_play.hpp"
#include "check/blocking_play.hpp"

namespace sonde::core::check {

namespace {

Scalar example(uint32_t type, const std::string& name) {
  switch (type) {
    case SONDE_BOOL:
      return Scalar::boolean(true);
    case SONDE_I64:
      return Scalar::of(int64_t{7});
    case SONDE_U64:
      return Scalar::of(uint64_t{7});
    case SONDE_F64:
      return Scalar::of(1.5);
    case SONDE_JSON:
      return Scalar::json("{}");
    case SONDE_TIME: {
      Scalar s = Scalar::of(int64_t{1'700'000'000'000'000'000});
      s.type = SONDE_TIME;
      return s;
    }
    case SONDE_IP: {
      Scalar s = Scalar::of(std::string(16, '\0'));
      s.type = SONDE_IP;
      s.text[15] = 1;
      return s;
    }
    case SONDE_BYTES: {
      Scalar s = Scalar::of(std::string("\x01\x02"));
      s.type = SONDE_BYTES;
      return s;
    }
    default:
      return Scalar::of(std::string(name == "mac" ? "02:00:00:00:00:01" : name == "link" ? "routed" : "example"));
  }
}

std::string value_in_words(const Scalar& s) {
  switch (s.type) {
    case SONDE_F64:
    case SONDE_TIME:
      return "(measured)";
    case SONDE_TEXT:
    case SONDE_BYTES:
    case SONDE_JSON:
    case SONDE_IP:
      return s.text;
    default:
      return std::to_string(s.number);
  }
}

}  // namespace

IpAddress task_address(uint32_t index) {
  return IpAddress::v4(0x7f010001u + index);
}

std::vector<Fact> made_up_inputs(const Subject& s, bool optional_ones, const IpAddress& ip) {
  std::vector<Fact> out;
  for (std::size_t i = 0; i < s.inputs.size(); ++i) {
    const FieldInfo& declared = s.plugin.inputs[i];
    if (s.inputs[i] == no_field || (!optional_ones && (declared.flags & SONDE_F_REQUIRED) == 0)) continue;
    const Field& field = s.fields[s.inputs[i]];
    Scalar value = example(field.type, field.name);
    if (s.inputs[i] == FieldTable::ip) value.text.assign(ip.bytes().begin(), ip.bytes().end());
    out.push_back({s.inputs[i], 0, field.shape == SONDE_MAP ? "7/tcp" : "", std::move(value)});
  }
  return out;
}

std::string in_words(const Row& row, const FieldTable& fields) {
  std::vector<std::string> parts;
  for (const Fact& f : row.facts)
    parts.push_back(fields[f.field].name + (f.key.empty() ? "" : "[" + f.key + "]") + "=" + value_in_words(f.value));
  std::sort(parts.begin(), parts.end());
  std::string out = row.ip.to_string() + ": " + std::string(to_string(row.outcome));
  for (const std::string& part : parts) out += ", " + part;
  return out;
}

Played play(const Subject& subject, const Play& scene, Notes& notes) {
  return subject.plugin.blocking() ? play_blocking(subject, scene, notes) : play_async(subject, scene, notes);
}

}  // namespace sonde::core::check
