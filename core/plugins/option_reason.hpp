// What a plugin says about its options, with the place of the option it means: a reason that begins with "options" and
// a JSON pointer, as in "options/credentials/0/auth_key: has 5 characters".
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/value.hpp"

namespace sonde::core {

struct OptionReason {
  std::string text;  ///< "option 'credentials[].auth_key': has 5 characters"; without an option what the plugin said
  SourceSpan where;  ///< of the value, else of what should hold it
};

/// `otherwise`: where the stage, output or source stands. `why` may be hostile.
OptionReason place_reason(std::string_view why, const Value& options, const SourceSpan& otherwise);
/// The same for several reasons, one a line: a line that begins with "options" and a JSON pointer is the next one. At
/// least one.
std::vector<OptionReason> place_reasons(std::string_view why, const Value& options, const SourceSpan& otherwise);

}  // namespace sonde::core
