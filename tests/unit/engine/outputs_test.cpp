// Exporters as the engine drives them: order, streams, failures.
#include <sonde/exporter.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inventory/history.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

/// What the exporter of this test saw, and what it is told to answer.
struct Seen {
  std::vector<std::string> addresses, fields;
  int opened = 0, committed = 0, aborted = 0;
  sonde_err open_answer = SONDE_OK, write_answer = SONDE_OK;
  bool lose_records = false, lose_records_at_the_end = false;
} seen;

/// Cuts every file without a name that this process has open.
void truncate_spools() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const std::string name = std::filesystem::read_symlink(entry.path(), ec).string();
    if (!ec && name.ends_with(" (deleted)")) {
      ASSERT_EQ(::ftruncate(std::stoi(entry.path().filename().string()), 0), 0);
    }
  }
}

sonde_err create(sonde_ctx* c, const sonde_host* h, sonde_inst** out) {
  *out = reinterpret_cast<sonde_inst*>(new Live{c, h});
  return SONDE_OK;
}
void destroy(sonde_inst* i) {
  delete reinterpret_cast<Live*>(i);
}
sonde_err open(sonde_inst*, const sonde_field* f, uint32_t n, uint32_t stride) {
  ++seen.opened;
  if (seen.lose_records) truncate_spools();
  if (seen.open_answer != SONDE_OK) return seen.open_answer;
  for (uint32_t i = 0; i < n; ++i)
    seen.fields.emplace_back(
        reinterpret_cast<const sonde_field*>(reinterpret_cast<const char*>(f) + std::size_t{i} * stride)->name);
  return SONDE_OK;
}
int32_t write(sonde_inst* i, const sonde_task* records, uint32_t n) {
  if (seen.write_answer != SONDE_OK) return seen.write_answer;
  const Live& live = *reinterpret_cast<Live*>(i);
  const uint32_t taken = std::min(n, 3u);  // a few at a time
  for (uint32_t k = 0; k < taken; ++k) {
    sonde_value v{};
    EXPECT_EQ(live.host->get(live.ctx, records[k], 0, 0, nullptr, &v), SONDE_OK);
    EXPECT_EQ(v.type, uint32_t{SONDE_IP});
    std::array<uint8_t, 16> bytes;
    std::copy(std::begin(v.as.ip), std::end(v.as.ip), bytes.begin());
    seen.addresses.push_back(IpAddress(bytes).to_string());
    EXPECT_EQ(live.host->get(live.ctx, records[k] + 1000, 0, 0, nullptr, &v), SONDE_E_STALE);
  }
  return static_cast<int32_t>(taken);
}
sonde_err flush(sonde_inst*) {
  return SONDE_OK;
}
sonde_err close(sonde_inst* i, int commit) {
  ++(commit ? seen.committed : seen.aborted);
  if (seen.lose_records_at_the_end) truncate_spools();
  const Live& live = *reinterpret_cast<Live*>(i);
  sonde_str document{};
  if (commit) {
    EXPECT_EQ(live.host->document(live.ctx, "run", &document), SONDE_OK);
  }
  return SONDE_OK;
}
constexpr sonde_exporter api = {sizeof(sonde_exporter), 0, open, write, flush, close};
constexpr sonde_plugin plugin = {sizeof(sonde_plugin), 0, nullptr, create, destroy, &api, nullptr};

class Outputs : public ScriptedRun {
 protected:
  void SetUp() override {
    ScriptedRun::SetUp();
    seen = {};
    exporter_.kind = PluginKind::exporter;
    exporter_.id = "lines";
    exporter_.plugin = &plugin;
    exporter_.exporter = &api;
    Script s;
    s.start = [](auto c, auto h, auto tasks) {
      for (sonde_task t : tasks) {
        const sonde_value yes = boolean(true);
        h->put(c, t, 0, {}, &yes);
        h->done(c, t, SONDE_POSITIVE);
      }
      return static_cast<int32_t>(tasks.size());
    };
    stage<0>(s, {"alive"});
  }
  bool told(const RunResult& r, std::string_view id) {
    return std::any_of(r.problems.begin(), r.problems.end(), [&](const Diagnostic& d) { return d.id == id; });
  }
  /// The run is not called complete, and goes on from its journal.
  void expect_resumable(const RunResult& r, const std::string& why) {
    EXPECT_FALSE(r.document.complete);
    EXPECT_EQ(r.document.why_incomplete, why);
    EXPECT_EQ(read_run_document(plan.output_dir + "/run.json")->why_incomplete, why);
    EXPECT_TRUE(r.had_errors);
    const auto journal = read_journal(r.journal);
    ASSERT_TRUE(journal);
    EXPECT_FALSE(journal->finished);
    EXPECT_EQ(journal->reason, why);
    const std::size_t expected = r.document.targets;
    seen = {};
    RunRequest request;
    request.resume = &*journal;
    request.journal_path = r.journal;
    const RunResult again = run_well(request);
    EXPECT_TRUE(again.document.complete);
    EXPECT_FALSE(again.had_errors);
    EXPECT_EQ(seen.addresses.size(), expected);
    EXPECT_TRUE(read_journal(r.journal)->finished);
  }
  /// So many that some of them are in the temporary file.
  void large_records() {
    targets(300);
    scripts[0].start = [name = std::string(64u << 10, 'x')](auto c, auto h, auto tasks) {
      for (sonde_task t : tasks) {
        const sonde_value yes = boolean(true), large = text_value(name);
        h->put(c, t, 0, {}, &yes);
        h->put(c, t, 1, {}, &large);
        h->done(c, t, SONDE_POSITIVE);
      }
      return static_cast<int32_t>(tasks.size());
    };
    const FieldId reverse_dns = plan.fields.find("reverse_dns");
    plan.stages[0].outputs.push_back(reverse_dns);
    entry(0).outputs.push_back(
        FieldInfo{"reverse_dns", "", plan.fields[reverse_dns].type, plan.fields[reverse_dns].shape, 0});
  }
  OutputPlan& output(const std::string& name) {
    OutputPlan o;
    o.name = name;
    o.plugin = &exporter_;
    o.options.set("path", Value(plan.output_dir + "/" + name));
    plan.outputs.push_back(std::move(o));
    return plan.outputs.back();
  }

 private:
  PluginEntry exporter_;
};

TEST_F(Outputs, RecordsComeSortedByAddressAndNoneIsLostWhenFewAreTakenAtATime) {
  targets(10);
  output("a");
  const RunResult r = run_well();
  ASSERT_EQ(seen.addresses.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(seen.addresses[i], "127.0.1." + std::to_string(i));
  EXPECT_EQ(seen.fields, (std::vector<std::string>{"ip", "alive", "evidence"}));
  EXPECT_EQ(seen.committed, 1);
  EXPECT_EQ(r.document.outputs, std::vector<std::string>{"a"});
}

/// Whatever validates is then found by the exporter in open(), which is called after the last host.
TEST_F(Outputs, EveryColumnIsAFieldToTheExporter) {
  targets(1);
  output("a").columns = {
      {"snmp.sysName", FieldTable::snmp, "sysName"}, {"vendor", FieldTable::vendor, ""}, {"ip", FieldTable::ip, ""}};
  run_well();
  EXPECT_EQ(seen.fields, (std::vector<std::string>{"ip", "alive", "evidence", "snmp.sysName", "vendor"}));
}

/// Both would put their files into the same places.
TEST_F(Outputs, ASecondRunIntoTheSameDirectoryIsRefusedBeforeAnythingIsSent) {
  targets(2);
  output("a");
  std::optional<Result<RunResult>> second;
  std::optional<Diagnostic> merging;
  RunRequest first;
  first.on_start = [&](const RunStart&) {
    const auto asks = std::exchange(scripts[0].start, nullptr);  // which would be called
    second = run();
    scripts[0].start = asks;
    MergedRuns merged;
    merged.fields = plan.fields;
    if (const auto published = publish(plan, std::move(merged), "merge"); !published) merging = published.error();
  };
  const RunResult r = run_well(first);
  ASSERT_TRUE(second && !second->has_value());
  EXPECT_EQ(second->error().id, "output-in-use");
  EXPECT_NE(second->error().text.find(plan.output_dir), std::string::npos) << second->error().text;
  ASSERT_TRUE(merging);
  EXPECT_EQ(merging->id, "output-in-use");
  EXPECT_EQ(seen.opened, 1) << "no output of the others was opened";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_ / "journal"), {}), 1);
  EXPECT_TRUE(r.document.complete);
  EXPECT_TRUE(run_well().document.complete) << "the lock ended with the run";
}

TEST_F(Outputs, AStreamGetsEachHostAsItSettles) {
  targets(5);
  output("a").streaming = true;
  run_well();
  EXPECT_EQ(seen.opened, 1);
  EXPECT_EQ(seen.addresses.size(), 5u);
  EXPECT_EQ(seen.committed, 1);
}

TEST_F(Outputs, AFailedOutputIsToldAndIsNotInTheRunDocument) {
  targets(5);
  output("a");
  seen.write_answer = SONDE_E_IO;
  const RunResult r = run_well();
  EXPECT_EQ(seen.aborted, 1);
  EXPECT_EQ(seen.committed, 0);
  ASSERT_EQ(r.problems.size(), 1u);
  EXPECT_EQ(r.problems[0].id, "output-unwritable");
  EXPECT_TRUE(r.document.outputs.empty());
  expect_resumable(r, "output failed");
}

TEST_F(Outputs, AnOutputThatRefusesItsOptionsLateIsWrittenByTheNextPart) {
  targets(5);
  output("a");
  seen.open_answer = SONDE_E_CONFIG;
  const RunResult r = run_well();
  EXPECT_TRUE(told(r, "stage-config"));
  expect_resumable(r, "output failed");
}

/// What stands beside the history speaks of the history, which is whole: it stays what the next run is compared with.
TEST_F(Outputs, AFailedOutputDoesNotSpoilTheHistory) {
  targets(5);
  output("a");
  plan.history.dir = directory_ / "history";
  seen.write_answer = SONDE_E_IO;
  run_well();
  const auto entries = list_history(plan.history.dir);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_TRUE(read_run_document(entries->front().run_path)->complete);
}

/// The run will be resumed, and compared then with what `keep: 1` has no room for.
TEST_F(Outputs, AFailedOutputCostsNoOlderHistory) {
  targets(5);
  plan.history.dir = directory_ / "history";
  plan.history.keep_count = 1;
  RunRequest night;
  night.run_id = "last-night";
  run_well(night);
  output("a");
  seen.write_answer = SONDE_E_IO;
  const RunResult r = run_well();
  EXPECT_EQ(list_history(plan.history.dir)->size(), 2u);
  expect_resumable(r, "output failed");
  EXPECT_EQ(list_history(plan.history.dir)->size(), 1u);
}

/// What a stage did not come to state before the run ended is no loss of the host.
TEST_F(Outputs, HostsWhoseStagesDidNotAllRunAreNamedAndNotCompared) {
  targets(3);
  output("a");
  plan.history.dir = directory_ / "history";
  Script second;
  second.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const sonde_value vendor = text_value("HP Inc");
      h->put(c, t, 0, {}, &vendor);
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<1>(second, {"vendor"}, 60'000);
  run_well();
  scripts[1].start = [](auto, auto, auto tasks) { return static_cast<int32_t>(tasks.size()); };  // never answers
  plan.limits.run_timeout = 100'000'000;
  const RunResult cut = run_well();
  EXPECT_EQ(cut.document.partly_scanned, std::vector<std::string>{"127.0.1.0-127.0.1.2"});
  EXPECT_EQ(read_run_document(plan.output_dir + "/run.json")->partly_scanned, cut.document.partly_scanned);
  ASSERT_TRUE(cut.document.delta);
  EXPECT_EQ(to_json(*cut.document.delta->find("changed")), "[]");
  EXPECT_EQ(to_json(*cut.document.delta->find("partly_scanned")), R"(["127.0.1.0","127.0.1.1","127.0.1.2"])");
}

TEST_F(Outputs, AWholeRunNamesNobody) {
  targets(3);
  output("a");
  EXPECT_TRUE(run_well().document.partly_scanned.empty());
}

TEST_F(Outputs, RecordsThatCannotBeReadBackMakeTheRunIncomplete) {
  large_records();
  output("a");
  plan.history.dir = directory_ / "history";
  seen.lose_records = true;
  const RunResult r = run_well();
  EXPECT_TRUE(told(r, "temporary-file"));
  EXPECT_LT(seen.addresses.size(), 300u);
  ASSERT_FALSE(r.document.not_covered.empty());
  const auto entries = list_history(plan.history.dir);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_FALSE(read_run_document(entries->front().run_path)->complete);
  expect_resumable(r, "records lost");
}

/// The outputs were whole, and the document called the run complete.
TEST_F(Outputs, RecordsThatTheHistoryCannotReadBackMakeTheRunIncomplete) {
  large_records();
  output("a");
  plan.history.dir = directory_ / "history";
  seen.lose_records_at_the_end = true;
  const RunResult r = run_well();
  EXPECT_TRUE(told(r, "temporary-file"));
  EXPECT_EQ(seen.addresses.size(), 300u);
  EXPECT_TRUE(std::filesystem::is_empty(plan.history.dir));
  expect_resumable(r, "output failed");
}

/// A directory that cannot be read means no delta and no pruning: that is said.
TEST_F(Outputs, AHistoryThatCannotBeReadIsTold) {
  targets(1);
  plan.history.dir = directory_ / "history";
  const auto start = scripts[0].start;
  scripts[0].start = [&, start](auto c, auto h, auto tasks) {
    std::filesystem::remove_all(plan.history.dir);
    std::filesystem::create_symlink(plan.history.dir, plan.history.dir);  // a loop
    return start(c, h, tasks);
  };
  const RunResult r = run_well();
  EXPECT_TRUE(told(r, "history-warning"));
  std::filesystem::remove(plan.history.dir);
}

/// Where there is no room for a new journal, the old ones are all there is.
TEST_F(Outputs, ARunThatIsRefusedCostsNoOlderJournal) {
  targets(1);
  plan.journal_keep = 1;
  const RunResult first = run_well();
  std::filesystem::create_directories(plan.output_dir + "/journal/taken");
  RunRequest request;
  request.run_id = "taken";
  EXPECT_FALSE(run(request));
  EXPECT_TRUE(std::filesystem::exists(first.journal));
  const RunResult second = run_well();
  EXPECT_FALSE(std::filesystem::exists(first.journal));
  EXPECT_TRUE(std::filesystem::exists(second.journal));
}

TEST_F(Outputs, AFailedStreamIsGivenUpOnce) {
  targets(5);
  output("a").streaming = true;
  seen.write_answer = SONDE_E_IO;
  const RunResult r = run_well();
  EXPECT_EQ(seen.aborted, 1);
  EXPECT_EQ(r.problems.size(), 1u);
}

/// GoogleTest runs suites of such a name first: each run of another gives up the rights of this process for good.
class OutputsDeathTest : public Outputs {};

// Under sudo, out/journal may be a link that the caller laid to somewhere only root may write.
TEST_F(OutputsDeathTest, RootMakesFilesInTheNameOfTheAccountThatAskedForThem) {
  if (geteuid() != 0) GTEST_SKIP() << "only root acts for another account";
  targets(1);
  const auto victim = directory_ / "victim";
  std::filesystem::create_directories(victim);
  std::filesystem::create_directories(directory_ / "out");
  std::filesystem::create_symlink(victim, directory_ / "out/journal");
  plan.output_dir = directory_ / "out";
  RunRequest request;
  request.user = "1000";
  // Rights that were given up do not come back: in a child.
  const auto is_refused = [&] {
    const auto refused = run(request);
    _exit(!refused && refused.error().id == "output-unwritable" ? 0 : 1);
  };
  EXPECT_EXIT(is_refused(), testing::ExitedWithCode(0), "");
  struct stat status {};
  ASSERT_EQ(stat(victim.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0u);
  EXPECT_TRUE(std::filesystem::is_empty(victim));
}

}  // namespace
}  // namespace sonde::core::test
