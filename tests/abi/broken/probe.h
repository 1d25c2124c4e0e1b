/* An asynchronous TCP probe that keeps to the contract. Each .c beside it that includes this breaks it in ways of one
 * kind: with BREAK_NAME it defines one of the hooks below, which otherwise do nothing. */
#ifndef BEFORE_CREATE
#define BEFORE_CREATE() SONDE_OK
#endif
#ifndef AT_CREATE /* an error refuses the stage */
#define AT_CREATE(self) SONDE_OK
#endif
#ifndef AT_DESTROY
#define AT_DESTROY(self) (void)0
#endif
#ifndef AT_START /* an error fails the stage */
#define AT_START(self) SONDE_OK
#endif
#ifndef AFTER_PACE /* not 0: start() returns it */
#define AFTER_PACE(self, tasks, n, may) 0
#endif
#ifndef AT_TASK /* may settle it */
#define AT_TASK(self, t, slot) (void)0
#endif
#ifndef AFTER_START
#define AFTER_START(self) (void)0
#endif
#ifndef BEFORE_DIAL
#define BEFORE_DIAL(self, t, to, slot) (void)0
#endif
#ifndef AFTER_DIAL /* may settle the task */
#define AFTER_DIAL(self, t, to, slot, conn, e) (e)
#endif
#ifndef AT_EVENT /* these three: not 0 when they have settled the task */
#define AT_EVENT(self, t, events) 0
#endif
#ifndef AT_READ
#define AT_READ(self, t, buffer, n) 0
#endif
#ifndef AT_CANCEL
#define AT_CANCEL(self, t, why) 0
#endif
#ifndef AT_TIMER
#define AT_TIMER(self, t, id) 0
#endif
#ifndef OUTCOME_OF_ERROR
#define OUTCOME_OF_ERROR(error) ((error) == ECONNREFUSED ? SONDE_NEGATIVE : SONDE_NO_ANSWER)
#endif
#ifndef KEPT
#define KEPT(t) ((size_t)MOST - (t)->length)
#endif
#ifndef IS_WHOLE
#define IS_WHOLE(t) ((t)->length >= MOST || memchr((t)->text, '\n', (t)->length))
#endif
#ifndef PUT_ALIVE
#define PUT_ALIVE(self, id) put_yes(self, id, ALIVE, SONDE_BOOL)
#endif
#ifndef PUT_SAID
#define PUT_SAID(self, id, t) ((t)->length ? put_text(self, id, (t)->text, (t)->length) : (void)0)
#endif
#ifndef AT_SETTLE
#define AT_SETTLE(self, t, outcome) (void)0
#endif
#ifndef AFTER_DONE
#define AFTER_DONE(self, id, outcome) (void)0
#endif
#ifndef SAID_NAME
#define SAID_NAME ID ".said"
#endif
#ifndef SAID_TYPE
#define SAID_TYPE SONDE_TEXT
#endif
#ifndef SAID_FLAGS
#define SAID_FLAGS 0
#endif
#ifndef SCHEMA
#define SCHEMA                                                              \
  "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\"," \
  "\"default\":\"hello\",\"description\":\"what to say\"}}}"
#endif
#ifndef VERSION
#define VERSION "1.0"
#endif
#ifndef NEEDS
#define NEEDS SONDE_NEED_CONNECT
#endif
#ifndef TIMEOUT_MS
#define TIMEOUT_MS 2000
#endif
#ifndef CANCEL
#define CANCEL cancel
#endif
#ifndef ENTRY
#define ENTRY(index) ((index) == 0 ? &plugin : NULL)
#endif

static const sonde_field outputs[] = {{"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered"},
                                      {SAID_NAME, SAID_TYPE, SONDE_SCALAR, SAID_FLAGS, 0, "what came first"}};

static void settle(struct sonde_inst* self, struct task* t, sonde_outcome outcome) {
  const sonde_task id = t->id;
  AT_SETTLE(self, t, outcome);
  if (outcome == SONDE_POSITIVE || outcome == SONDE_NEGATIVE) {
    PUT_ALIVE(self, id);
    PUT_SAID(self, id, t);
  }
  if (t->timer) self->host->untimer(self->ctx, &t->timer);
  free(t->text);
  memset(t, 0, sizeof *t);
  self->host->done(self->ctx, id, outcome);
  AFTER_DONE(self, id, outcome);
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
  BEFORE_DIAL(self, t, &to, slot);
  e = self->host->dial(self->ctx, t->id, &to, SONDE_IO_WRITE, slot, &conn);
  e = AFTER_DIAL(self, t, &to, slot, &conn, e);
  if (!t->id || e == SONDE_E_AGAIN) return; /* AGAIN: on_timer() comes when it is its turn */
  if (e != SONDE_OK) {
    settle(self, t, SONDE_ERROR);
    return;
  }
  t->conn = conn.id;
  t->fd = conn.fd;
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  struct sonde_inst* self;
  sonde_value v;
  sonde_err e = BEFORE_CREATE();
  if (e != SONDE_OK) return e;
  if (host->option(ctx, text("/greeting"), SONDE_TEXT, &v) != SONDE_OK) return SONDE_E_CONFIG;
  self = calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->fd = -1;
  e = AT_CREATE(self);
  if (e != SONDE_OK) {
    free(self);
    return e;
  }
  *out = self;
  return SONDE_OK;
}

static void destroy(sonde_inst* self) {
  uint32_t i;
  AT_DESTROY(self);
  for (i = 0; i < SLOTS; ++i) free(self->tasks[i].text);
  free(self);
}

static int32_t start(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i, slot = 0;
  int64_t again = 0;
  const sonde_err e = AT_START(self);
  const uint32_t may = e == SONDE_OK ? self->host->pace(self->ctx, n, &again) : 0;
  const int32_t other = AFTER_PACE(self, tasks, n, may);
  if (e != SONDE_OK) return e;
  if (other != 0) return other;
  self->started = n;
  for (i = 0; i < may; ++i) {
    while (slot < SLOTS && self->tasks[slot].id) ++slot;
    if (slot == SLOTS) return (int32_t)i;
    self->tasks[slot].id = tasks[i];
    self->host->attach(self->ctx, tasks[i], slot);
    AT_TASK(self, &self->tasks[slot], slot);
    if (self->tasks[slot].id) dial(self, &self->tasks[slot], slot);
  }
  AFTER_START(self);
  return (int32_t)may;
}

static void take(struct task* t, const char* from, size_t n) {
  char* more;
  if (n > KEPT(t)) n = KEPT(t);
  if (n == 0) return;
  if (t->length + n > t->room) { /* doubled: AddressSanitizer copies at each growth */
    more = realloc(t->text, 2 * (t->length + n));
    if (!more) return;
    t->text = more;
    t->room = 2 * (t->length + n);
  }
  memcpy(t->text + t->length, from, n);
  t->length += n;
}

static void on_io(sonde_inst* self, uint64_t id, uint64_t user, uint32_t events) {
  static char buffer[65536];
  struct task* t = &self->tasks[user % SLOTS];
  ssize_t n;
  if (!t->id || t->conn != id) return;
  if (AT_EVENT(self, t, events)) return;
  if (events & SONDE_IO_ERROR) {
    settle(self, t, OUTCOME_OF_ERROR(SONDE_IO_ERRNO(events)));
    return;
  }
  if (events & SONDE_IO_WRITE) {
    self->host->rewatch(self->ctx, id, SONDE_IO_READ);
    if (send(t->fd, "hello\r\n", 7, MSG_NOSIGNAL) == 7) return;
  }
  n = recv(t->fd, buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (AT_READ(self, t, buffer, n)) return;
  if (n <= 0) {
    settle(self, t, SONDE_NEGATIVE);
    return;
  }
  take(t, buffer, (size_t)n);
  if (IS_WHOLE(t)) settle(self, t, SONDE_POSITIVE);
}

static void on_timer(sonde_inst* self, uint64_t id, uint64_t user) {
  struct task* t = &self->tasks[user % SLOTS];
  if (!t->id || AT_TIMER(self, t, id)) return;
  if (id == 0 && !t->conn) dial(self, t, user);
}

static void cancel(sonde_inst* self, sonde_task task, uint64_t user, uint32_t why) {
  struct task* t = &self->tasks[user % SLOTS];
  if (t->id != task || AT_CANCEL(self, t, why)) return;
  settle(self, t, why != SONDE_EXPIRED ? SONDE_CANCELLED : t->length ? SONDE_POSITIVE : SONDE_NO_ANSWER);
}

static const sonde_probe api = {sizeof api, 0, start, on_io, on_timer, CANCEL, NULL};
static const sonde_descriptor descriptor = {
    .size = sizeof(sonde_descriptor),
    .kind = SONDE_KIND_PROBE,
    .abi_minor = SONDE_ABI_MINOR,
    .id = ID,
    .version = VERSION,
    .summary = "Says hello and keeps what comes back",
    .license = "Apache-2.0",
    .url = "",
    .options_schema = SCHEMA,
    .outputs = outputs,
    .output_count = OUTPUTS,
    .field_size = sizeof(sonde_field),
    .needs = NEEDS,
    .timeout_ms = TIMEOUT_MS,
};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  (void)cancel; /* unused where CANCEL is another */
  return ENTRY(index);
}
