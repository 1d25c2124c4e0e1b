/* A library with one plugin of each kind that calls every function of the host table and keeps what came back as a
 * trace in a field: two sides that do not mean the same table cannot produce it. In the common subset of C99 and C++20;
 * NAME is the prefix of the ids. */
#include <sonde/exporter.h>
#include <sonde/probe.h>
#include <sonde/source.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOURCE, ASYNC, BLOCKING, LINES };

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  char trace[1024];
  int64_t port;
  sonde_task task;
  sonde_conn conn;
  uint64_t watch, timer;
  int pipe[2], step;
  FILE* file;
  char path[512], part[520];
  uint32_t fields, pulled;
};

static sonde_str str(const char* s) {
  sonde_str out;
  out.ptr = s;
  out.len = strlen(s);
  return out;
}
static void say(sonde_inst* self, const char* format, ...) {
  size_t used = strlen(self->trace);
  va_list list;
  va_start(list, format);
  vsnprintf(self->trace + used, sizeof self->trace - used, format, list);
  va_end(list);
}
static sonde_value make(uint32_t type) {
  sonde_value v;
  memset(&v, 0, sizeof v);
  v.type = type;
  return v;
}
static sonde_err put_text(sonde_inst* self, sonde_task task, uint32_t output, const char* key, const char* s) {
  sonde_value v = make(SONDE_TEXT);
  v.as.s = str(s);
  return self->host->put(self->ctx, task, output, str(key), &v);
}

/* What can be asked in create(), by every kind. */
static void ask_host(sonde_inst* self) {
  const sonde_host* h = self->host;
  sonde_value v;
  sonde_str key;
  uint64_t before = (uint64_t)h->now(self->ctx);
  say(self, "name=%s ext=%d log=%d", h->name, h->get_extension(self->ctx, "nobody/1") == NULL,
      h->log_enabled(self->ctx, SONDE_LOG_ERROR) != 0);
  h->log(self->ctx, 0, SONDE_LOG_TRACE, str("never shown"));
  say(self, " now=%d", before > 0 && (uint64_t)h->now(self->ctx) >= before);
  say(self, " port=%d", h->option(self->ctx, str("/port"), SONDE_I64, &v) == SONDE_OK && v.as.i == self->port);
  say(self, " type=%d", (int)h->option(self->ctx, str("/port"), SONDE_TEXT, &v));
  say(self, " absent=%d", (int)h->option(self->ctx, str("/none"), SONDE_I64, &v));
  say(self, " list=%u", (unsigned)h->option_count(self->ctx, str("/list")));
  if (h->option(self->ctx, str("/list/1"), SONDE_TEXT, &v) == SONDE_OK) say(self, ":%.*s", (int)v.as.s.len, v.as.s.ptr);
  if (h->option_key(self->ctx, str("/map"), 0, &key) == SONDE_OK) say(self, " key=%.*s", (int)key.len, key.ptr);
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_value v;
  sonde_inst* self = (sonde_inst*)calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->pipe[0] = self->pipe[1] = -1;
  if (host->option(ctx, str("/port"), SONDE_I64, &v) == SONDE_OK) self->port = v.as.i;
  if (host->option(ctx, str("/path"), SONDE_TEXT, &v) == SONDE_OK && v.as.s.len < sizeof self->path)
    memcpy(self->path, v.as.s.ptr, v.as.s.len);
  *out = self;
  return SONDE_OK;
}
static sonde_err create_async(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_place place;
  int fd = -1;
  sonde_err e = create(ctx, host, out);
  if (e != SONDE_OK) return e;
  ask_host(*out);
  memset(&place, 0, sizeof place);
  place.size = sizeof place;
  say(*out, " place=%d", host->place(ctx, &place) == SONDE_OK && place.count > 0 && place.index < place.count);
  say(*out, ":%.*s", (int)place.stage.len, place.stage.ptr);
  say(*out, " raw=%d", host->raw(ctx, -1, 0, 0, &fd) != SONDE_OK);
  return SONDE_OK;
}
static void destroy(sonde_inst* self) {
  if (self->pipe[0] >= 0) close(self->pipe[0]);
  if (self->pipe[1] >= 0) close(self->pipe[1]);
  if (self->file) fclose(self->file);
  free(self);
}

/* The asynchronous probe: dial, echo, a watched pipe, a timer, a wake; then done. */
enum { WORD_CONN = 1, WORD_PIPE, WORD_TIMER, WORD_MOVED, WORD_WAKE };
static const sonde_field async_outputs[] = {
    {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-async.trace", SONDE_TEXT, SONDE_SCALAR, SONDE_F_REQUIRED, 0, "what the host said"}};

static int32_t start(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  const sonde_host* h = self->host;
  sonde_target to;
  int64_t again = 0;
  if (n == 0 || self->task != 0) return 0;
  self->task = tasks[0];
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  say(self, " | target=%d", (int)h->target(self->ctx, self->task, &to));
  say(self, ":%d.%d", to.ip[12], to.ip[15]);
  say(self, " deadline=%d cancelled=%d", h->deadline(self->ctx, self->task) > h->now(self->ctx),
      h->cancelled(self->ctx, self->task));
  say(self, " attach=%d pace=%u", (int)h->attach(self->ctx, self->task, 99), (unsigned)h->pace(self->ctx, 1, &again));
  to.port = (uint16_t)self->port;
  to.proto = 6;
  say(self, " admit=%d", (int)h->admit(self->ctx, self->task, &to));
  say(self, " dial=%d", (int)h->dial(self->ctx, self->task, &to, SONDE_IO_WRITE, WORD_CONN, &self->conn));
  return 1;
}
static void finish(sonde_inst* self) {
  sonde_task task = self->task;
  sonde_value yes = make(SONDE_BOOL);
  const sonde_host* h = self->host;
  yes.as.u = 1;
  self->task = 0;
  say(self, " hangup=%d", (int)h->hangup(self->ctx, self->conn.id, 1));
  say(self, ":%d", (int)h->hangup(self->ctx, self->conn.id, 0));
  h->put(self->ctx, task, 0, str(""), &yes);
  say(self, " wrong=%d", (int)h->put(self->ctx, task, 1, str(""), &yes));
  put_text(self, task, 1, "", self->trace);
  h->done(self->ctx, task, SONDE_POSITIVE);
}
static void on_io(sonde_inst* self, uint64_t id, uint64_t user, uint32_t events) {
  const sonde_host* h = self->host;
  char buffer[16] = "";
  if (user == WORD_CONN && (events & SONDE_IO_WRITE)) {
    say(self, " sent=%d", (int)send(self->conn.fd, "ping", 4, MSG_NOSIGNAL));
    say(self, " rewatch=%d", (int)h->rewatch(self->ctx, id, SONDE_IO_READ));
    return;
  }
  if (user == WORD_CONN) {
    say(self, " got=%d", (int)recv(self->conn.fd, buffer, sizeof buffer, MSG_DONTWAIT));
    h->rewatch(self->ctx, id, 0);
    if (pipe(self->pipe) != 0) return;
    say(self, " watch=%d", (int)h->watch(self->ctx, self->pipe[0], SONDE_IO_READ, WORD_PIPE, &self->watch));
    say(self, " write=%d", (int)write(self->pipe[1], "x", 1));
    return;
  }
  say(self, " pipe=%d unwatch=%d", id == self->watch, (int)h->unwatch(self->ctx, self->watch));
  say(self, " timer=%d", (int)h->timer(self->ctx, h->now(self->ctx) + 3600000000000, WORD_TIMER, &self->timer));
  say(self, " untimer=%d", (int)h->untimer(self->ctx, &self->timer));
  say(self, ":%d", self->timer == 0);
  h->timer(self->ctx, h->now(self->ctx) + 1000000, WORD_MOVED, &self->timer);
}
static void on_timer(sonde_inst* self, uint64_t id, uint64_t user) {
  if (user == WORD_MOVED) {
    say(self, " fired=%d wake=%d", id == self->timer, (int)self->host->wake(self->ctx, WORD_WAKE));
    return;
  }
  say(self, " woken=%d:%d", id == 0, user == WORD_WAKE);
  finish(self);
}
static void cancel(sonde_inst* self, sonde_task task, uint64_t user, uint32_t why) {
  self->task = 0;
  say(self, " cancel=%d:%u", (int)user, (unsigned)why);
  put_text(self, task, 1, "", self->trace);
  self->host->done(self->ctx, task, why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
}

/* The blocking probe: reads the trace, connects, puts a value of each type and shape. */
static const sonde_field blocking_inputs[] = {{NAME "-async.trace", SONDE_TEXT, SONDE_SCALAR, SONDE_F_REQUIRED, 0, ""}};
static const sonde_field blocking_outputs[] = {
    {NAME "-blocking.trace", SONDE_TEXT, SONDE_SCALAR, 0, 0, "what the host said"},
    {NAME "-blocking.bool", SONDE_BOOL, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.i64", SONDE_I64, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.u64", SONDE_U64, SONDE_LIST, 0, 0, "help"},
    {NAME "-blocking.f64", SONDE_F64, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.bytes", SONDE_BYTES, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.ip", SONDE_IP, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.time", SONDE_TIME, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.json", SONDE_JSON, SONDE_SCALAR, 0, 0, "help"},
    {NAME "-blocking.map", SONDE_NULL, SONDE_MAP, 0, 0, "help"},
    {NAME "-blocking.hidden", SONDE_TEXT, SONDE_SCALAR, SONDE_F_DETAIL, 0, "help"}};

static void put_all(sonde_inst* self, sonde_task task) {
  const sonde_host* h = self->host;
  sonde_value v = make(SONDE_BOOL);
  v.as.u = 1;
  h->put(self->ctx, task, 1, str(""), &v);
  v = make(SONDE_I64);
  v.as.i = -7;
  h->put(self->ctx, task, 2, str(""), &v);
  h->put(self->ctx, task, 9, str("b"), &v);
  v = make(SONDE_U64);
  v.as.u = 443;
  h->put(self->ctx, task, 3, str(""), &v);
  v.as.u = 80;
  h->put(self->ctx, task, 3, str(""), &v);
  v = make(SONDE_F64);
  v.as.f = 0.5;
  h->put(self->ctx, task, 4, str(""), &v);
  v = make(SONDE_BYTES);
  v.as.s = str("\x01\xff");
  h->put(self->ctx, task, 5, str(""), &v);
  v = make(SONDE_IP);
  v.as.ip[15] = 1;
  h->put(self->ctx, task, 6, str(""), &v);
  v = make(SONDE_TIME);
  v.as.i = 1000000000;
  h->put(self->ctx, task, 7, str(""), &v);
  v = make(SONDE_JSON);
  v.as.s = str("{\"a\":[1]}");
  h->put(self->ctx, task, 8, str(""), &v);
  put_text(self, task, 9, "a", "x");
  put_text(self, task, 10, "", "detail");
}
static sonde_err run(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  const sonde_host* h = self->host;
  uint32_t i;
  for (i = 0; i < n; ++i) {
    sonde_target to;
    sonde_value v;
    sonde_str key;
    char buffer[8];
    int fd = -1;
    self->trace[0] = '\0';
    memset(&to, 0, sizeof to);
    to.size = sizeof to;
    h->target(self->ctx, tasks[i], &to);
    to.port = (uint16_t)self->port;
    to.proto = 6;
    say(self, "count=%u", (unsigned)h->count(self->ctx, tasks[i], 0));
    say(self, " get=%d", (int)h->get(self->ctx, tasks[i], 0, 0, &key, &v));
    say(self, " input=%d", v.type == SONDE_TEXT && v.as.s.len > 5 && memcmp(v.as.s.ptr, "name=", 5) == 0);
    say(self, " item=%d", (int)h->get(self->ctx, tasks[i], 0, 9, &key, &v));
    say(self, " connect=%d", (int)h->connect(self->ctx, tasks[i], &to, &fd));
    say(self, " sent=%d", (int)send(fd, "pong", 4, MSG_NOSIGNAL));
    say(self, " got=%d", (int)recv(fd, buffer, 4, MSG_WAITALL));
    say(self, " shard=%d", (int)h->watch(self->ctx, fd, SONDE_IO_READ, 0, &self->watch) != SONDE_OK);
    put_all(self, tasks[i]);
    put_text(self, tasks[i], 0, "", self->trace);
    h->fail(self->ctx, tasks[i], SONDE_E_IO, str("not used: the task ends well"));
    h->done(self->ctx, tasks[i], SONDE_POSITIVE);
    if (h->done(self->ctx, tasks[i], SONDE_POSITIVE) != SONDE_E_STALE) abort();
  }
  return SONDE_OK;
}

/* The exporter: every field of a record as NAME=VALUE, a line each. */
static sonde_err open_file(sonde_inst* self, const sonde_field* fields, uint32_t count, uint32_t stride) {
  uint32_t i;
  self->fields = count;
  snprintf(self->part, sizeof self->part, "%s.part", self->path);
  self->file = fopen(self->part, "w");
  if (!self->file) return SONDE_E_IO;
  fputs("fields", self->file);
  for (i = 0; i < count; ++i)
    fprintf(self->file, " %s", ((const sonde_field*)(const void*)((const char*)fields + (size_t)i * stride))->name);
  fputc('\n', self->file);
  return SONDE_OK;
}
static void show(FILE* out, const sonde_value* v) {
  uint32_t i;
  if (v->type == SONDE_BOOL || v->type == SONDE_U64) fprintf(out, "%llu", (unsigned long long)v->as.u);
  if (v->type == SONDE_I64 || v->type == SONDE_TIME) fprintf(out, "%lld", (long long)v->as.i);
  if (v->type == SONDE_F64) fprintf(out, "%g", v->as.f);
  if (v->type == SONDE_TEXT || v->type == SONDE_JSON) fprintf(out, "%.*s", (int)v->as.s.len, v->as.s.ptr);
  if (v->type == SONDE_BYTES)
    for (i = 0; i < v->as.s.len; ++i) fprintf(out, "%02x", (unsigned)(unsigned char)v->as.s.ptr[i]);
  if (v->type == SONDE_IP)
    for (i = 0; i < 16; ++i) fprintf(out, "%02x", (unsigned)v->as.ip[i]);
}
static int32_t write_records(sonde_inst* self, const sonde_task* records, uint32_t n) {
  uint32_t r, f, i;
  for (r = 0; r < n; ++r)
    for (f = 0; f < self->fields; ++f)
      for (i = 0; i < self->host->count(self->ctx, records[r], f); ++i) {
        sonde_str key = str("");
        sonde_value v;
        if (self->host->get(self->ctx, records[r], f, i, &key, &v) != SONDE_OK) return SONDE_E_FATAL;
        fprintf(self->file, "%u.%.*s %u ", (unsigned)f, (int)key.len, key.ptr, (unsigned)v.type);
        show(self->file, &v);
        fputc('\n', self->file);
      }
  return (int32_t)n;
}
static sonde_err flush(sonde_inst* self) {
  return fflush(self->file) == 0 ? SONDE_OK : SONDE_E_IO;
}
static sonde_err close_file(sonde_inst* self, int commit) {
  sonde_str run_document = str("");
  int good;
  if (!self->file) return SONDE_OK;
  if (SONDE_HAS(self->host, document)) self->host->document(self->ctx, "run", &run_document);
  fprintf(self->file, "document %d\n", run_document.len > 2 && run_document.ptr[0] == '{');
  good = fclose(self->file) == 0;
  self->file = NULL;
  if (!commit) return remove(self->part) == 0 ? SONDE_OK : SONDE_E_IO;
  return good && rename(self->part, self->path) == 0 ? SONDE_OK : SONDE_E_IO;
}

/* The source: 127.0.0.1, and a port that is known of it. */
static const sonde_field source_outputs[] = {{"ports", SONDE_U64, SONDE_LIST, 0, 0, "help"}};
static int32_t pull(sonde_inst* self, sonde_target* out, uint32_t target_size, const sonde_task* facts, uint32_t n) {
  static const uint8_t loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  sonde_value port = make(SONDE_U64);
  (void)target_size;
  if (self->pulled || n == 0) return 0;
  self->pulled = 1;
  memcpy(out->ip, loopback, sizeof loopback);
  port.as.u = 22;
  return self->host->put(self->ctx, facts[0], 0, str(""), &port) == SONDE_OK ? 1 : SONDE_E_FATAL;
}

static const sonde_source source = {sizeof source, 0, pull};
static const sonde_probe async_probe = {sizeof async_probe, 0, start, on_io, on_timer, cancel, NULL};
static const sonde_probe blocking_probe = {sizeof blocking_probe, 0, NULL, NULL, NULL, NULL, run};
static const sonde_exporter exporter = {sizeof exporter, 0, open_file, write_records, flush, close_file};

#define OPTIONS                                                                                                        \
  "{\"type\":\"object\",\"properties\":{"                                                                              \
  "\"port\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535,\"default\":7,\"description\":\"An echo server.\"}," \
  "\"list\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"default\":[\"a\",\"b\"],\"description\":\"A "        \
  "list.\"},"                                                                                                          \
  "\"map\":{\"type\":\"object\",\"properties\":{\"one\":{\"type\":\"integer\",\"default\":1,"                          \
  "\"description\":\"A member.\"}},\"description\":\"A mapping.\"}},"                                                  \
  "\"x-sonde\":{\"cost\":{\"silent\":[1],\"alive\":[1]}}}"
#define DESCRIPTOR(kind, id, options, in, in_count, out, out_count, needs, flags)                                      \
  {                                                                                                                    \
    sizeof(sonde_descriptor), kind, SONDE_ABI_MINOR, 0, NAME id, "1.0", "Calls everything", "Apache-2.0", "", options, \
        in, out, in_count, out_count, sizeof(sonde_field), needs, flags, 1, 1, 1, 5000, 0                              \
  }
static const sonde_descriptor descriptors[] = {
    DESCRIPTOR(SONDE_KIND_SOURCE, "-source", "{\"type\":\"object\",\"properties\":{}}", NULL, 0, source_outputs, 1, 0,
               0),
    DESCRIPTOR(SONDE_KIND_PROBE, "-async", OPTIONS, NULL, 0, async_outputs, 2, SONDE_NEED_CONNECT | SONDE_NEED_SOCKETS,
               0),
    DESCRIPTOR(SONDE_KIND_PROBE, "-blocking", OPTIONS, blocking_inputs, 1, blocking_outputs, 11, SONDE_NEED_CONNECT,
               SONDE_P_BLOCKING),
    DESCRIPTOR(SONDE_KIND_EXPORTER, "-lines",
               "{\"type\":\"object\",\"required\":[\"path\"],\"properties\":{\"path\":{\"type\":\"string\","
               "\"x-sonde\":\"path\",\"description\":\"The file to write.\"}}}",
               NULL, 0, NULL, 0, SONDE_NEED_FILES, 0)};
static const sonde_plugin plugins[] = {
    {sizeof(sonde_plugin), 0, &descriptors[SOURCE], create, destroy, &source, NULL},
    {sizeof(sonde_plugin), 0, &descriptors[ASYNC], create_async, destroy, &async_probe, NULL},
    {sizeof(sonde_plugin), 0, &descriptors[BLOCKING], create, destroy, &blocking_probe, NULL},
    {sizeof(sonde_plugin), 0, &descriptors[LINES], create, destroy, &exporter, NULL}};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index < sizeof plugins / sizeof *plugins ? &plugins[index] : NULL;
}
