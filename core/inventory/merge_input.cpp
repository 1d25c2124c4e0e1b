// What a run left behind, found from the name of its output directory or of its journal.
#include <sys/stat.h>

#include "inventory/journal_directory.hpp"
#include "inventory/merge.hpp"

namespace sonde::core {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// run.json of a directory when it is of that run; one of another run is none.
Result<std::optional<RunDocument>> document_in(const std::string& directory, const std::string& run_id) {
  const std::string path = directory + "/run.json";
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::optional<RunDocument>();
  Result<RunDocument> document = read_run_document(path);
  if (!document) return tl::unexpected(document.error());
  if (document->run_id != run_id) return std::optional<RunDocument>();
  return std::optional(std::move(*document));
}

}  // namespace

Result<RunRemains> read_run(const std::string& where, std::shared_ptr<Spool> facts) {
  const Result<std::string> path = newest_journal(where);
  if (!path) return tl::unexpected(path.error());
  Result<JournalContent> content = read_journal(*path, std::move(facts));
  if (!content) {
    Diagnostic why = content.error();
    if (why.hint.empty()) why.hint = "name the output directory of a run, or a journal in it";
    return tl::unexpected(std::move(why));
  }
  RunRemains run{*path, std::move(*content), std::nullopt};
  const std::string directory = parent_of(*path);
  for (const std::string& place : {directory, parent_of(directory)}) {
    auto document = document_in(place, run.content.header.run_id);
    if (!document) return tl::unexpected(document.error());
    if (!*document) continue;
    run.document = std::move(*document);
    break;
  }
  return run;
}

}  // namespace sonde::core
