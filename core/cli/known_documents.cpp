// Sizes are those of the texts and of what holds them; what an allocator adds is not counted.
#include "cli/known_documents.hpp"

namespace sonde::core::cli {
namespace {

std::size_t size_of(const std::string& text) {
  return sizeof(text) + text.size();
}

std::size_t size_of(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += size_of(text);
  return bytes;
}

std::size_t size_of(const StageCoverage& stage) {
  std::size_t bytes = sizeof(stage) + stage.name.size() + stage.plugin.size() + stage.version.size() +
                      stage.unavailable.size() + (stage.ports ? stage.ports->size() : 0) + size_of(stage.left_out) +
                      size_of(stage.fields) + size_of(stage.unknown);
  constexpr std::size_t node = 64;
  for (const auto& [reason, attempts] : stage.errors) bytes += node + size_of(reason);
  return bytes;
}

std::size_t size_of(const RunDocument& run) {
  std::size_t bytes = sizeof(run) + run.run_id.size() + run.pipeline.size() + run.plan_hash.size() +
                      run.sonde_version.size() + run.started.size() + run.ended.size() + run.why_incomplete.size();
  for (const auto* texts : {&run.scope, &run.exclusions, &run.partly_scanned, &run.outputs, &run.merged_from})
    bytes += size_of(*texts);
  for (const StageCoverage& stage : run.stages) bytes += size_of(stage);
  for (const auto& [what, why] : run.not_covered) bytes += size_of(what) + size_of(why);
  return bytes;
}

}  // namespace

void KnownDocuments::add(const std::string& path, const std::optional<RunDocument>& run) {
  const std::size_t bytes = 2 * size_of(path) + sizeof(Known) + (run ? size_of(*run) : 0);
  if (bytes > most_of_one || known_.contains(path)) return;
  known_.emplace(path, Known{run ? std::make_shared<const RunDocument>(*run) : nullptr, bytes});
  oldest_first_.push_back(path);
  for (bytes_ += bytes; bytes_ > most_of_all; oldest_first_.pop_front()) {
    const auto oldest = known_.find(oldest_first_.front());
    bytes_ -= oldest->second.bytes;
    known_.erase(oldest);
  }
}

Result<SharedDocument> KnownDocuments::of(const std::string& path) const {
  const auto found = known_.find(path);
  return found != known_.end() ? found->second.document : shared_document_of(path);
}

}  // namespace sonde::core::cli
