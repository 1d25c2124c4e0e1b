// The CSV reader.
#include "arp-oui/csv.hpp"

#include <algorithm>

namespace sonde::arp_oui {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
}

bool CsvReader::quoted_field(std::string& field) {
  const size_t opened = line_;
  ++at_;
  for (size_t quote = text_.find('"', at_); quote != text_.npos; quote = text_.find('"', at_)) {
    const std::string_view part = text_.substr(at_, quote - at_);
    line_ += static_cast<size_t>(std::count(part.begin(), part.end(), '\n'));
    field.append(part);
    at_ = quote + 1;
    if (at_ >= text_.size() || text_[at_] != '"') return true;
    field += text_[at_++];  // a doubled one
  }
  at_ = text_.size();
  error_ = "the quote opened in line " + std::to_string(opened) + " is never closed";
  return false;
}

void CsvReader::plain_field(std::string& field) {
  const auto ends = [](char c) { return c == ',' || c == '\r' || c == '\n'; };
  const auto from = text_.begin() + static_cast<std::ptrdiff_t>(at_);
  const auto end = std::find_if(from, text_.end(), ends);
  field.append(from, end);
  at_ = static_cast<size_t>(end - text_.begin());
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (error_.empty() && at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'))
    line_ += text_[at_++] == '\n' ? 1 : 0;
  if (!error_.empty() || at_ >= text_.size()) return false;
  record_line_ = line_;
  size_t count = 0;
  for (;;) {
    if (fields.size() == count) fields.emplace_back();
    std::string& field = fields[count++];
    field.clear();
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!quoted_field(field)) return false;
      // Blanks after the closing quote are forgiven, anything else is lost data.
      while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    } else {
      plain_field(field);
    }
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      continue;
    }
    if (at_ < text_.size() && text_[at_] != '\r' && text_[at_] != '\n') {
      error_ = "line " + std::to_string(line_) + ": text follows a closing quote";
      return false;
    }
    fields.resize(count);
    return true;
  }
}

}  // namespace sonde::arp_oui
