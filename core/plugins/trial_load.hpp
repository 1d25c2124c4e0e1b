// Loading libraries in a child first, for commands that look at plugins and do not run them: a library that crashes or
// hangs while it is loaded is then a refusal and not the end of the command.
#pragma once
#include <chrono>
#include <functional>
#include <string>

namespace sonde::core {

/// Runs `work` in a child of this process. Empty: it came to its end; else what became of it ("died of Segmentation
/// fault"). Only while this process has one thread. Where no child can be made, the answer is empty: nothing is known.
std::string try_in_child(const std::function<void()>& work, std::chrono::milliseconds limit);

}  // namespace sonde::core
