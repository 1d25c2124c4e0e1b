// A plan done in parts by the real engine, whose hosts say what follows from their addresses alone.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "inventory/merge.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {

inline constexpr uint32_t host_count = 200;

inline uint8_t last_byte(sonde_ctx* c, const sonde_host* h, sonde_task t) {
  sonde_target target{};
  target.size = sizeof target;
  h->target(c, t, &target);
  return target.ip[15];
}

inline sonde_value typed(uint32_t type, uint64_t bits) {
  sonde_value v{};
  v.type = type;
  v.as.u = bits;
  return v;
}

/// What a host says follows from its address alone, but for the round trip.
inline Script first_stage() {
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    static std::atomic<uint64_t> clock{1};
    for (sonde_task t : tasks) {
      const uint8_t n = last_byte(c, h, t);
      if (n % 5 == 0) {
        h->done(c, t, SONDE_NO_ANSWER);
        continue;
      }
      const sonde_value yes = boolean(true), mac = text_value(n % 2 ? "AA:BB:CC:00:00:01" : "AA:BB:CC:00:00:02");
      sonde_value rtt{};
      rtt.type = SONDE_F64;
      rtt.as.f = static_cast<double>(++clock);
      h->put(c, t, 0, {}, &yes);
      h->put(c, t, 1, {}, &rtt);
      h->put(c, t, 2, {}, &mac);
      h->done(c, t, SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

/// Every shape of field, an own one among them, and every outcome that is written.
inline Script second_stage() {
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      const uint8_t n = last_byte(c, h, t);
      const std::string name = "host" + std::to_string(n), key = std::to_string(n % 3 + 20);
      const sonde_value host = text_value(name), port = typed(SONDE_U64, n % 3u + 20), vendor = text_value("Maker");
      sonde_value service = text_value(R"({"state":"open","name":")" + name + "\"}");
      const std::string json = R"({"state":"open","name":")" + name + "\"}";
      service = text_value(json);
      service.type = SONDE_JSON;
      if (n % 4 != 0) {
        h->put(c, t, 0, {}, &host);
        h->put(c, t, 1, {}, &port);
        h->put(c, t, 2, {key.data(), key.size()}, &host);
        h->put(c, t, 3, {key.data(), key.size()}, &service);
        h->put(c, t, 4, {}, &vendor);
        h->put(c, t, 5, {}, &port);
      }
      h->done(c, t,
              n % 4 != 0   ? SONDE_POSITIVE
              : n % 3 == 0 ? SONDE_ERROR
              : n % 3 == 1 ? SONDE_NEGATIVE
                           : SONDE_NO_ANSWER);
    }
    return static_cast<int32_t>(tasks.size());
  };
  return s;
}

inline std::vector<std::string> records_of(const std::vector<HostRecord>& all, const FoldContext& context) {
  std::vector<std::string> out;
  for (const HostRecord& host : all) {
    FoldedRecord folded = fold(host, context);
    std::erase_if(folded.fields, [](const FoldedField& f) { return f.field == FieldTable::rtt_ms; });
    out.push_back(to_json(to_value(folded, *context.fields, true)));
  }
  return out;
}

/// What must not depend on how the plan was cut.
inline Value comparable(RunDocument d) {
  d.partly_scanned.clear();  // of what is published
  d.run_id = d.started = d.ended = "";
  d.merged_from.clear();
  d.outputs.clear();
  return to_value(d);
}

class Merge : public ScriptedRun {
 protected:
  void SetUp() override {
    ScriptedRun::SetUp();
    targets(host_count);
    stage<0>(first_stage(), {"alive", "rtt_ms", "mac"});
    ASSERT_TRUE(plan.fields.bind_output("script1", "script1.size", SONDE_U64, SONDE_SCALAR, false, "how large"));
    stage<1>(second_stage(), {"hostname", "ports", "banners", "services", "vendor", "script1.size"});
    base_ = plan.output_dir;
  }

  RunResult whole() {
    place("whole", {0, host_count}, 0, 1);
    return run_well();
  }
  /// Leaves the part in a directory of its own.
  std::string part(uint32_t i, uint32_t n) {
    const std::string name = std::to_string(i) + "of" + std::to_string(n);
    place(name, part_of(Slice{0, host_count}, i, n), i, n);
    run_well();
    return plan.output_dir;
  }
  static std::vector<RunRemains> read(const std::vector<std::string>& directories) {
    std::vector<RunRemains> runs;
    for (const std::string& directory : directories) {
      auto run = read_run(directory);
      if (!run) {
        ADD_FAILURE() << render(run.error());
        continue;
      }
      runs.push_back(std::move(*run));
    }
    return runs;
  }
  static MergedRuns merged(const std::vector<std::string>& directories) {
    auto done = merge_runs(read(directories));
    EXPECT_TRUE(done) << (done ? "" : render(done.error()));
    return done ? std::move(*done) : MergedRuns{};
  }

 private:
  void place(const std::string& name, Slice slice, uint32_t i, uint32_t n) {
    plan.output_dir = base_ + "/" + name;
    plan.slice = slice;
    plan.shard_index = i;
    plan.shard_count = n;
  }
  std::string base_;
};

}  // namespace sonde::core::test
