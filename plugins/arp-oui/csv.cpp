// The CSV reader.
#include "arp-oui/csv.hpp"

#include <algorithm>

namespace sonde::arp_oui {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
}

bool CsvReader::quoted_field(std::string& field) {
  const size_t opened = line_;
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        ++at_;
      } else {
        ++at_;
        return true;
      }
    }
    if (c == '\n') ++line_;
    field += c;
  }
  error_ = "the quote opened in line " + std::to_string(opened) + " is never closed";
  return false;
}

void CsvReader::plain_field(std::string& field) {
  const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
  field.append(text_, at_, end - at_);
  at_ = end;
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
