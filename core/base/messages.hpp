// The catalogue of everything sonde says when something is wrong: one table from which the exit code, docs/messages.md
// and the test "every id is produced by a test" come.
#pragma once
#include <span>
#include <string_view>

namespace sonde::core {

/// Exit codes of the command (sysexits.h where it has one).
enum class Exit : int { ok = 0, trouble = 1, usage = 2, output = 74, permission = 77, config = 78 };

/// One kind of message. `id` is stable: scripts and documentation refer to it.
struct Message {
  std::string_view id;
  Exit exit;                ///< what the process ends with when this stops it
  std::string_view cause;   ///< one sentence: what has happened
  std::string_view remedy;  ///< one sentence: what to do
};

/// All messages, sorted by id.
std::span<const Message> all_messages();

/// The message of that id; an unknown id is a programming error and aborts.
const Message& message(std::string_view id);

}  // namespace sonde::core
