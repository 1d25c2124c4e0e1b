#include "plugins/option_reason.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::core {
namespace {

constexpr std::string_view prefix = "options";
constexpr std::size_t most_reasons = 100;

bool is_number(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_token(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// "/credentials/0/auth_key" as "option 'credentials[].auth_key'", "/args/2" as "an entry of option 'args'"; empty for
/// what is no pointer to an option.
std::string named(std::string_view pointer) {
  std::string name;
  bool entry = false;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return {};
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (!is_token(token) || (name.empty() && is_number(token))) return {};
    if (entry) name += "[]";
    entry = is_number(token);
    if (!entry) name.append(name.empty() ? "" : ".").append(token);
  }
  return name.empty() ? "" : fmt::format("{}option '{}'", entry ? "an entry of " : "", name);
}

}  // namespace

OptionReason place_reason(std::string_view why, const Value& options, const SourceSpan& otherwise) {
  const auto colon = why.find(": ");
  const std::string_view head = why.substr(0, colon);
  const std::string option =
      colon != why.npos && head.starts_with(prefix) ? named(head.substr(prefix.size())) : std::string();
  if (option.empty()) return {std::string(why), otherwise};
  // What was left out has the place of the mapping that lacks it.
  std::string_view pointer = head.substr(prefix.size());
  const Value* at = options.at_pointer(pointer);
  while (at == nullptr && !pointer.empty()) {
    pointer = pointer.substr(0, pointer.rfind('/'));
    at = options.at_pointer(pointer);
  }
  const bool placed = at != nullptr && (at->where.line != 0 || !at->where.file.empty());
  return {fmt::format("{}: {}", option, why.substr(colon + 2)), placed ? at->where : otherwise};
}

std::vector<OptionReason> place_reasons(std::string_view why, const Value& options, const SourceSpan& otherwise) {
  std::vector<OptionReason> out;
  do {
    const auto next = why.find("\noptions/");
    out.push_back(place_reason(why.substr(0, next), options, otherwise));
    why.remove_prefix(next == why.npos ? why.size() : next + 1);
  } while (!why.empty() && out.size() < most_reasons);
  std::size_t more = why.empty() ? 0 : 1;
  for (auto at = why.find("\noptions/"); at != why.npos; at = why.find("\noptions/", at + 1)) ++more;
  if (more != 0) out.push_back({fmt::format("and {} more of this kind", more), otherwise});
  return out;
}

}  // namespace sonde::core
