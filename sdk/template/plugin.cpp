// greeting: connects to one TCP port and records the first line that the server says. Copy this folder, give it another
// id, and ask your own question. It is a probe of the asynchronous kind: nothing here may block, and one instance
// serves many targets at once on its shard's event loop. A blocking probe has run(sonde::Task) instead of the four
// functions.
#include <sys/socket.h>
#include <sonde/plugin.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <unordered_map>

namespace {

// What the probe writes. "alive" is a field that many share; an own one begins with the plugin's id.
constexpr sonde::Scalar<bool> alive{0, "alive", "the host answered, be it with a refusal"};
constexpr sonde::Scalar<std::string_view> line{1, "greeting.line", "the first line that the server says"};
constexpr auto outputs = sonde::fields(alive, line);

constexpr sonde::About about = {
    .id = "greeting",
    .version = "1.0.0",
    .summary = "records what a TCP server says first",
    .license = "Apache-2.0",
    // From this the host validates the pipeline file, fills defaults and prints help. "cost" is what `sonde plan`
    // counts: packets to a target that is silent, and to one that answers.
    .options_schema = R"({
  "type": "object",
  "properties": {
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 22, "description": "TCP port to connect to"}
  },
  "x-sonde": {"cost": {"silent": [1], "alive": [1]}}
})",
    .outputs = outputs,
    .needs = SONDE_NEED_CONNECT,
    .max_in_flight = 512,
    .timeout_ms = 3000,
};

class Greeting {
 public:
  explicit Greeting(sonde::Context host) : host_(host), port_(static_cast<uint16_t>(host.option<int64_t>("/port"))) {}

  // Takes tasks and returns how many. The user word comes back with each event; here it is the task itself.
  size_t start(std::span<const sonde_task> tasks) {
    for (sonde_task id : tasks) dial(sonde::Task(host_, id));
    return tasks.size();
  }

  // on_timer with id 0: a dial that had to wait for a free connection has its turn.
  void on_timer(uint64_t, uint64_t user) { dial(sonde::Task(host_, user)); }

  void on_io(uint64_t id, uint64_t user, uint32_t events) {
    sonde::Task task(host_, user);
    auto found = open_.find(user);
    if (found == open_.end()) return;
    Connection& c = found->second;
    if (events & SONDE_IO_ERROR) {
      bool refused = SONDE_IO_ERRNO(events) == ECONNREFUSED;
      if (refused) task.put(alive, true);
      return finish(task, refused ? SONDE_NEGATIVE : SONDE_NO_ANSWER);
    }
    if (events & SONDE_IO_WRITE) {  // connected
      task.put(alive, true);
      host_.rewatch(id, SONDE_IO_READ);
    }
    if (!(events & SONDE_IO_READ)) return;
    char buffer[256];
    ssize_t n = ::recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) c.text.append(buffer, static_cast<size_t>(n));
    size_t end = c.text.find_first_of("\r\n");
    if (n > 0 && end == std::string::npos && c.text.size() < line_max) return;
    c.text.resize(std::min({end, c.text.size(), line_max}));
    if (c.text.empty()) return finish(task, SONDE_NEGATIVE);
    task.put(line, c.text);  // hostile bytes are the host's to clean
    finish(task, SONDE_POSITIVE);
  }

  // The deadline, or the end of the run.
  void cancel(sonde::Task task, uint64_t, uint32_t why) {
    finish(task, why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
  }

 private:
  static constexpr size_t line_max = 512;
  struct Connection {
    int fd;
    std::string text;
  };

  void dial(sonde::Task task) {
    sonde_target to = task.target();
    to.port = port_;
    to.proto = 6;
    sonde_conn connection{};
    sonde_err e = task.dial(to, SONDE_IO_WRITE, task.id(), connection);
    if (e == SONDE_E_AGAIN) return;  // the host keeps the place in the queue and calls on_timer
    if (e != SONDE_OK) {
      task.done(SONDE_ERROR);  // dial() has said why; fail() would put another text in its place
      return;
    }
    open_[task.id()] = {connection.fd, {}};
  }

  // done() hangs up what the task still has open.
  void finish(sonde::Task task, sonde_outcome outcome) {
    open_.erase(task.id());
    task.done(outcome);
  }

  sonde::Context host_;
  uint16_t port_;
  std::unordered_map<sonde_task, Connection> open_;
};

}  // namespace

SONDE_PROBE(Greeting, about)
