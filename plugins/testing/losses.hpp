// For the tests of probes that ask several times: what a host answers to the extension sonde.loss/1, and what it was
// told.
#pragma once
#include <sonde/loss.h>

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::testing {

struct Losses {
  enum class Fate { arrived, lost };

  bool offered = true;
  int64_t doubtful_until = std::numeric_limits<int64_t>::min();  ///< silence after what left before that proves nothing
  int64_t open_from = std::numeric_limits<int64_t>::max();       ///< after what left since then nothing is known yet

  std::vector<std::pair<Fate, int64_t>> fates;  ///< of packets, by when they left, in the order in which they were told
  uint32_t silences = 0, asked_again = 0, left_in_doubt = 0, congested = 0;
};

/// What get_extension(id) gives. `of` finds the losses of a context.
template <Losses& (*of)(sonde_ctx*)>
const void* loss_extension(sonde_ctx* c, const char* id) {
  static constexpr sonde_loss table = {
      sizeof(sonde_loss),
      0,
      [](sonde_ctx* ctx, int64_t at) { of(ctx).fates.emplace_back(Losses::Fate::arrived, at); },
      [](sonde_ctx* ctx, int64_t at) { of(ctx).fates.emplace_back(Losses::Fate::lost, at); },
      [](sonde_ctx* ctx, int64_t at) -> int {
        Losses& losses = of(ctx);
        ++losses.silences;
        return at < losses.doubtful_until ? SONDE_SILENCE_DOUBTFUL
               : at >= losses.open_from   ? SONDE_SILENCE_OPEN
                                          : SONDE_SILENCE_HOLDS;
      },
      [](sonde_ctx* ctx, uint32_t n) { of(ctx).asked_again += n; },
      [](sonde_ctx* ctx, uint32_t n) { of(ctx).left_in_doubt += n; },
      [](sonde_ctx* ctx, uint32_t n) { of(ctx).congested += n; }};
  return of(c).offered && id && std::string_view(id) == SONDE_LOSS ? &table : nullptr;
}

}  // namespace sonde::testing
