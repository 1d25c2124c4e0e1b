// hello: says something to TCP port 7 (echo, RFC 862) and records whether the same came back. A blocking probe: one
// call a target, plain sockets, no event loop.
#include <sys/socket.h>
#include <sonde/plugin.hpp>

#include <cerrno>

namespace {

constexpr sonde::Scalar<bool> alive{0, "alive", "the host answered, be it with a refusal"};
constexpr sonde::Scalar<bool> echoed{1, "hello.echoed", "what was sent came back unchanged"};
constexpr auto outputs = sonde::fields(alive, echoed);

constexpr sonde::About about = {.id = "hello",
                                .version = "1.0.0",
                                .summary = "greets the echo service",
                                .license = "Apache-2.0",
                                .options_schema = R"({"type": "object", "properties": {
      "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 7, "description": "TCP port to greet"}},
      "x-sonde": {"cost": {"silent": [1], "alive": [1]}}})",
                                .outputs = outputs,
                                .needs = SONDE_NEED_CONNECT,
                                .timeout_ms = 2000};

class Hello {
 public:
  explicit Hello(sonde::Context host) : port_(static_cast<uint16_t>(host.option<int64_t>("/port"))) {}

  void run(sonde::Task task) {
    sonde_target to = task.target();
    to.port = port_;
    to.proto = 6;
    int fd = -1;
    sonde_err e = task.connect(to, fd);  // the host closes it; reads and writes end at the deadline
    if (e == SONDE_E_AGAIN) return void(task.done(SONDE_POSTPONED));
    if (e == SONDE_E_IO && fd == -ECONNREFUSED) {
      task.put(alive, true);
      return void(task.done(SONDE_NEGATIVE));
    }
    if (e == SONDE_E_IO) return void(task.done(SONDE_NO_ANSWER));
    if (e != SONDE_OK) return void(task.done(SONDE_ERROR));  // connect() has said why
    task.put(alive, true);
    constexpr std::string_view greeting = "hello\n";
    char answer[greeting.size()];
    bool sent = ::send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL) == ssize_t{greeting.size()};
    ssize_t got = sent ? ::recv(fd, answer, sizeof answer, MSG_WAITALL) : 0;
    bool same = got == ssize_t{sizeof answer} && std::string_view(answer, sizeof answer) == greeting;
    if (!same && task.cancelled()) return void(task.done(SONDE_NO_ANSWER));  // open, and silent to the deadline
    task.put(echoed, same);
    task.done(same ? SONDE_POSITIVE : SONDE_NEGATIVE);
  }

 private:
  uint16_t port_;
};

}  // namespace

SONDE_PROBE(Hello, about)
