// A JSON object written member by member, and texts cut to a bound.
#pragma once
#include <cstdint>
#include <sonde/json_writer.hpp>
#include <string>
#include <string_view>

namespace sonde::nmap_xml {

/// At most `most` bytes, cut between characters of UTF-8, with "..." for what was left out.
inline std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

class JsonObject {
 public:
  JsonObject& raw(std::string_view key, std::string_view json) {
    text_ += text_.empty() ? '{' : ',';
    json::append_text(text_, key);
    text_ += ':';
    text_ += json;
    return *this;
  }
  JsonObject& text(std::string_view key, std::string_view value) {
    std::string quoted;
    json::append_text(quoted, value);
    return raw(key, quoted);
  }
  /// The same, left out when there is none.
  JsonObject& some(std::string_view key, std::string_view value) { return value.empty() ? *this : text(key, value); }
  JsonObject& number(std::string_view key, uint64_t value) { return raw(key, std::to_string(value)); }
  bool empty() const { return text_.empty(); }
  std::string str() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

/// Appends to "[a,b" or begins it; close() it with "]".
inline void append_item(std::string& list, std::string_view json) {
  list += list.empty() ? '[' : ',';
  list += json;
}

}  // namespace sonde::nmap_xml
