// Lines never wrap (they are elided to the terminal's width), so that the cursor finds its way back.
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/console.hpp"
#include "cli/table.hpp"

namespace sonde::core::cli {
namespace {

constexpr int64_t second = 1'000'000'000;
constexpr int64_t terminal_every = second / 10;
constexpr int64_t plain_every = 10 * second;

uint64_t rate_of(const Progress& p) {
  return p.elapsed <= 0 ? 0
                        : static_cast<uint64_t>(static_cast<double>(p.packets) * static_cast<double>(second) /
                                                static_cast<double>(p.elapsed));
}

std::string eta_of(const Progress& p) {
  // Before one target in a hundred is settled a forecast is a guess. What an earlier part has settled took no time now.
  const uint64_t done = p.settled - std::min(p.settled, p.settled_before);
  if (done == 0 || p.settled >= p.targets || done < (p.targets - std::min(p.targets, p.settled_before)) / 100)
    return {};
  const double share = static_cast<double>(p.targets - p.settled) / static_cast<double>(done);
  return rough_duration(static_cast<int64_t>(share * static_cast<double>(p.elapsed)));
}

unsigned percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 100 : static_cast<unsigned>(static_cast<unsigned __int128>(part) * 100 / whole);
}

}  // namespace

std::string rough_duration(int64_t ns) {
  const int64_t s = (std::max<int64_t>(ns, 0) + second / 2) / second;
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  if (s < 48 * 3600) return fmt::format("{}h{:02}m", s / 3600, s % 3600 / 60);
  return fmt::format("{}d{:02}h", s / 86400, s % 86400 / 3600);
}

std::string short_duration(int64_t ns) {
  constexpr int64_t ms = second / 1000;
  const int64_t in_ms = (std::max<int64_t>(ns, 0) + ms - 1) / ms;
  if (in_ms < 1000) return fmt::format("{}ms", in_ms);
  if (in_ms >= 60'000) return rough_duration((in_ms + 999) / 1000 * second);
  const int64_t tenths = (in_ms + 99) / 100;
  return tenths % 10 == 0 ? fmt::format("{}s", tenths / 10) : fmt::format("{}.{}s", tenths / 10, tenths % 10);
}

std::vector<std::string> progress_lines(const Progress& p, std::size_t width) {
  std::size_t name_width = 5;
  for (const auto& stage : p.stages) name_width = std::max(name_width, display_width(printable(stage.name)));
  name_width = std::min<std::size_t>(name_width, 24);
  std::vector<std::string> lines;
  for (const auto& stage : p.stages) {
    std::string name = elide(printable(stage.name), name_width);
    name.resize(name.size() + name_width - display_width(name), ' ');
    lines.push_back(
        elide(fmt::format("  {} {:3}%  {} done, {} found, {} in flight, {} waiting", name,
                          percent(stage.done, p.targets), stage.done, stage.found, stage.in_flight, stage.waiting),
              width));
  }
  lines.push_back(elide(fmt::format("  {:<{}} {:3}%  {} of {} done, {} responding", "all", name_width,
                                    percent(p.settled, p.targets), p.settled, p.targets, p.responding),
                        width));
  const std::string eta = eta_of(p);
  lines.push_back(elide(fmt::format("  {:<{}}       {}{}{}, {} packets/s", "", name_width, rough_duration(p.elapsed),
                                    eta.empty() ? "" : ", ETA ", eta, rate_of(p)),
                        width));
  return lines;
}

std::string progress_summary(const Progress& p) {
  const std::string eta = eta_of(p);
  return fmt::format("{}% after {}{}{}: {} of {} hosts done, {} responding, {} packets/s",
                     percent(p.settled, p.targets), rough_duration(p.elapsed), eta.empty() ? "" : ", ETA ", eta,
                     p.settled, p.targets, p.responding, rate_of(p));
}

void ProgressView::show(const Progress& p) {
  if (style_ == Style::silent) return;
  if (style_ == Style::plain) {
    if (next_ == 0) next_ = plain_every;
    if (p.elapsed < next_) return;
    next_ = p.elapsed + plain_every;
    print_error(progress_summary(p) + "\n");
    return;
  }
  if (p.elapsed < next_) return;
  next_ = p.elapsed + terminal_every;
  const std::size_t width = terminal_width(STDERR_FILENO);
  std::vector<std::string> lines = progress_lines(p, width > 1 ? width - 1 : 1);
  std::string out;
  if (!block_.empty()) out += fmt::format("\033[{}A\r", block_.size());
  for (const std::string& line : lines) out += line + "\033[K\n";
  out += "\033[J";
  print_error(out);
  block_ = std::move(lines);
}

void ProgressView::clear() {
  if (block_.empty()) return;
  print_error(fmt::format("\033[{}A\r\033[J", block_.size()));
}

void ProgressView::log(const std::string& line) {
  clear();
  print_error(line + "\n");
  std::string again;
  for (const std::string& kept : block_) again += kept + "\n";
  print_error(again);
}

void ProgressView::finish() {
  clear();
  block_.clear();
}

}  // namespace sonde::core::cli
