// How a run is going, on stderr: a block of lines that is rewritten on a terminal, a plain line now and then elsewhere.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/run.hpp"

namespace sonde::core::cli {

class ProgressView {
 public:
  enum class Style { silent, plain, terminal };
  explicit ProgressView(Style style) : style_(style) {}
  void show(const Progress&);
  /// A line of its own above the block.
  void log(const std::string& line);
  /// Takes the block away; what follows is ordinary output.
  void finish();

 private:
  void clear();
  Style style_;
  std::vector<std::string> block_;
  int64_t next_ = 0;  ///< of Progress::elapsed
};

/// One line a stage, one for the run and one for its time; ETA from the share of targets that this part settled.
std::vector<std::string> progress_lines(const Progress&, std::size_t width);
/// All of it in one line.
std::string progress_summary(const Progress&);
/// "4s", "2m10s", "1h05m", "3d04h".
std::string rough_duration(int64_t ns);
/// The same where parts of a second count: "800ms", "2.5s"; rounded up.
std::string short_duration(int64_t ns);

}  // namespace sonde::core::cli
