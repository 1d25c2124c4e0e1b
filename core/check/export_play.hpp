// Scenes with exporters: records of every kind, in a directory of their own.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "check/notes.hpp"
#include "check/subject.hpp"
#include "inventory/record.hpp"

namespace sonde::core::check {

struct ExportPlay {
  uint32_t records = 3;
  uint32_t batch = 256;
  bool hostile = false;  ///< texts that formats trip over, large lists, every type
  bool commit = true;
  bool leave_open = false;  ///< neither close() nor destroy(): what a kill leaves
  bool from_the_future = false;
};

struct Exported {
  sonde_err error = SONDE_OK;  ///< the first that a call returned
  std::string step, failure;   ///< which call, and what fail() said
  bool fine() const { return error == SONDE_OK; }
};

Exported play_export(const Subject&, const ExportPlay&, Notes&);

/// The files below the directory and what is on standard output, by name.
std::map<std::string, std::string> published(const std::string& directory);

}  // namespace sonde::core::check
