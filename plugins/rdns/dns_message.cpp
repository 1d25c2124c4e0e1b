// Reverse names and reply parsing.
#include "dns_message.hpp"

#include <algorithm>
#include <cstring>

namespace sonde::rdns {
namespace {

constexpr size_t header_size = 12, name_max = 255, names_max = 64, records_max = 512;
constexpr int aliases_max = 16;

constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Record {
  std::string owner;
  uint16_t type = 0;
  size_t data = 0, size = 0;  // in the message
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool before(const std::string& a, const std::string& b) {
  if (!same_name(a, b))
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return lower(x) < lower(y); });
  return a < b;
}

uint16_t read_u16(std::span<const uint8_t> m, size_t at) {
  return static_cast<uint16_t>(m[at] << 8 | m[at + 1]);
}

void append_label(std::string& out, std::span<const uint8_t> label) {
  if (!out.empty()) out += '.';
  for (uint8_t c : label) {
    if (c == '.' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c > 0x20 && c < 0x7f) {
      out += static_cast<char>(c);
    } else {
      const char text[] = {'\\', static_cast<char>('0' + c / 100), static_cast<char>('0' + c / 10 % 10),
                           static_cast<char>('0' + c % 10)};
      out.append(text, sizeof text);
    }
  }
}

// The records of the answer section of class IN.
std::optional<std::vector<Record>> answers(std::span<const uint8_t> m) {
  if (m.size() < header_size || !(m[2] & 0x80)) return std::nullopt;
  size_t at = header_size;
  for (unsigned n = read_u16(m, 4); n > 0; --n) {
    if (!read_name(m, at, at) || m.size() - at < 4) return std::nullopt;
    at += 4;
  }
  std::vector<Record> out;
  for (unsigned n = read_u16(m, 6); n > 0; --n) {
    auto owner = read_name(m, at, at);
    if (!owner || m.size() - at < 10) return std::nullopt;
    uint16_t type = read_u16(m, at), klass = read_u16(m, at + 2);
    size_t size = read_u16(m, at + 8);
    at += 10;
    if (m.size() - at < size) return std::nullopt;
    if (klass == 1 && out.size() < records_max) out.push_back({std::move(*owner), type, at, size});
    at += size;
  }
  return out;
}

// Where the chain of aliases that begins with the question ends.
std::optional<std::string> canonical_name(std::span<const uint8_t> m, const std::vector<Record>& records,
                                          std::string_view question) {
  std::string name(question);
  for (int hop = 0; hop < aliases_max; ++hop) {
    auto alias = std::find_if(records.begin(), records.end(),
                              [&](const Record& r) { return r.type == type_cname && same_name(r.owner, name); });
    if (alias == records.end()) break;
    size_t end = 0;
    auto target = read_name(m, alias->data, end);
    if (!target || end != alias->data + alias->size) return std::nullopt;
    name = std::move(*target);
  }
  return name;
}

}  // namespace

bool is_v4(const Address& address) {
  return std::memcmp(address.data(), mapped, sizeof mapped) == 0;
}

std::string reverse_name(const Address& address) {
  std::string out;
  if (is_v4(address)) {
    for (size_t i = 16; i-- > 12;) out += std::to_string(address[i]) + '.';
    return out + "in-addr.arpa";
  }
  static constexpr char hex[] = "0123456789abcdef";
  for (size_t i = 16; i-- > 0;) {
    out += hex[address[i] & 15];
    out += '.';
    out += hex[address[i] >> 4];
    out += '.';
  }
  return out + "ip6.arpa";
}

std::optional<std::string> read_name(std::span<const uint8_t> message, size_t offset, size_t& end) {
  std::string out;
  size_t at = offset, lowest = offset, octets = 1;
  bool jumped = false;
  while (at < message.size()) {
    uint8_t size = message[at];
    if ((size & 0xc0) == 0xc0) {
      if (message.size() - at < 2) return std::nullopt;
      size_t to = static_cast<size_t>(size & 0x3f) << 8 | message[at + 1];
      if (!jumped) end = at + 2;
      jumped = true;
      if (to >= lowest) return std::nullopt;  // strictly backwards, so that it ends
      at = lowest = to;
      continue;
    }
    if (size & 0xc0) return std::nullopt;
    if (size == 0) {
      if (!jumped) end = at + 1;
      return out;
    }
    octets += size + 1u;
    if (message.size() - at < size + 1u || octets > name_max) return std::nullopt;
    append_label(out, message.subspan(at + 1, size));
    at += size + 1u;
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> ptr_names(std::span<const uint8_t> message, std::string_view question) {
  auto records = answers(message);
  if (!records) return std::nullopt;
  auto name = canonical_name(message, *records, question);
  if (!name) return std::nullopt;
  std::vector<std::string> out;
  for (const Record& r : *records) {
    if (r.type != type_ptr || !same_name(r.owner, *name)) continue;
    size_t end = 0;
    auto target = read_name(message, r.data, end);
    if (!target || end != r.data + r.size) return std::nullopt;
    if (!target->empty()) out.push_back(std::move(*target));
  }
  std::sort(out.begin(), out.end(), before);
  out.erase(std::unique(out.begin(), out.end(), [](const auto& a, const auto& b) { return same_name(a, b); }),
            out.end());
  if (out.size() > names_max) out.resize(names_max);
  return out;
}

std::optional<std::vector<Address>> addresses(std::span<const uint8_t> message, std::string_view question,
                                              uint16_t type) {
  auto records = answers(message);
  if (!records) return std::nullopt;
  auto name = canonical_name(message, *records, question);
  if (!name) return std::nullopt;
  std::vector<Address> out;
  for (const Record& r : *records) {
    if (r.type != type || !same_name(r.owner, *name)) continue;
    if (r.size != (type == type_a ? 4u : 16u)) return std::nullopt;
    Address address{};
    if (type == type_a) std::copy(std::begin(mapped), std::end(mapped), address.begin());
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(r.data), r.size,
                address.end() - static_cast<int>(r.size));
    out.push_back(address);
  }
  return out;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() < name_max && std::all_of(name.begin(), name.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace sonde::rdns
