// What becomes of a run whose journal is damaged.
#include "inventory/journal_damage.hpp"

#include "base/messages.hpp"
#include "base/text.hpp"

namespace sonde::core {

void tell_damage(const JournalContent& content, const std::string& path, RunDocument& document,
                 std::vector<Diagnostic>& notes) {
  if (content.damaged_lines == 0) return;
  constexpr std::string_view why = "journal damaged";
  const std::string lines = counted(content.damaged_lines, "line");
  notes.push_back({"journal-damaged",
                   (content.damaged_lines == 1 ? std::string("this line cannot be read")
                                               : lines + " cannot be read, this is the first") +
                       ": what was found there is missing from the records",
                   std::string(message("journal-damaged").remedy),
                   {path, static_cast<uint32_t>(content.first_damaged), 1, 0},
                   Severity::warning});
  make_incomplete(document, why);
  document.not_covered.emplace_back("what " + lines + " held", std::string(why) + ": run " + content.header.run_id);
}

}  // namespace sonde::core
