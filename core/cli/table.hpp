// Tables of text: aligned by what a terminal shows, harmless whatever the cells hold.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::core::cli {

/// Columns that a terminal takes for printable text (East Asian wide characters two, combining marks none).
std::size_t display_width(std::string_view printable_text);
/// At most `width` columns, the cut shown as "...".
std::string elide(std::string_view printable_text, std::size_t width);

/// Lines of at most `width` columns, cut between words; a longer word has a line of its own.
std::vector<std::string> wrapped(std::string_view printable_text, std::size_t width);

class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
    bool shrinks = false;  ///< may be elided when the table is wider than the terminal
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// Cells are made printable.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Leaves out columns without any content. width 0: as wide as it gets.
  std::string render(std::size_t width, bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sonde::core::cli
