// One pass without recursion or allocation. What is not plain is left to the library.
#include "base/plain_json.hpp"

#include <algorithm>
#include <array>

#include "base/digits.hpp"
#include "base/text.hpp"

namespace sonde::core {
namespace {

class PlainJson {
 public:
  explicit PlainJson(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool read() {
    for (;;) {
      space();
      if (at_ == end_) return false;
      if (*at_ == '{' || *at_ == '[') {
        const char open = *at_++;
        space();
        const bool empty = at_ != end_ && *at_ == (open == '{' ? '}' : ']');
        if (!empty) {
          if (depth_ == levels_.size()) return false;
          levels_[depth_++] = {open == '{', keys_};
          if (open == '{' && !key()) return false;
          continue;
        }
        ++at_;
      } else if (!scalar()) {
        return false;
      }
      // A value has ended: so may those around it.
      for (;;) {
        space();
        if (depth_ == 0) return at_ == end_;
        if (at_ == end_) return false;
        const Level& level = levels_[depth_ - 1];
        const char c = *at_++;
        if (c == ',') {
          space();
          if (level.object && !key()) return false;
          break;
        }
        if (c != (level.object ? '}' : ']')) return false;
        keys_ = level.keys;
        --depth_;
      }
    }
  }

 private:
  struct Level {
    bool object = false;
    std::size_t keys = 0;  ///< that were open before it
  };

  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  /// A key that this object has not had yet, and its colon.
  bool key() {
    const char* const begin = at_;
    bool escaped = false;
    if (keys_ == names_.size() || !string(escaped) || escaped) return false;
    const std::string_view name(begin, static_cast<std::size_t>(at_ - begin));
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(levels_[depth_ - 1].keys);
    const auto last = names_.begin() + static_cast<std::ptrdiff_t>(keys_);
    if (std::find(first, last, name) != last) return false;
    names_[keys_++] = name;
    space();
    return at_ != end_ && *at_++ == ':';
  }

  bool string(bool& escaped) {
    if (at_ == end_ || *at_++ != '"') return false;
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      escaped = true;
      constexpr std::string_view letters = "\"\\/bfnrt";
      if (at_ == end_ || letters.find(*at_++) == std::string_view::npos) return false;
    }
    return false;
  }

  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  }

  bool number() {
    constexpr std::ptrdiff_t longest = 300;  // longer ones may be too large for a double
    const char* const begin = at_;
    if (*at_ == '-') ++at_;
    const char* const first = at_;
    if (!digits() || (*first == '0' && at_ - first > 1)) return false;
    if (at_ != end_ && *at_ == '.' && (++at_, !digits())) return false;
    return at_ - begin <= longest && (at_ == end_ || (*at_ != 'e' && *at_ != 'E'));
  }

  bool word(std::string_view expected) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool scalar() {
    bool escaped = false;
    switch (*at_) {
      case '"':
        return string(escaped);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  const char *at_, *end_;
  std::array<Level, 32> levels_{};
  std::size_t depth_ = 0;
  std::array<std::string_view, 64> names_{};  ///< of the open objects, in the order of these
  std::size_t keys_ = 0;
};

}  // namespace

bool is_plain_json(std::string_view text) {
  return is_valid_utf8(text) && PlainJson(text).read();
}

}  // namespace sonde::core
