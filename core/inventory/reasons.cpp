// Words are looked at one by one; what is not recognised stays as it is.
#include "inventory/reasons.hpp"

#include <algorithm>

#include "base/digits.hpp"
#include "base/ip_address.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t longest_reason = 300;

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool all_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), is_digit);
}

bool is_address(std::string_view word) {
  word = word.substr(0, word.find('/'));  // a network is as particular
  if (const auto zone = word.find('%'); zone != std::string_view::npos && zone + 1 < word.size())
    word = word.substr(0, zone);  // of an interface that may be gone by now
  // A lone "::" or a word like "1.2" says nothing about a target.
  if (std::count(word.begin(), word.end(), '.') != 3 && std::count(word.begin(), word.end(), ':') < 2) return false;
  return IpAddress::parse(word).has_value();
}

bool is_mac(std::string_view word) {
  if (word.size() != 17) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (i % 3 == 2 ? word[i] != ':' && word[i] != '-' : !is_hex(word[i])) return false;
  return true;
}

/// What stands for this word; empty: the word itself.
std::string_view stand_in(std::string_view word, std::string_view before) {
  if (is_address(word)) return "<address>";
  if (word.front() == '[')
    if (const auto end = word.find(']'); end != std::string_view::npos && is_address(word.substr(1, end - 1)))
      return "<address>";
  if (const auto colon = word.rfind(':');
      colon != std::string_view::npos && all_digits(word.substr(colon + 1)) && is_address(word.substr(0, colon)))
    return "<address>";
  if (is_mac(word)) return "<mac>";
  if (word.ends_with(".in-addr.arpa") || word.ends_with(".ip6.arpa")) return "<name>";
  if (all_digits(word) && (before == "port" || before == "Port")) return "<n>";
  return {};
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/// At most longest_reason bytes, no character cut in two.
std::string_view cut(std::string_view text) {
  std::size_t end = longest_reason;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string general_reason(std::string_view why) {
  std::string out;
  std::string_view before;
  for (std::size_t at = 0; at < why.size() && out.size() < longest_reason;) {
    if (is_blank(why[at])) {
      out += why[at++];
      continue;
    }
    const std::size_t end = static_cast<std::size_t>(
        std::find_if(why.begin() + static_cast<std::ptrdiff_t>(at), why.end(), is_blank) - why.begin());
    const std::string_view whole = why.substr(at, end - at);
    // Punctuation around a word is the sentence's.
    std::size_t first = std::min(whole.find_first_not_of("('\""), whole.size());
    std::size_t last = whole.find_last_not_of(".,:;)'\"");
    last = last == std::string_view::npos || last < first ? first : last + 1;
    const std::string_view word = whole.substr(first, last - first);
    std::string_view instead = word.empty() ? std::string_view() : stand_in(word, before);
    if (instead.empty() && all_digits(word) && why.substr(end).starts_with(" of ") && end + 4 < why.size() &&
        is_digit(why[end + 4]))
      instead = "some";
    out += whole.substr(0, first);
    out += instead.empty() ? word : instead;
    out += whole.substr(last);
    before = word;
    at = end;
  }
  if (out.size() > longest_reason) out = std::string(cut(out)) + "...";
  return out;
}

}  // namespace sonde::core
