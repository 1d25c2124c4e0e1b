// What a test has to work with: the library, which of its plugins, and how it is to be set up.
#pragma once
#include <string>

#include "check/play.hpp"
#include "check/subject.hpp"
#include "plugins/descriptor_check.hpp"
#include "plugins/library.hpp"

namespace sonde::core::check {

struct Bench {
  std::string file;       ///< canonical
  std::string directory;  ///< a place of the test's own, empty
  uint32_t index = 0;     ///< of the plugin in the library
  Sets sets;
  uint64_t seed = 1;
  bool own_network = false;  ///< this process has entered one

  /// Loads the library into this process. The entry, or why not.
  Result<PluginEntryPoint> load() const;
  /// The plugin, its fields bound and its options set. A refusal throws TestRefusal: other tests tell it.
  Subject subject() const;
  /// A scene, with what all scenes of this bench share.
  Play scene(Manner, uint32_t tasks = 3) const;
};

/// Why a test that stands on others cannot be done at all.
struct TestRefusal {
  std::string why;
};

}  // namespace sonde::core::check
