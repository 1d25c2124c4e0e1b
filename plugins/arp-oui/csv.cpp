// The CSV reader.
#include "arp-oui/csv.hpp"

#include <algorithm>

namespace sonde::arp_oui {
namespace {

// Most parts have none, which one look tells.
size_t line_ends(std::string_view part) {
  size_t count = 0;
  for (size_t at = part.find('\n'); at != part.npos; at = part.find('\n', at + 1)) ++count;
  return count;
}

}  // namespace

std::string_view CsvField::text(std::string& store) const {
  if (!doubled) return raw;
  store.clear();
  for (size_t i = 0; i < raw.size(); ++i) {
    store += raw[i];
    i += raw[i] == '"';  // the second of two
  }
  return store;
}

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
}

bool CsvReader::quoted_field(CsvField& field) {
  const size_t from = at_ + 1;
  for (size_t quote = text_.find('"', from); quote != text_.npos; quote = text_.find('"', quote + 2)) {
    if (quote + 1 < text_.size() && text_[quote + 1] == '"') {
      field.doubled = true;
      continue;
    }
    field.raw = text_.substr(from, quote - from);
    line_ += line_ends(field.raw);
    at_ = quote + 1;
    return true;
  }
  error_ = "the quote opened in line " + std::to_string(line_) + " is never closed";
  return false;
}

void CsvReader::plain_field(CsvField& field) {
  if (line_end_ <= at_) {
    line_end_ = std::min(text_.find('\n', at_), text_.size());
    line_end_ = at_ + std::min(text_.substr(at_, line_end_ - at_).find('\r'), line_end_ - at_);
  }
  const std::string_view rest = text_.substr(at_, line_end_ - at_);
  field.raw = rest.substr(0, rest.find(','));
  at_ += field.raw.size();
}

bool CsvReader::next(std::vector<CsvField>& fields) {
  fields.clear();
  while (error_.empty() && at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r'))
    line_ += text_[at_++] == '\n' ? 1 : 0;
  if (!error_.empty() || at_ >= text_.size()) return false;
  record_line_ = line_;
  for (;;) {
    CsvField& field = fields.emplace_back();
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
    return true;
  }
}

}  // namespace sonde::arp_oui
