// Any bytes as a journal: what is read of it can be folded, merged and shown, and written again it is the same.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "inventory/journal_reader.hpp"
#include "inventory/journal_writer.hpp"
#include "inventory/merge.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const std::string path = [] {
    const char* directory = std::getenv("TMPDIR");
    return std::string(directory == nullptr ? "/tmp" : directory) + "/sonde-fuzz-journal-" + std::to_string(::getpid());
  }();
  if (FILE* file = std::fopen(path.c_str(), "wb")) {
    std::fwrite(data, 1, size, file);
    std::fclose(file);
  }
  const auto content = read_journal(path);
  auto first = read_journal(path), second = read_journal(path, std::make_shared<Spool>(64));
  ::unlink(path.c_str());
  if (!content) return 0;
  if (!first || !second) std::abort();

  const FieldTable fields;
  const FoldContext context{
      &fields, content->header.stages, std::vector<bool>(content->header.stages.size(), true), {}};
  const auto each = [](const HostStore& hosts, const std::function<void(const HostRecord&)>& visit) {
    if (!hosts.each(visit)) std::abort();
  };
  each(content->hosts, [&](const HostRecord& host) { (void)to_json(to_value(fold(host, context), fields, true)); });

  for (const auto& [stage, failure] : content->failures) {
    const SettledSet open = without(failure.unasked, content->settled);
    if (stage >= content->header.stages.size() || open.size() == 0 || open.size() != failure.unasked.size())
      std::abort();
  }

  std::vector<RunRemains> runs;
  runs.push_back({path, std::move(*first), std::nullopt});
  runs.push_back({path + "-copy", std::move(*second), std::nullopt});
  const auto merged = merge_runs(std::move(runs));
  if (merged) {
    const FoldContext whole = merged->fold_context();
    each(merged->hosts,
         [&](const HostRecord& host) { (void)to_json(to_value(fold(host, whole), merged->fields, true)); });
    if (merged->document.settled > merged->document.targets) std::abort();
  }

  auto writer = JournalWriter::create(path, content->header);
  if (!writer) return 0;
  each(content->hosts, [&](const HostRecord& host) {
    for (const Fact& fact : host.facts) (*writer)->result(host.ip, fact.stage, Outcome::none, std::span(&fact, 1), "");
    for (std::size_t stage = 0; stage < host.outcomes.size(); ++stage)
      (*writer)->result(host.ip, static_cast<uint8_t>(stage), host.outcomes[stage], {}, "");
  });
  for (const auto& [stage, failure] : content->failures) (*writer)->stage_failed(stage, failure.why);
  if (!(*writer)->sync(false)) return 0;
  const auto again = read_journal(path);
  ::unlink(path.c_str());
  if (!again || again->dropped_lines != 0 || again->hosts.size() != content->hosts.size()) std::abort();
  return 0;
}
