// What is wrong, where, and what to do: the one form of error that people see. Everything that a user can cause travels
// as a Diagnostic; exceptions stay inside the room that meets them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/messages.hpp"

namespace sonde::core {

/// A place in a text file. Lines and columns (bytes) count from 1; line 0 means the file as a whole; an empty file, no
/// file.
struct SourceSpan {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t length = 0;  ///< columns to underline; 0 or 1 prints a lone caret
};

enum class Severity : uint8_t { error, warning };

struct Diagnostic {
  std::string id;    ///< of the catalogue, see messages.hpp
  std::string text;  ///< what was found and what was expected
  std::string hint;  ///< printed under the caret: a suggestion, the list of choices, the command to run
  SourceSpan where{};
  Severity severity = Severity::error;
  std::vector<Diagnostic> also{};  ///< further mistakes that the same step found: told beside it
};

/// `error[id]: text` with its place, the line of the file and a caret under it (when the file can be read), the hint.
/// Ends with a line feed. No terminal escapes unless `colour`. Control characters from files are shown escaped.
std::string render(const Diagnostic&, bool colour = false);

/// Collects diagnostics so that all of them are reported at once.
class Diagnostics {
 public:
  void add(Diagnostic d);  ///< with what it says besides
  void error(std::string_view id, SourceSpan where, std::string text, std::string hint = {});
  void warning(std::string_view id, SourceSpan where, std::string text, std::string hint = {});
  bool has_errors() const { return errors_ != 0; }
  std::size_t error_count() const { return errors_; }
  const std::vector<Diagnostic>& items() const { return items_; }
  /// By file, line, column; then all rendered. Beyond `cap` errors only their number is told.
  std::string render_sorted(bool colour = false, std::size_t cap = 20) const;
  /// The exit code of the gravest error (permission before output before config before usage); ok without errors.
  Exit exit_code() const;

 private:
  std::vector<Diagnostic> items_;
  std::size_t errors_ = 0;
};

}  // namespace sonde::core
