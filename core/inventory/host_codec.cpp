// Numbers in groups of seven bits, the lowest first; texts with their length in front.
#include "inventory/host_codec.hpp"

namespace sonde::core {
namespace {

void append_number(std::string& out, uint64_t n) {
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  out += static_cast<char>(n);
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out += text;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  bool at_end() const { return left_.empty(); }

  bool number(uint64_t& out, uint64_t most = UINT64_MAX) {
    out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      uint8_t byte = 0;
      if (!take(byte)) return false;
      const uint64_t part = byte & 0x7f;
      if (part << shift >> shift != part) return false;
      out |= part << shift;
      if (byte < 0x80) return out <= most;
    }
    return false;
  }
  bool text(std::string& out) {
    uint64_t size = 0;
    if (!number(size) || size > left_.size()) return false;
    out = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  bool take(uint8_t& out) {
    if (left_.empty()) return false;
    out = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return true;
  }

 private:
  std::string_view left_;
};

bool read_fact(Reader& in, std::size_t field_count, Fact& fact) {
  uint64_t field = 0, type = 0;
  if (!in.number(field) || field >= field_count || !in.take(fact.stage) || !in.number(type, UINT32_MAX)) return false;
  fact.field = static_cast<FieldId>(field);
  fact.value.type = static_cast<uint32_t>(type);
  return in.text(fact.key) && in.number(fact.value.number) && in.text(fact.value.text);
}

}  // namespace

void append_outcomes(std::string& out, std::span<const Outcome> outcomes) {
  append_number(out, outcomes.size());
  for (const Outcome outcome : outcomes) out += static_cast<char>(outcome);
}

void append_fact(std::string& out, const Fact& fact) {
  append_number(out, fact.field);
  out += static_cast<char>(fact.stage);
  append_number(out, fact.value.type);
  append_text(out, fact.key);
  append_number(out, fact.value.number);
  append_text(out, fact.value.text);
}

bool decode_host(std::string_view bytes, std::size_t field_count, std::vector<Outcome>& outcomes,
                 std::vector<Fact>& facts) {
  Reader in(bytes);
  uint64_t count = 0;
  if (!in.number(count, bytes.size())) return false;
  if (outcomes.size() < count) outcomes.resize(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint8_t outcome = 0;
    if (!in.take(outcome) || outcome > last_outcome) return false;
    if (static_cast<Outcome>(outcome) != Outcome::none) outcomes[i] = static_cast<Outcome>(outcome);
  }
  while (!in.at_end())
    if (!read_fact(in, field_count, facts.emplace_back())) {
      facts.pop_back();
      return false;
    }
  return true;
}

}  // namespace sonde::core
