/* my-probe: connects to one TCP port and records the first line that the server sends. Replace it with your protocol.
 * It is a blocking probe: run() is called on a worker thread, plain reads and writes end at the deadline. For thousands
 * of targets in flight, use the asynchronous style (start, on_io, on_timer, cancel) of sonde/probe.h. */
#include <errno.h>
#include <sonde/probe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "line.h"

/* What the probe writes, by these indexes. "alive" is shared by many plugins; fields of your own begin with the
 * plugin's id.
 */
enum { ALIVE, LINE };
static const sonde_field outputs[] = {
    {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered, be it with a refusal"},
    {"my-probe.line", SONDE_TEXT, SONDE_SCALAR, 0, 0, "the first line that the server sends"}};

/* What a pipeline file may set. The cost is what `sonde plan` counts: packets to a silent target, and to one that
 * answers; how long silence takes, and when a target's time is over, which sonde itself sees to. Bounds are in ns. */
static const char schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535, \"default\": 22,"
    " \"description\": \"TCP port to connect to\"},"
    "\"timeout\": {\"type\": \"string\", \"x-sonde\": \"duration\", \"minimum\": 1000000, \"default\": \"3s\","
    " \"description\": \"how long a host may take\"}},"
    "\"x-sonde\": {\"cost\": {\"silent\": [1], \"alive\": [1],"
    " \"wait\": [\"timeout\"], \"deadline\": [\"timeout\"]}}}";

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  uint16_t port;
};

static sonde_str text(const char* s, size_t size) {
  sonde_str out;
  out.ptr = s;
  out.len = size;
  return out;
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_value port;
  sonde_err e = host->option(ctx, text("/port", 5), SONDE_I64, &port);
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

static void put_alive(sonde_inst* self, sonde_task task) {
  sonde_value yes = {SONDE_BOOL, 0, {1}};
  self->host->put(self->ctx, task, ALIVE, text("", 0), &yes);
}

/* Reads until the first line is complete, and puts it. */
static sonde_outcome read_line(sonde_inst* self, sonde_task task, int fd) {
  char arrived[512];
  size_t size = 0, end;
  sonde_value line;
  while ((end = first_line(arrived, size, sizeof arrived)) == (size_t)-1) {
    ssize_t n = recv(fd, arrived + size, sizeof arrived - size, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) /* silent until the deadline, or it closed the connection and said no line */
      return (n < 0 && errno == EAGAIN) || self->host->cancelled(self->ctx, task) ? SONDE_NO_ANSWER : SONDE_NEGATIVE;
    size += (size_t)n;
  }
  memset(&line, 0, sizeof line);
  line.type = SONDE_TEXT;
  line.as.s = text(arrived, end); /* hostile bytes are the host's to clean */
  self->host->put(self->ctx, task, LINE, text("", 0), &line);
  return SONDE_POSITIVE;
}

static sonde_outcome probe(sonde_inst* self, sonde_task task) {
  sonde_target to;
  int fd = -1;
  sonde_err e;
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  if ((e = self->host->target(self->ctx, task, &to)) != SONDE_OK) return SONDE_ERROR;
  to.port = self->port;
  to.proto = 6;
  e = self->host->connect(self->ctx, task, &to, &fd); /* the host closes fd */
  if (e == SONDE_E_AGAIN) return SONDE_POSTPONED;     /* this machine is short of something: try again later */
  if (e == SONDE_E_IO && (fd == -ECONNREFUSED || fd == -ECONNRESET)) {
    put_alive(self, task);
    return SONDE_NEGATIVE;
  }
  if (e == SONDE_E_IO || e == SONDE_E_STALE) return SONDE_NO_ANSWER;
  if (e != SONDE_OK) return SONDE_ERROR; /* connect() has said why */
  put_alive(self, task);
  return read_line(self, task, fd);
}

static sonde_err run(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i;
  for (i = 0; i < n; ++i) self->host->done(self->ctx, tasks[i], probe(self, tasks[i]));
  return SONDE_OK;
}

static const sonde_probe api = {.size = sizeof api, .run = run};
static const sonde_descriptor descriptor = {.size = sizeof descriptor,
                                            .kind = SONDE_KIND_PROBE,
                                            .abi_minor = SONDE_ABI_MINOR,
                                            .id = "my-probe",
                                            .version = "1.0.0",
                                            .summary = "records what a TCP server sends first",
                                            .license = "Apache-2.0",
                                            .url = "",
                                            .options_schema = schema,
                                            .outputs = outputs,
                                            .output_count = sizeof outputs / sizeof *outputs,
                                            .field_size = sizeof(sonde_field),
                                            .needs = SONDE_NEED_CONNECT,
                                            .flags = SONDE_P_BLOCKING};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
