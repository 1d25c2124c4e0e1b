/* A blocking probe that keeps to the contract, and the ways not to: BREAK_* says which. */
#define _GNU_SOURCE
#include <errno.h>
#include <sonde/probe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALIVE, OUTPUTS };
static const sonde_field outputs[] = {{"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered"}};

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
};

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  *out = malloc(sizeof **out);
  if (!*out) return SONDE_E_NOMEM;
  (*out)->ctx = ctx;
  (*out)->host = host;
  return SONDE_OK;
}
static void destroy(sonde_inst* self) {
  free(self);
}

static sonde_outcome ask(sonde_inst* self, sonde_task task) {
  const sonde_str no_key = {"", 0};
  const sonde_value yes = {SONDE_BOOL, 0, {1}};
  char answer[64];
  sonde_target to;
  ssize_t n;
  int fd = -1;
  sonde_err e;
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  if (self->host->target(self->ctx, task, &to) != SONDE_OK) return SONDE_ERROR;
  to.port = 7;
  to.proto = 6;
#if defined(BREAK_OWN_SOCKET)
  close(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
#endif
  e = self->host->connect(self->ctx, task, &to, &fd);
  if (e == SONDE_E_AGAIN) return SONDE_POSTPONED;
  if (e == SONDE_E_STALE) return SONDE_NO_ANSWER;
  if (e == SONDE_E_IO && fd != -ECONNREFUSED) return SONDE_NO_ANSWER;
  if (e != SONDE_OK && e != SONDE_E_IO) return SONDE_ERROR;
  self->host->put(self->ctx, task, ALIVE, no_key, &yes);
  if (e == SONDE_E_IO) return SONDE_NEGATIVE;
#if defined(BREAK_DEADLINE)
  do n = recv(fd, answer, sizeof answer, 0);
  while (n < 0 && errno == EAGAIN);
#else
  n = recv(fd, answer, sizeof answer, 0);
  if (n < 0 && self->host->cancelled(self->ctx, task)) return SONDE_NO_ANSWER;
#endif
  return n > 0 ? SONDE_POSITIVE : SONDE_NEGATIVE;
}

static sonde_err run(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i;
  for (i = 0; i < n; ++i) {
    const sonde_outcome outcome = ask(self, tasks[i]);
#if defined(BREAK_NO_DONE)
    if (outcome == SONDE_NEGATIVE) continue;
#elif defined(BREAK_DOUBLE_DONE)
    self->host->done(self->ctx, tasks[i], outcome);
#endif
    self->host->done(self->ctx, tasks[i], outcome);
  }
  return SONDE_OK;
}

static const sonde_probe api = {.size = sizeof(sonde_probe), .run = run};
static const sonde_descriptor descriptor = {
    .size = sizeof(sonde_descriptor),
    .kind = SONDE_KIND_PROBE,
    .abi_minor = SONDE_ABI_MINOR,
    .id = ID,
    .version = "1.0",
    .summary = "Waits for what a server says first",
    .license = "Apache-2.0",
    .url = "",
    .options_schema = "{\"type\":\"object\",\"properties\":{}}",
    .outputs = outputs,
    .output_count = OUTPUTS,
    .field_size = sizeof(sonde_field),
    .needs = SONDE_NEED_CONNECT,
    .flags = SONDE_P_BLOCKING,
    .timeout_ms = 2000,
};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
