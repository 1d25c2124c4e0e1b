// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed 64-bit hash of short messages. It makes what a probe sends
// unpredictable to whoever has not seen it, so that an answer proves that the question arrived.
#pragma once
#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sonde/plugin.hpp>
#include <span>

namespace sonde::net {

struct SipKey {
  uint64_t k0 = 0, k1 = 0;
};

inline uint64_t siphash(const SipKey& key, std::span<const uint8_t> message) {
  uint64_t v0 = key.k0 ^ 0x736f6d6570736575u, v1 = key.k1 ^ 0x646f72616e646f6du;
  uint64_t v2 = key.k0 ^ 0x6c7967656e657261u, v3 = key.k1 ^ 0x7465646279746573u;
  const auto rounds = [&](int n) {
    while (n-- > 0) {
      v0 += v1, v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0, v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1, v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2, v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  };
  const auto absorb = [&](uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  const auto little_endian = [](const uint8_t* p, size_t n) {
    uint64_t word = 0;
    for (size_t i = 0; i < n; ++i) word |= static_cast<uint64_t>(p[i]) << (8 * i);
    return word;
  };
  const size_t whole = message.size() & ~size_t{7};
  for (size_t i = 0; i < whole; i += 8) absorb(little_endian(message.data() + i, 8));
  absorb(little_endian(message.data() + whole, message.size() - whole) | static_cast<uint64_t>(message.size()) << 56);
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

// For what nobody may guess. The seed of a run will not do: it stands in run.json, and is 0 for the parts of a plan.
inline SipKey random_key() {
  uint64_t words[2] = {};
  if (getrandom(words, sizeof words, 0) != sizeof words)
    throw Failure(SONDE_E_IO, std::string("the system gave no random numbers: ") + std::strerror(errno));
  return {words[0], words[1]};
}

// 128 bits from the 64 of an instance's seed: SplitMix64's finaliser, so that near seeds share nothing.
inline SipKey key_from_seed(uint64_t seed) {
  const auto next = [&seed] {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  const uint64_t k0 = next();
  return {k0, next()};
}

}  // namespace sonde::net
