// One scene of a check: an instance or two, some tasks, peers of one manner, and what came of it.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "check/notes.hpp"
#include "check/peers.hpp"
#include "check/subject.hpp"
#include "inventory/record.hpp"

namespace sonde::core::check {

struct Play {
  Manner manner = Manner::talking;
  uint32_t tasks = 3;
  uint32_t batch = 0;            ///< tasks offered at once; 0: as many as the plugin takes
  uint64_t seed = 1;             ///< of the run, and of what peers make up
  uint32_t instances = 1;        ///< tasks are dealt out to them in turn
  uint32_t shortages = 0;        ///< so many of the first dials, admissions and permits are answered with AGAIN
  bool denied = false;           ///< every dial and admission is refused
  int stop_after = -1;           ///< turns of the loop after which everything is cancelled, as at the end of a run
  bool from_the_future = false;  ///< a longer host table, unknown event bits, unknown reasons
  bool all_inputs = false;       ///< give optional inputs too
  bool own_network = false;      ///< this process has entered one
  bool overrun = false;          ///< the run is too fast all the time: silence proves nothing (sonde.loss/1)
  int64_t patience = 1;          ///< deadlines are as many times as long
  /// Called when all tasks are under way or over, and once more behind destroy().
  std::function<void()> midway = [] {};
};

struct Row {
  IpAddress ip{};
  Outcome outcome = Outcome::none;
  std::vector<Fact> facts;
  std::string why;
  unsigned dones = 0;  ///< how often the plugin itself said done()
  bool cancelled = false;
  unsigned asked = 0;  ///< dials, connects and admissions of its own target that a peer could stand behind
};

/// What came of the extension sonde.loss/1.
struct Losses {
  bool offered = false;  ///< the plugin asked for it
  uint64_t arrived = 0, silences = 0, asked_again = 0, in_doubt = 0;
};

struct Played {
  sonde_err created = SONDE_OK;
  std::string failure;  ///< what fail() said when create() or start() returned an error
  std::vector<Row> rows;
  bool settled = true;        ///< false: tasks were still open when nothing could happen any more
  int64_t late_ns = 0;        ///< blocking: how long behind the deadline run() returned
  uint64_t asked = 0;         ///< dials, connects and admissions that a peer could stand behind
  uint64_t connections = 0;   ///< that peers have taken
  uint64_t refused_asks = 0;  ///< dials and admissions that were answered with AGAIN or DENIED
  uint64_t tokens = 0;        ///< packets that were allowed by admit() and pace(); asynchronous: all of them
  Losses losses;
  uint32_t partial_starts = 0;
  uint64_t peak_bytes = 0;  ///< flooding: most that was on the heap above the beginning
};

/// Both styles of probe. `notes` gets what was done wrong on the way.
Played play(const Subject&, const Play&, Notes& notes);

/// The row in words, without what differs from run to run by its nature (times, measured numbers).
std::string in_words(const Row&, const FieldTable&);
/// Facts for the inputs of a plugin, as an earlier stage might have left them.
std::vector<Fact> made_up_inputs(const Subject&, bool optional_ones, const IpAddress&);
/// Addresses of loopback, a different one for each task.
IpAddress task_address(uint32_t index);

}  // namespace sonde::core::check
