/* hello-c: tells whether one TCP port is open or refuses. An asynchronous probe in C99: the host dials, and reports
 * what became of the connection. */
#include <errno.h>
#include <sonde/probe.h>
#include <stdlib.h>
#include <string.h>

enum { ALIVE, STATE };
static const sonde_field outputs[] = {
    {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered, be it with a refusal"},
    {"hello-c.state", SONDE_TEXT, SONDE_SCALAR, 0, 0, "open or refused"}};

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  uint16_t port;
};

static sonde_str text(const char* s) {
  sonde_str out = {s, strlen(s)};
  return out;
}

/* Settles a task that has an answer. */
static void answered(sonde_inst* self, sonde_task task, int open) {
  sonde_value v = {SONDE_BOOL, 0, {1}};
  self->host->put(self->ctx, task, ALIVE, text(""), &v);
  v.type = SONDE_TEXT;
  v.as.s = text(open ? "open" : "refused");
  self->host->put(self->ctx, task, STATE, text(""), &v);
  self->host->done(self->ctx, task, open ? SONDE_POSITIVE : SONDE_NEGATIVE);
}

/* The task is the user word of its connection, so nothing has to be remembered. False: no connection can be had now. */
static int dial(sonde_inst* self, sonde_task task) {
  sonde_target to;
  sonde_conn conn;
  sonde_err e;
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  if (self->host->target(self->ctx, task, &to) != SONDE_OK) return 1;
  to.port = self->port;
  to.proto = 6;
  e = self->host->dial(self->ctx, task, &to, SONDE_IO_WRITE, task, &conn);
  if (e == SONDE_E_AGAIN) return 0;
  if (e != SONDE_OK) self->host->done(self->ctx, task, SONDE_ERROR); /* dial() has said why */
  return 1;
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_value port;
  sonde_err e = host->option(ctx, text("/port"), SONDE_I64, &port);
  if (e != SONDE_OK) return e;
  *out = malloc(sizeof **out);
  if (!*out) return SONDE_E_NOMEM;
  (*out)->ctx = ctx;
  (*out)->host = host;
  (*out)->port = (uint16_t)port.as.i;
  return SONDE_OK;
}
static void destroy(sonde_inst* self) {
  free(self);
}

static int32_t start(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i;
  /* A task whose dial has to wait is taken too: on_timer() comes with its user word when it is its turn. */
  for (i = 0; i < n; ++i) dial(self, tasks[i]);
  return (int32_t)n;
}
static void on_io(sonde_inst* self, uint64_t id, uint64_t user, uint32_t events) {
  (void)id;
  if (!(events & SONDE_IO_ERROR))
    answered(self, user, 1);
  else if (SONDE_IO_ERRNO(events) == ECONNREFUSED)
    answered(self, user, 0);
  else
    self->host->done(self->ctx, user, SONDE_NO_ANSWER); /* unreachable, say routers on the way: proves nothing */
}
static void on_timer(sonde_inst* self, uint64_t id, uint64_t user) {
  (void)id;
  dial(self, user);
}
static void cancel(sonde_inst* self, sonde_task task, uint64_t user, uint32_t why) {
  (void)user;
  self->host->done(self->ctx, task, why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
}

static const sonde_probe api = {sizeof api, 0, start, on_io, on_timer, cancel, NULL};
static const sonde_descriptor descriptor = {
    sizeof descriptor,
    SONDE_KIND_PROBE,
    SONDE_ABI_MINOR,
    0,
    "hello-c",
    "1.0.0",
    "tells whether a TCP port is open",
    "Apache-2.0",
    "",
    "{\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535,"
    " \"default\": 7, \"description\": \"TCP port to ask\"}}, \"x-sonde\": {\"cost\": {\"silent\": [1], \"alive\": "
    "[1]}}}",
    NULL,
    outputs,
    0,
    2,
    sizeof(sonde_field),
    SONDE_NEED_CONNECT,
    0,
    0,
    512,
    0,
    2000,
    0};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
