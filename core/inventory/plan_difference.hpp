// Two plans that are not one: which of their questions differ, as far as the headers of their journals tell.
#pragma once
#include <string>

#include "inventory/journal_header.hpp"

namespace sonde::core {

/// "the option 'count' of stage 'icmp' differs; stage 'rdns' is in one of them alone". Empty: no difference is seen.
std::string difference_of_stages(const JournalHeader&, const JournalHeader&);
/// The same of all that a plan hash covers but the seed. Never empty: what headers do not tell is left then.
std::string difference_of_plans(const JournalHeader&, const JournalHeader&);

}  // namespace sonde::core
