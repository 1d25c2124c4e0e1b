// A record on its way out: folding the facts of a host, and writing records through the exporters' own libraries. Times
// are those of one record of a host with name, vendor, ports, banners and services.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/export_instance.hpp"
#include "plan/plan.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t batch = 4096;

HostRecord host(uint32_t number) {
  const auto text = [](const char* value) { return Scalar::of(std::string(value)); };
  HostRecord record;
  record.ip = IpAddress::v4((10u << 24) + number);
  record.facts = {{FieldTable::alive, 0, {}, Scalar::boolean(true)},
                  {FieldTable::mac, 0, {}, text("0C:C4:7A:00:10:00")},
                  {FieldTable::vendor, 0, {}, text("Super Micro Computer, Inc.")},
                  {FieldTable::rtt_ms, 1, {}, Scalar::of(0.25)},
                  {FieldTable::ports, 2, {}, Scalar::of(uint64_t{22})},
                  {FieldTable::ports, 2, {}, Scalar::of(uint64_t{80})},
                  {FieldTable::banners, 2, "22", text("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2")},
                  {FieldTable::banners, 2, "80", text("Server: nginx")},
                  {FieldTable::services, 2, "22/tcp", Scalar::json(R"({"name":"ssh","state":"open"})")},
                  {FieldTable::reverse_dns, 3, {}, Scalar::of("host-" + std::to_string(number) + ".example.net")}};
  return record;
}

/// The shipped stages, and one output into a directory of this process.
class ExportPlan {
 public:
  explicit ExportPlan(const std::string& exporter)
      : directory_(std::filesystem::temp_directory_path() / ("sonde-bench-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(directory_);
    registry_.scan({{SONDE_BENCH_PLUGINS}, false});
    const std::string yaml =
        "version: 1\ntargets: [127.0.0.1]\nstages: [{use: arp-oui}, {use: icmp}, {use: tcp-banner}, {use: rdns}]\n"
        "outputs: [{use: " +
        exporter + ", options: {path: out}}]\noutput_dir: " + directory_.string() + "\n";
    Diagnostics problems;
    CompileRequest request;
    request.connected.emplace();
    plan_ = compile(load_pipeline_text(yaml, "bench.sonde.yaml", {}, {}, problems), registry_, request, problems);
  }
  ~ExportPlan() { std::filesystem::remove_all(directory_); }
  ExportPlan(const ExportPlan&) = delete;
  ExportPlan& operator=(const ExportPlan&) = delete;
  const Plan* plan() const { return plan_.get(); }

 private:
  std::filesystem::path directory_;
  Registry registry_;
  std::unique_ptr<Plan> plan_;
};

void per_record(benchmark::State& state) {
  state.counters["ns_a_record"] = benchmark::Counter(
      static_cast<double>(batch) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void fold_record(benchmark::State& state) {
  const ExportPlan made("json");
  if (!made.plan()) return state.SkipWithError("the pipeline does not compile");
  const FoldContext context = made.plan()->fold_context();
  const HostRecord record = host(1);
  for (auto _ : state) benchmark::DoNotOptimize(fold(record, context));
}
BENCHMARK(fold_record);

void export_records(benchmark::State& state, const char* exporter) {
  const ExportPlan made(exporter);
  if (!made.plan()) return state.SkipWithError("the pipeline does not compile");
  const Plan& plan = *made.plan();
  const FoldContext context = plan.fold_context();
  std::vector<FoldedRecord> records;
  for (uint32_t i = 1; i <= batch; ++i) records.push_back(fold(host(i), context));
  std::vector<const FoldedRecord*> pointers;
  for (const FoldedRecord& record : records) pointers.push_back(&record);
  Documents documents;
  ExportInstance instance(plan.outputs.front(), plan.fields, plan.filled_fields(), documents);
  if (!instance.create()) return state.SkipWithError("the exporter refuses");
  for (auto _ : state) {
    if (!instance.open() || !instance.write(pointers) || !instance.close(true)) {
      state.SkipWithError("the exporter failed");
      return;
    }
  }
  per_record(state);
}
BENCHMARK_CAPTURE(export_records, json, "json")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(export_records, csv, "csv")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sonde::core
