// The common subset of what shells, Compose and systemd read, so that one file serves all of them.
#include "config/env_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/digits.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_bytes = 1u << 20;
constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blanks) - first + 1);
}

bool only_comment(std::string_view rest) {
  rest = trim(rest);
  return rest.empty() || rest.front() == '#';
}

/// The value behind "=", or nothing when its quotes do not close.
std::optional<std::string> value_of(std::string_view text) {
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) {
        return std::string(trim(text.substr(0, i)));
      }
    }
    return std::string(text);
  }
  const char quote = text[0];
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return only_comment(text.substr(i + 1)) ? std::optional(value) : std::nullopt;
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      if (next == 'n' || next == 't') {
        value += next == 'n' ? '\n' : '\t';
      } else {
        if (next != '"' && next != '\\' && next != '$') value += '\\';
        value += next;
      }
    } else {
      value += text[i];
    }
  }
  return std::nullopt;
}

bool is_regular(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

}  // namespace

bool is_variable_name(std::string_view name) {
  if (name.empty() || is_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
  });
}

void parse_env_file(std::string_view text, const std::string& file, Environment& into, Diagnostics& out) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Environment found;
  uint32_t line_number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const std::string_view name = trim(line.substr(0, equals));
    const SourceSpan where{file, line_number, 1, 1};
    if (equals == std::string_view::npos || !is_variable_name(name)) {
      out.error("env-file", where, "this line is not of the form NAME=value", "a comment begins with #");
      continue;
    }
    const auto value = value_of(trim(line.substr(equals + 1)));
    if (!value || value->find('\0') != std::string::npos || !is_valid_utf8(*value)) {
      out.error("env-file", where, fmt::format("the value of {} cannot be read", name),
                "close its quotes on the same line; write UTF-8 text");
      continue;
    }
    found.insert_or_assign(std::string(name), *value);  // the last one counts, as in a shell
  }
  into.merge(found);
}

Environment process_environment() {
  Environment variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

void add_env_file(const std::string& named, const std::string& directory, Environment& into, Diagnostics& out) {
  std::string path = named;
  if (path.empty()) {
    // A folder called .env (Python people have them) is none of ours.
    path = directory.empty() ? ".env" : directory + "/.env";
    if (!is_regular(path)) path = ".env";
    if (!is_regular(path)) return;
  }
  const auto text = read_file(path, max_bytes);
  if (!text) {
    Diagnostic d = text.error();
    if (d.hint.empty()) d.hint = named.empty() ? "--no-env-file runs without it" : "--env-file names a file to read";
    out.add(std::move(d));
    return;
  }
  parse_env_file(*text, path, into, out);
}

}  // namespace sonde::core
