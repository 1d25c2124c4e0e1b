// A host's outcomes and facts as bytes, for the spool: a tenth of what they take as objects. Never read by another
// process, so it has no version.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/record.hpp"

namespace sonde::core {

void append_outcomes(std::string& out, std::span<const Outcome>);
void append_fact(std::string& out, const Fact&);

/// Reads what the two above wrote, in this order: facts are appended, outcomes replaced where they are not `none`.
/// False when it is damaged, or speaks of a field from `field_count` on; both may then have grown.
bool decode_host(std::string_view bytes, std::size_t field_count, std::vector<Outcome>& outcomes,
                 std::vector<Fact>& facts);

}  // namespace sonde::core
