// A quick look whether a text is JSON of the kind that probes write: every fact of type JSON is looked at once.
#pragma once
#include <cstddef>
#include <string_view>

namespace sonde::core {

/// True: parse_json() would read it. False says nothing: it is no JSON, or holds what this does not judge (escapes in
/// keys, \u anywhere, exponents, numbers of more than 300 characters, more than 32 levels or 64 open keys).
bool is_plain_json(std::string_view text);

}  // namespace sonde::core
