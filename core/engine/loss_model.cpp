// The posterior over a grid of capacities of the path and shares that the line loses (Bayes' rule; the likelihood is
// the binomial one).
#include "engine/loss_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sonde::core {

namespace {
struct Share {
  double lost, prior;
};
// Most links lose next to nothing; those that lose a third are rare.
constexpr std::array<Share, 15> lines = {{{0.002, 0.30},
                                          {0.01, 0.15},
                                          {0.02, 0.10},
                                          {0.04, 0.10},
                                          {0.06, 0.08},
                                          {0.08, 0.06},
                                          {0.10, 0.06},
                                          {0.13, 0.05},
                                          {0.17, 0.04},
                                          {0.22, 0.03},
                                          {0.30, 0.02},
                                          {0.40, 0.01},
                                          {0.55, 0.005},
                                          {0.75, 0.003},
                                          {0.90, 0.002}}};
constexpr double no_limit_prior = 0.5;
// Capacities by factors of the square root of 2, each as likely as the others: up to 4.6 million packets a second, and
// from 100 on or well below the slowest rate that was tried. Whether there is a limit above the fastest one nobody can
// know, nor does it matter.
constexpr std::size_t capacities = 45;
constexpr double lowest_capacity = 100, below_the_slowest = 16;
// Packets that are lost together are no independent witnesses, and no number of them proves the model itself.
constexpr double independent = 0.5, most_witnesses = 300;
constexpr double most_share = 0.95;
constexpr double precise_within = 1.6;

struct Evidence {
  double rate, arrived, lost;
  bool open;

  double seen() const { return lost / (arrived + lost); }
};

Evidence weighed(const LossRecord& r) {
  const auto known = static_cast<double>(r.arrived + r.lost);
  const double weight = independent * std::min(1.0, most_witnesses / known);
  return {r.rate, weight * static_cast<double>(r.arrived), weight * static_cast<double>(r.lost), r.open};
}

/// Where each target is asked until it answers, the share p that is lost is also lost of what is known. Where it is
/// asked n times, all of its packets may be lost and nobody knows of any. Of two the first is known to be lost for
/// p (1-p) of the targets and to have arrived for 1-p: p / (1+p) of what is known of first packets. Anything between
/// fits. While fates are open, any larger share fits as well.
double log_likelihood(std::span<const Evidence> all, double line, double capacity) {
  double sum = 0;
  for (const Evidence& e : all) {
    const double lost = std::min(most_share, 1 - (1 - line) * std::min(1.0, capacity / e.rate));
    const double shown = e.open && lost > e.seen() ? e.seen() : std::clamp(e.seen(), lost / (1 + lost), lost);
    if (shown > 0) sum += e.lost * std::log(shown) + e.arrived * std::log1p(-shown);
  }
  return sum;
}

/// Probabilities of the capacities, not normalised; the last of them: of no limit.
struct Posterior {
  std::array<double, capacities + 1> of{};
  std::size_t limits = 0;
  double fastest = 0, lowest = 0, limited = 0, total = 0, line_share = 0;

  double capacity(double i) const { return lowest * std::exp2(i / 2); }
  /// Between two points of the grid as if each spread evenly.
  double quantile(double part) const {
    double below = 0;
    for (std::size_t c = 0; c < limits; ++c) {
      if (below + of[c] >= part * limited && of[c] > 0)
        return capacity(static_cast<double>(c) + (part * limited - below) / of[c] - 0.5);
      below += of[c];
    }
    return capacity(static_cast<double>(limits) - 1);
  }
};

Posterior posterior(std::span<const Evidence> all) {
  Posterior out;
  double slowest = std::numeric_limits<double>::infinity();
  for (const Evidence& e : all) {
    out.fastest = std::max(out.fastest, e.rate);
    slowest = std::min(slowest, e.rate);
  }
  out.lowest = std::clamp(slowest / below_the_slowest, 1.0, lowest_capacity);
  for (out.limits = 1; out.limits < capacities && out.capacity(static_cast<double>(out.limits)) < out.fastest;)
    ++out.limits;
  const double limit_prior = (1 - no_limit_prior) / static_cast<double>(out.limits);
  std::array<std::array<double, capacities + 1>, lines.size()> logs{};
  double highest = -std::numeric_limits<double>::infinity();
  for (std::size_t l = 0; l < lines.size(); ++l)
    for (std::size_t c = 0; c <= out.limits; ++c) {
      const bool none = c == out.limits;
      const double capacity = none ? std::numeric_limits<double>::infinity() : out.capacity(static_cast<double>(c));
      logs[l][c] = std::log(lines[l].prior * (none ? no_limit_prior : limit_prior)) +
                   log_likelihood(all, lines[l].lost, capacity);
      highest = std::max(highest, logs[l][c]);
    }
  for (std::size_t l = 0; l < lines.size(); ++l)
    for (std::size_t c = 0; c <= out.limits; ++c) {
      const double p = std::exp(logs[l][c] - highest);
      out.of[c] += p;
      out.total += p;
      out.line_share += p * lines[l].lost;
    }
  out.limited = out.total - out.of[out.limits];
  out.line_share /= out.total;
  return out;
}
}  // namespace

LossVerdict judge_losses(std::span<const LossRecord> records) {
  std::array<Evidence, most_loss_records> evidence;
  std::size_t n = 0;
  for (const LossRecord& r : records.last(std::min(records.size(), most_loss_records)))
    if (r.arrived + r.lost > 0 && r.rate > 0) evidence[n++] = weighed(r);
  const Posterior p = posterior({evidence.data(), n});
  LossVerdict out;
  out.line_alone = p.of[p.limits] / p.total;
  out.line_share = p.line_share;
  out.fastest = p.fastest;
  out.cautious = p.quantile(0.25);
  out.capacity = p.quantile(0.5);
  out.hopeful = p.quantile(0.75);
  out.precise = out.hopeful < precise_within * out.cautious;
  return out;
}

}  // namespace sonde::core
