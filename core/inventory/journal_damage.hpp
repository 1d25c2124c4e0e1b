// Whole lines of a journal that cannot be read: no run leaves them behind, and what they held is missing.
#pragma once
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "inventory/journal_reader.hpp"
#include "inventory/run_document.hpp"

namespace sonde::core {

/// Where there are any: a warning at the first of them ("journal-damaged"), and a run that cannot be called complete.
void tell_damage(const JournalContent&, const std::string& path, RunDocument&, std::vector<Diagnostic>& notes);

}  // namespace sonde::core
