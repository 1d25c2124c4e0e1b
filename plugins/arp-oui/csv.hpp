// CSV by RFC 4180, one record at a time: quoted fields may hold commas, doubled quotes and line ends. Fields are views
// into the text: of a registry of 46,000 records most fields are only passed over.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::arp_oui {

struct CsvField {
  std::string_view raw;  // without the quotes around it
  bool doubled = false;  // quotes in it are doubled
  // What it says; `store` holds it where it does not stand in the text as it is.
  std::string_view text(std::string& store) const;
};

class CsvReader {
 public:
  explicit CsvReader(std::string_view text);
  // The next record that is no empty line. False at the end, and after an error: see error().
  bool next(std::vector<CsvField>& fields);
  size_t line() const { return record_line_; }         // where the last record began, from 1
  const std::string& error() const { return error_; }  // empty: none

 private:
  bool quoted_field(CsvField& field);
  void plain_field(CsvField& field);

  std::string_view text_;
  size_t at_ = 0, line_ = 1, record_line_ = 1;
  size_t line_end_ = 0;  // the first line end from at_ on, where that was looked for
  std::string error_;
};

}  // namespace sonde::arp_oui
