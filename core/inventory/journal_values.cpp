// What the lines of a journal hold, read out of JSON.
#include "inventory/journal_values.hpp"

namespace sonde::core::journal {
namespace {

const uint64_t* number(const Value* v) {
  return v == nullptr ? nullptr : v->unsigned_integer();
}

}  // namespace

bool unhex(std::string_view hex, std::string& out) {
  if (hex.size() % 2 != 0) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  out.clear();
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
  }
  return true;
}

bool read_number(const Value* v, uint64_t& out, uint64_t most) {
  if (const uint64_t* n = number(v))
    out = *n;
  else if (v != nullptr && v->integer() != nullptr && *v->integer() >= 0)
    out = static_cast<uint64_t>(*v->integer());
  else
    return false;
  return out <= most;
}

bool read_text(const Value* v, std::string& out) {
  if (v == nullptr) return false;
  if (const std::string* text = v->text()) {
    out = *text;
    return true;
  }
  const Value* hex = v->find("x");
  return hex != nullptr && hex->text() != nullptr && unhex(*hex->text(), out);
}

bool read_texts(const Value* v, std::vector<std::string>& out) {
  if (v == nullptr || v->array() == nullptr) return false;
  for (const Value& item : *v->array())
    if (!read_text(&item, out.emplace_back())) return false;
  return true;
}

bool read_pair(const Value* v, uint64_t& first, uint64_t& second) {
  if (v == nullptr || v->array() == nullptr || v->array()->size() != 2) return false;
  return read_number(&(*v->array())[0], first) && read_number(&(*v->array())[1], second);
}

bool read_slice(const Value* v, Slice& out) {
  return read_pair(v, out.start, out.count) && out.count <= UINT64_MAX - out.start;
}

bool read_address(const Value* v, const Value* zone, IpAddress& out) {
  if (v == nullptr || v->text() == nullptr || v->text()->find('%') != std::string::npos) return false;
  uint64_t index = 0;
  if (zone != nullptr && !read_number(zone, index, UINT32_MAX)) return false;
  Result<IpAddress> parsed = IpAddress::parse(*v->text());
  if (!parsed) return false;
  out = index == 0 ? *parsed : IpAddress(parsed->bytes(), static_cast<uint32_t>(index));
  return true;
}

bool read_outcomes(const Value* v, std::size_t stages, std::vector<Outcome>& out) {
  if (v == nullptr || v->array() == nullptr || v->array()->size() != stages) return false;
  for (const Value& item : *v->array()) {
    uint64_t outcome = 0;
    if (!read_number(&item, outcome, last_outcome)) return false;
    out.push_back(static_cast<Outcome>(outcome));
  }
  return true;
}

bool read_stages(const Value* v, std::size_t stages, std::vector<uint8_t>& out) {
  if (v == nullptr || v->array() == nullptr || v->array()->empty() || v->array()->size() > stages) return false;
  for (const Value& item : *v->array()) {
    uint64_t stage = 0;
    if (!read_number(&item, stage) || stage >= stages) return false;
    out.push_back(static_cast<uint8_t>(stage));
  }
  return true;
}

}  // namespace sonde::core::journal
