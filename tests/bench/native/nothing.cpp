// nothing: a probe that sends nothing, for what a run costs beside its packets. A share of the targets, spread over
// their addresses, counts as alive and becomes a record; the others end without an answer. No packet leaves.
#include <sonde/plugin.hpp>

#include <span>
#include <utility>
#include <vector>

namespace {

constexpr sonde::Scalar<bool> alive{0, "alive", "the share of targets that was asked for"};
constexpr auto outputs = sonde::fields(alive);

struct Options {
  uint32_t percent;
  std::chrono::nanoseconds wait;
};
constexpr auto options = sonde::options<Options>(
    sonde::Cost{.wait = R"([["wait"]])"},
    sonde::option("percent", &Options::percent, 0, "targets of a hundred that count as alive", {.maximum = 100}),
    sonde::option("wait", &Options::wait, "1ms", "how long the others are kept, as if for an answer", {.minimum = 0}));

constexpr sonde::About about = {.id = "nothing",
                                .version = "0.1.0",
                                .summary = "sends nothing; measures the run around it",
                                .license = "Apache-2.0",
                                .options_schema = options.schema(),
                                .outputs = outputs,
                                .max_batch = 256,
                                .max_in_flight = 65536,
                                .timeout_ms = 60000};

class Nothing {
 public:
  explicit Nothing(sonde::Context host) : host_(host), options_(options.read(host)) {}

  size_t start(std::span<const sonde_task> tasks) {
    for (const sonde_task id : tasks) {
      const sonde::Task task(host_, id);
      if (options_.percent > 0 && counts_as_alive(task.target())) {
        task.put(alive, true);
        task.done(SONDE_POSITIVE);
      } else {
        kept_.push_back(id);
      }
    }
    if (timer_ == 0 && !kept_.empty()) host_.timer(host_.now() + options_.wait.count(), 0, timer_);
    return tasks.size();
  }
  void on_io(uint64_t, uint64_t, uint32_t) {}
  void on_timer(uint64_t, uint64_t) {
    timer_ = 0;
    for (const sonde_task id : std::exchange(kept_, {})) sonde::Task(host_, id).done(SONDE_NO_ANSWER);
  }
  void cancel(sonde::Task task, uint64_t, uint32_t) {
    std::erase(kept_, task.id());
    task.done(SONDE_CANCELLED);
  }

 private:
  bool counts_as_alive(const sonde_target& target) const {
    const uint32_t last = uint32_t{target.ip[14]} << 8 | target.ip[15];
    return last * 40503u % 65536 * 100 < options_.percent * 65536u;
  }

  sonde::Context host_;
  Options options_;
  std::vector<sonde_task> kept_;
  uint64_t timer_ = 0;
};

}  // namespace

SONDE_PROBE(Nothing, about)
