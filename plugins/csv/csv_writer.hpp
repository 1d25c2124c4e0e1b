// Fields of RFC 4180, and the guard that keeps a spreadsheet from running what a host calls itself.
#pragma once
#include <sonde/plugin.h>

#include <string>
#include <string_view>

namespace sonde::csv_exporter {

/// Appends one field: in quotes when it holds a comma, a quote, a line break or a blank at an end, quotes doubled.
void append_field(std::string& out, std::string_view text);

/// A spreadsheet takes text that begins with = + - @, TAB, CR or LF as a formula. A quote before it makes it text.
bool looks_like_formula(std::string_view text);

/// A value as plain text: what a cell shows.
void append_plain(std::string& out, const sonde_value& value, int decimals);

}  // namespace sonde::csv_exporter
