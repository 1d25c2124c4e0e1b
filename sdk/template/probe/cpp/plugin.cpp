// my-probe: connects to one TCP port and records the first line that the server sends. Replace it with your protocol.
#include <sonde/plugin.hpp>

#include <array>
#include <string>

#include "line.hpp"

namespace {
// What the probe writes. "alive" is shared by many plugins; fields of your own begin with the plugin's id.
constexpr sonde::Scalar<bool> alive{0, "alive", "the host answered, be it with a refusal"};
constexpr sonde::Scalar<std::string_view> line{1, "my-probe.line", "the first line that the server sends"};
constexpr auto outputs = sonde::fields(alive, line);

// What a pipeline file may set. The cost, on which `sonde plan` is based: packets to a silent target, and to one that
// answers; how long silence takes, and the deadline of a target, which sonde enforces.
struct Options {
  uint16_t port;
  std::chrono::nanoseconds timeout;
};
constexpr auto options = sonde::options<Options>(
    sonde::Cost{.silent = "[1]", .alive = "[1]", .wait = R"(["timeout"])", .deadline = R"(["timeout"])"},
    sonde::option("port", &Options::port, 22, "TCP port to connect to", {.minimum = 1}),
    sonde::option("timeout", &Options::timeout, "3s", "how long a host may take", {.minimum = 1'000'000}));  // ns
constexpr sonde::About about = {.id = "my-probe",
                                .version = "1.0.0",
                                .summary = "records what a TCP server sends first",
                                .license = "Apache-2.0",
                                .options_schema = options.schema(),
                                .outputs = outputs,
                                .needs = SONDE_NEED_CONNECT,
                                .max_in_flight = 512};  // targets at once, in the whole run

class Probe {
 public:
  explicit Probe(sonde::Context host) : options_(options.read(host)) {}
  // Runs once per target, thousands at a time on one thread: it waits by co_await and never blocks.
  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(options_.port);
    if (server.answered()) task.put(alive, true);
    if (!server) co_return server.outcome();
    std::string arrived;
    std::array<char, 256> buffer;
    while (!first_line(arrived)) {
      sonde::Transfer got = co_await server.read(buffer);
      if (got.timed_out()) co_return SONDE_NO_ANSWER;
      if (!got) co_return SONDE_NEGATIVE;  // it closed the connection without sending a line
      arrived.append(buffer.data(), got.size);
    }
    task.put(line, *first_line(arrived));  // the host sanitises hostile bytes
    co_return SONDE_POSITIVE;
  }

 private:
  Options options_;
};
}  // namespace
SONDE_PROBE(Probe, about)
