/* An asynchronous TCP probe that keeps to the contract, and the ways not to: BREAK_* says which. `sonde plugin check`
 * passes the first and finds each of the others. */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sonde/probe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined(BREAK_MORE_SYMBOLS)
__attribute__((visibility("default"))) int something_else(void);
int something_else(void) {
  return 1;
}
#endif
#if defined(BREAK_FOREIGN_SYMBOL)
extern int BREAK_FOREIGN_SYMBOL(const char*);
#endif

enum { ALIVE, SAID, OUTPUTS };
static const sonde_field outputs[] = {
    {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered"},
#if defined(BREAK_FIELD_NAME)
    {"someone-else.said", SONDE_TEXT, SONDE_SCALAR, 0, 0, "what came first"},
#elif defined(BREAK_REQUIRED)
    {ID ".said", SONDE_TEXT, SONDE_SCALAR, SONDE_F_REQUIRED, 0, "what came first"},
#else
    {ID ".said", SONDE_TEXT, SONDE_SCALAR, 0, 0, "what came first"},
#endif
};

struct task {
  sonde_task id;
  uint64_t conn;
  int fd;
  uint64_t timer;
  char* text;
  size_t length;
};
enum { SLOTS = 1024, MOST = 256 };
struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  struct task tasks[SLOTS];
  uint64_t timer;
  sonde_task last;
  pthread_t thread;
  int fd;
  uint32_t started;
};

#if defined(BREAK_STATIC_STATE)
static int instances;
#endif
#if defined(BREAK_LEAKS_MEMORY) || defined(BREAK_TASK_LEAK)
static void* volatile lost;
#endif

static sonde_str text(const char* s) {
  sonde_str out = {s, strlen(s)};
  return out;
}

/* The user word of a task is its slot. */
static void forget(struct sonde_inst* self, struct task* t) {
  if (t->timer) self->host->untimer(self->ctx, &t->timer);
  free(t->text);
  memset(t, 0, sizeof *t);
}

static void settle(struct sonde_inst* self, struct task* t, sonde_outcome outcome) {
  const sonde_task id = t->id;
#if defined(BREAK_PUT_AFTER_DONE)
  const sonde_value late = {SONDE_BOOL, 0, {1}};
#endif
#if defined(BREAK_TASK_LEAK)
  if (outcome == SONDE_NEGATIVE) lost = malloc(100);
#endif
  if (outcome == SONDE_POSITIVE || outcome == SONDE_NEGATIVE) {
    sonde_value v = {SONDE_BOOL, 0, {1}};
    self->host->put(self->ctx, id, ALIVE, text(""), &v);
#if defined(BREAK_WRONG_TYPE)
    v.type = SONDE_U64;
    self->host->put(self->ctx, id, SAID, text(""), &v);
#elif defined(BREAK_UNDECLARED_FIELD)
    self->host->put(self->ctx, id, 7, text(""), &v);
#elif defined(BREAK_NOT_ALIVE)
    v.as.u = 0;
    self->host->put(self->ctx, id, ALIVE, text(""), &v);
#endif
    v.type = SONDE_TEXT;
    v.as.s.ptr = t->text ? t->text : "";
    v.as.s.len = t->length;
#if defined(BREAK_RANDOM)
    {
      struct timespec now;
      char number[40];
      clock_gettime(CLOCK_MONOTONIC, &now);
      v.as.s.len = (size_t)snprintf(number, sizeof number, "%ld", now.tv_nsec);
      v.as.s.ptr = number;
      self->host->put(self->ctx, id, SAID, text(""), &v);
    }
#elif defined(BREAK_STATIC_STATE)
    if (instances > 1) v.as.s = text("not alone");
    self->host->put(self->ctx, id, SAID, text(""), &v);
#elif defined(BREAK_BATCHES)
    if (self->started > 3) v.as.s = text("many");
    self->host->put(self->ctx, id, SAID, text(""), &v);
#elif !defined(BREAK_REQUIRED)
    if (t->length) self->host->put(self->ctx, id, SAID, text(""), &v);
#endif
  }
  forget(self, t);
  self->host->done(self->ctx, id, outcome);
#if defined(BREAK_DOUBLE_DONE)
  self->host->done(self->ctx, id, outcome);
#elif defined(BREAK_PUT_AFTER_DONE)
  self->host->put(self->ctx, id, ALIVE, text(""), &late);
#endif
}

static void dial(struct sonde_inst* self, struct task* t, uint64_t slot) {
  sonde_target to;
  sonde_conn conn;
  sonde_err e;
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  if (self->host->target(self->ctx, t->id, &to) != SONDE_OK) return;
  to.port = 7;
  to.proto = 6;
#if defined(BREAK_PORT_ZERO)
  to.port = 0;
  self->host->dial(self->ctx, t->id, &to, SONDE_IO_WRITE, slot, &conn);
  to.port = 7;
#endif
  e = self->host->dial(self->ctx, t->id, &to, SONDE_IO_WRITE, slot, &conn);
#if defined(BREAK_POLLS_DIAL)
  if (e == SONDE_E_AGAIN) e = self->host->dial(self->ctx, t->id, &to, SONDE_IO_WRITE, slot, &conn);
#elif defined(BREAK_DENIED_AGAIN)
  if (e == SONDE_E_DENIED) e = self->host->dial(self->ctx, t->id, &to, SONDE_IO_WRITE, slot, &conn);
#elif defined(BREAK_DENIED_NEGATIVE)
  if (e == SONDE_E_DENIED) {
    settle(self, t, SONDE_NEGATIVE);
    return;
  }
#elif defined(BREAK_AGAIN_IS_SILENCE)
  if (e == SONDE_E_AGAIN) {
    settle(self, t, SONDE_NO_ANSWER);
    return;
  }
#endif
  if (e == SONDE_E_AGAIN) return; /* on_timer() comes when it is its turn */
  if (e != SONDE_OK) {
    settle(self, t, SONDE_ERROR);
    return;
  }
  t->conn = conn.id;
  t->fd = conn.fd;
}

#if defined(BREAK_THREAD_CALLS) || defined(BREAK_THREAD_HIDDEN) || defined(BREAK_THREAD_LEAK)
#if !defined(BREAK_THREAD_CALLS)
static volatile int leave;
#endif
static void* elsewhere(void* argument) {
  struct sonde_inst* self = argument;
#if defined(BREAK_THREAD_CALLS)
  sonde_value v = {SONDE_BOOL, 0, {1}};
  self->host->put(self->ctx, self->last, ALIVE, text(""), &v);
#else
  while (!leave && self) usleep(1000);
#endif
  return NULL;
}
#endif

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  struct sonde_inst* self;
  sonde_value v;
#if defined(BREAK_CREATE)
  return SONDE_E_CONFIG;
#elif defined(BREAK_CREATE_CRASHES)
  raise(SIGSEGV);
#elif defined(BREAK_CREATE_HANGS)
  for (;;) pause();
#elif defined(BREAK_CREATE_EXITS)
  exit(3);
#endif
  if (host->option(ctx, text("/greeting"), SONDE_TEXT, &v) != SONDE_OK) return SONDE_E_CONFIG;
#if defined(BREAK_LONG_OPTION)
  {
    char* copy = malloc(64);
    memcpy(copy, v.as.s.ptr, v.as.s.len < 64 ? v.as.s.len : 64);
    if (v.as.s.len > 64) raise(SIGSEGV); /* what the overflow would do, on every machine */
    free(copy);
  }
#endif
  self = calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->fd = -1;
#if defined(BREAK_LEAKS_FD)
  self->fd = dup(0);
#elif defined(BREAK_LEAKS_MEMORY)
  lost = malloc(100);
#elif defined(BREAK_CREATE_LEAK) || defined(BREAK_CREATE_SILENT)
  {
    uint64_t id = 0;
    int ends[2];
    if (pipe(ends) != 0) return SONDE_E_IO;
    close(ends[1]);
    self->fd = ends[0];
    if (host->watch(ctx, self->fd, SONDE_IO_READ, 1, &id) != SONDE_OK) {
#if defined(BREAK_CREATE_SILENT)
      close(self->fd);
#else
      host->fail(ctx, 0, SONDE_E_IO, text("watch() was refused"));
#endif
      free(self);
      return SONDE_E_IO;
    }
    host->unwatch(ctx, id);
    close(self->fd);
    self->fd = -1;
  }
#elif defined(BREAK_WATCH_LEFT) || defined(BREAK_TIMER_LEFT)
#if defined(BREAK_TIMER_LEFT)
  host->timer(ctx, host->now(ctx) + 3600000000000, 1u << 31, &self->timer);
#else
  {
    uint64_t id = 0;
    int ends[2];
    if (pipe(ends) != 0) return SONDE_E_IO;
    close(ends[1]);
    self->fd = ends[0];
    if (host->watch(ctx, self->fd, 0, 1, &id) != SONDE_OK) {
      host->fail(ctx, 0, SONDE_E_IO, text("watch() was refused"));
      close(self->fd);
      free(self);
      return SONDE_E_IO;
    }
  }
#endif
#elif defined(BREAK_THREAD_LEAK)
  pthread_create(&self->thread, NULL, elsewhere, self);
#elif defined(BREAK_PRINTS)
  printf("hello\n");
  fflush(stdout);
#elif defined(BREAK_LOCALE)
  setlocale(LC_ALL, "C.UTF-8");
#elif defined(BREAK_SIGNALS)
  signal(SIGUSR1, SIG_IGN);
#elif defined(BREAK_DIRECTORY)
  if (chdir("/") != 0) return SONDE_E_IO;
#endif
#if defined(BREAK_STATIC_STATE)
  ++instances;
#endif
  *out = self;
  return SONDE_OK;
}

static void destroy(sonde_inst* self) {
  uint32_t i;
#if defined(BREAK_STATIC_STATE)
  --instances;
#elif defined(BREAK_THREAD_HIDDEN)
  leave = 1;
  if (self->thread) pthread_join(self->thread, NULL);
#endif
  for (i = 0; i < SLOTS; ++i) free(self->tasks[i].text);
#if defined(BREAK_WATCH_LEFT)
  close(self->fd);
#endif
  free(self);
}

#if defined(BREAK_AT_EXIT)
static void crash_late(void) {
  raise(SIGSEGV);
}
#endif

static int32_t start(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i, slot;
  int64_t again = 0;
  uint32_t may = self->host->pace(self->ctx, n, &again);
#if defined(BREAK_START_CRASHES)
  raise(SIGSEGV);
#elif defined(BREAK_BLOCKS)
  struct timespec moment = {0, 2000000};
  nanosleep(&moment, NULL);
#elif defined(BREAK_RECKONS)
  struct timespec before, now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  while ((now.tv_sec - before.tv_sec) * 1000 + (now.tv_nsec - before.tv_nsec) / 1000000 < CPU_MS);
#elif defined(BREAK_OWN_SOCKET)
  close(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
#elif defined(BREAK_OPTION_LATE)
  sonde_value v;
  self->host->option(self->ctx, text("/greeting"), SONDE_TEXT, &v);
#elif defined(BREAK_START_FAILS)
  return SONDE_E_FATAL;
#elif defined(BREAK_AT_EXIT)
  static int once;
  if (!once++) atexit(crash_late);
#endif
#if defined(BREAK_PARTIAL)
  if (may < n && n > 0) self->host->done(self->ctx, tasks[n - 1], SONDE_NO_ANSWER);
#elif defined(BREAK_TOO_MANY)
  if (may < n) return (int32_t)(n + 1);
#endif
  self->started = n;
  for (i = 0, slot = 0; i < may; ++i) {
    while (slot < SLOTS && self->tasks[slot].id) ++slot;
    if (slot == SLOTS) return (int32_t)i;
    self->tasks[slot].id = tasks[i];
    self->last = tasks[i];
#if defined(BREAK_CANCEL_LEAK)
    self->tasks[slot].text = calloc(1, 100);
#endif
    self->host->attach(self->ctx, tasks[i], slot);
#if defined(BREAK_LATE_DONE)
    self->host->timer(self->ctx, self->host->now(self->ctx) + 3000000000, (uint64_t)slot | 1u << 20,
                      &self->tasks[slot].timer);
#endif
    dial(self, &self->tasks[slot], slot);
  }
#if defined(BREAK_THREAD_CALLS)
  pthread_create(&self->thread, NULL, elsewhere, self);
  pthread_join(self->thread, NULL);
#elif defined(BREAK_THREAD_HIDDEN)
  leave = 0;
  if (!self->thread) pthread_create(&self->thread, NULL, elsewhere, self);
#endif
  return (int32_t)may;
}

static void take(struct task* t, const char* from, size_t n) {
#if defined(BREAK_FLOOD)
  const size_t most = SIZE_MAX; /* whatever comes is kept */
#else
  const size_t most = MOST - t->length;
#endif
  char* more;
  if (n > most) n = most;
  if (n == 0) return;
  more = realloc(t->text, t->length + n);
  if (!more) return;
  t->text = more;
  memcpy(t->text + t->length, from, n);
  t->length += n;
}

static void on_io(sonde_inst* self, uint64_t id, uint64_t user, uint32_t events) {
  static char buffer[65536];
  struct task* t = &self->tasks[user % SLOTS];
  ssize_t n;
  if (!t->id || t->conn != id) return;
#if defined(BREAK_UNKNOWN_EVENT)
  if ((events & 0xffff) > 7) {
    settle(self, t, SONDE_NO_ANSWER);
    return;
  }
#endif
  if (events & SONDE_IO_ERROR) {
    sonde_outcome outcome = SONDE_IO_ERRNO(events) == ECONNREFUSED ? SONDE_NEGATIVE : SONDE_NO_ANSWER;
#if defined(BREAK_REFUSED_IS_ERROR)
    if (outcome == SONDE_NEGATIVE) outcome = SONDE_ERROR;
#elif defined(BREAK_RESET_IS_ERROR)
    if (SONDE_IO_ERRNO(events) == ECONNRESET) outcome = SONDE_ERROR;
#endif
    settle(self, t, outcome);
    return;
  }
  if (events & SONDE_IO_WRITE) {
    self->host->rewatch(self->ctx, id, SONDE_IO_READ);
    if (send(t->fd, "hello\r\n", 7, MSG_NOSIGNAL) == 7) return;
  }
  n = recv(t->fd, buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
#if defined(BREAK_RESET_IS_ERROR)
  if (n < 0) {
    settle(self, t, SONDE_ERROR);
    return;
  }
#elif defined(BREAK_CLOSE_IS_ERROR)
  if (n == 0) {
    settle(self, t, SONDE_ERROR);
    return;
  }
#endif
  if (n <= 0) {
    settle(self, t, SONDE_NEGATIVE);
    return;
  }
#if defined(BREAK_SHORT_IS_ERROR)
  if (n == 1 && t->length == 0) {
    settle(self, t, SONDE_ERROR);
    return;
  }
#elif defined(BREAK_GARBAGE_CRASHES)
  {
    ssize_t i;
    for (i = 0; i < n; ++i)
      if ((unsigned char)buffer[i] == 0xff) raise(SIGSEGV);
  }
#endif
  take(t, buffer, (size_t)n);
#if defined(BREAK_FLOOD)
  if (t->length > 64 && !memchr(t->text, '\n', 64)) return; /* waits for its end, whatever comes */
#endif
  if (t->length >= MOST || memchr(t->text, '\n', t->length)) settle(self, t, SONDE_POSITIVE);
}

static void on_timer(sonde_inst* self, uint64_t id, uint64_t user) {
  struct task* t = &self->tasks[user % SLOTS];
  if (!t->id) return;
#if defined(BREAK_LATE_DONE)
  if (id != 0) {
    t->timer = 0;
    settle(self, t, SONDE_NO_ANSWER);
    return;
  }
#endif
  if (id == 0 && !t->conn) dial(self, t, user);
}

static void cancel(sonde_inst* self, sonde_task task, uint64_t user, uint32_t why) {
  struct task* t = &self->tasks[user % SLOTS];
  if (t->id != task) return;
#if defined(BREAK_LATE_DONE)
  (void)why; /* its timer will do */
#else
#if defined(BREAK_CANCEL_LEAK)
  t->text = NULL;
  t->length = 0;
#elif defined(BREAK_SILENCE_IS_NO)
  if (why == SONDE_EXPIRED && !t->length) {
    settle(self, t, SONDE_NEGATIVE);
    return;
  }
#endif
  settle(self, t, why != SONDE_EXPIRED ? SONDE_CANCELLED : t->length ? SONDE_POSITIVE : SONDE_NO_ANSWER);
#endif
}

#if defined(BREAK_CONSTRUCTOR_CRASHES)
__attribute__((constructor)) static void made(void) {
  raise(SIGSEGV);
}
#elif defined(BREAK_CONSTRUCTOR_HANGS)
__attribute__((constructor)) static void made(void) {
  for (;;) pause();
}
#elif defined(BREAK_CONSTRUCTOR_OPENS)
__attribute__((constructor)) static void made(void) {
  (void)!dup(0);
}
#elif defined(BREAK_CONSTRUCTOR_RECKONS)
__attribute__((constructor)) static void made(void) {
  struct timespec now = {0, 0};
  while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < CPU_MS) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
}
#endif

static const sonde_probe api = {sizeof api, 0, start, on_io, on_timer,
#if defined(BREAK_TABLE)
                                NULL,
#else
                                cancel,
#endif
                                NULL};
static const sonde_descriptor descriptor = {
    .size = sizeof(sonde_descriptor),
    .kind = SONDE_KIND_PROBE,
    .abi_minor = SONDE_ABI_MINOR,
    .id = ID,
#if defined(BREAK_DESCRIPTOR)
    .version = "",
#else
    .version = "1.0",
#endif
    .summary = "Says hello and keeps what comes back",
    .license = "Apache-2.0",
    .url = "",
#if defined(BREAK_SCHEMA)
    .options_schema = "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"pattern\":\"x\"}}}",
#elif defined(BREAK_HELP)
    .options_schema = "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"default\":\"hello\"}}}",
#else
    .options_schema =
        "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"default\":\"hello\","
        "\"description\":\"what to say\"}}}",
#endif
    .outputs = outputs,
    .output_count = OUTPUTS,
    .field_size = sizeof(sonde_field),
    .needs = SONDE_NEED_CONNECT,
    .timeout_ms = 2000,
};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
#if defined(BREAK_TABLE)
  (void)cancel;
#endif
#if defined(BREAK_FOREIGN_SYMBOL)
  if (index == 77) BREAK_FOREIGN_SYMBOL("");
#endif
#if defined(BREAK_ENDLESS)
  return index < 1000000 ? (index == 0 ? &plugin : NULL) : &plugin;
#else
  return index == 0 ? &plugin : NULL;
#endif
}
