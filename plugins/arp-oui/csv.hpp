// CSV by RFC 4180, one record at a time: quoted fields may hold commas, doubled quotes and line ends.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::arp_oui {

class CsvReader {
 public:
  explicit CsvReader(std::string_view text);
  // The next record that is no empty line. False at the end, and after an error: see error().
  bool next(std::vector<std::string>& fields);
  size_t line() const { return record_line_; }         // where the last record began, from 1
  const std::string& error() const { return error_; }  // empty: none

 private:
  bool quoted_field(std::string& field);
  void plain_field(std::string& field);

  std::string_view text_;
  size_t at_ = 0, line_ = 1, record_line_ = 1;
  std::string error_;
};

}  // namespace sonde::arp_oui
