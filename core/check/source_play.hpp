// Scenes with sources: targets pulled until there are no more.
#pragma once
#include <string>
#include <vector>

#include "check/notes.hpp"
#include "check/subject.hpp"

namespace sonde::core::check {

struct SourcePlay {
  uint32_t batch = 64;
  uint64_t most = 100'000;  ///< targets; a scene ends there
  bool from_the_future = false;
};

struct Pulled {
  sonde_err error = SONDE_OK;
  std::string step, failure;
  std::vector<std::string> targets;  ///< in words, with what was put
  std::string wrong;                 ///< what a target or a return value had wrong; empty: nothing
  bool ended = false;
};

Pulled play_source(const Subject&, const SourcePlay&, Notes&);

}  // namespace sonde::core::check
