/* A UDP probe that asks twice, or more often while packets are lost, and keeps to the contract; and the ways not to:
 * BREAK_* says which. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <sonde/loss.h>
#include <sonde/probe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALIVE, OUTPUTS };
static const sonde_field outputs[] = {{"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered"}};

enum { SLOTS = 1024, TRIES = 2, MOST_TRIES = 8, MOST_WAITS = 16 };
static const int64_t spacing = 500000000;
struct task {
  sonde_task id;
  uint64_t timer;
  int fd;
  int sent, waits;
  int64_t sent_at[MOST_TRIES];
};
struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  const sonde_loss* loss; /* NULL: a try is a try */
  struct task tasks[SLOTS];
  int raw;
};

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  struct sonde_inst* self = calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->loss = (const sonde_loss*)host->get_extension(ctx, SONDE_LOSS);
  self->raw = -1;
#if defined(BREAK_RAW_PACKET)
  {
    const sonde_err e = host->raw(ctx, AF_INET, IPPROTO_ICMP, 0, &self->raw);
    if (e != SONDE_OK) {
      free(self);
      return e;
    }
  }
#endif
  *out = self;
  return SONDE_OK;
}
static void destroy(sonde_inst* self) {
  if (self->raw >= 0) close(self->raw);
  free(self);
}

static void settle(struct sonde_inst* self, struct task* t, sonde_outcome outcome) {
  const sonde_str no_key = {"", 0};
  const sonde_value yes = {SONDE_BOOL, 0, {1}};
  const sonde_task id = t->id;
  if (outcome == SONDE_POSITIVE || (outcome == SONDE_NEGATIVE && t->fd < 0))
    self->host->put(self->ctx, id, ALIVE, no_key, &yes);
  if (t->timer) self->host->untimer(self->ctx, &t->timer);
  memset(t, 0, sizeof *t);
  self->host->done(self->ctx, id, outcome);
}

static void ask(struct sonde_inst* self, struct task* t) {
  const int64_t now = self->host->now(self->ctx);
  t->sent_at[t->sent++ % MOST_TRIES] = now;
  /* A failure is the same as a packet that is lost. */
  if (send(t->fd, "?", 1, MSG_NOSIGNAL) == 1) errno = 0;
}

static void answered(struct sonde_inst* self, const struct task* t) {
  int i;
  if (!self->loss) return;
  for (i = 0; i < t->sent - 1 && i < MOST_TRIES; ++i) self->loss->lost(self->ctx, t->sent_at[i]);
#if defined(BREAK_FUTURE)
  self->loss->arrived(self->ctx, t->sent_at[(t->sent - 1) % MOST_TRIES] + 3600000000000);
#elif !defined(BREAK_NEVER_ARRIVED)
  self->loss->arrived(self->ctx, t->sent_at[(t->sent - 1) % MOST_TRIES]);
#endif
}

/* How many tries count, and whether some may yet. */
static int tries_that_hold(struct sonde_inst* self, const struct task* t, int* open) {
  int i, hold = 0;
  *open = 0;
#if defined(BREAK_SILENCE_UNASKED)
  return t->sent;
#endif
  for (i = 0; i < t->sent && i < MOST_TRIES; ++i) {
    const int said = self->loss ? self->loss->silence(self->ctx, t->sent_at[i]) : SONDE_SILENCE_HOLDS;
    hold += said == SONDE_SILENCE_HOLDS;
    *open += said == SONDE_SILENCE_OPEN;
  }
  return hold;
}

static void give_up(struct sonde_inst* self, struct task* t) {
  int open;
#if defined(BREAK_SILENCE_IS_NO)
  settle(self, t, SONDE_NEGATIVE);
  return;
#endif
  if (t->sent > 0 && tries_that_hold(self, t, &open) < TRIES && self->loss) {
#if !defined(BREAK_DOUBT_UNTOLD)
    self->loss->left_in_doubt(self->ctx, 1);
#endif
  }
  settle(self, t, SONDE_NO_ANSWER);
}

/* The wait behind a try is over. True: the target is to be asked now. */
static int wants_another(struct sonde_inst* self, struct task* t, uint64_t slot) {
  int open;
  if (t->sent < TRIES) return 1;
  if (tries_that_hold(self, t, &open) >= TRIES) {
    give_up(self, t);
    return 0;
  }
  if (open && t->waits++ < MOST_WAITS) {
    self->host->timer(self->ctx, self->host->now(self->ctx) + spacing, slot, &t->timer);
    return 0;
  }
#if defined(BREAK_ASKS_FOR_EVER)
  return 1;
#elif !defined(BREAK_ASKS_NO_MORE)
  if (t->sent < MOST_TRIES) {
    if (self->loss) self->loss->asked_again(self->ctx, 1);
    return 1;
  }
#endif
  give_up(self, t);
  return 0;
}

static void dial(struct sonde_inst* self, struct task* t, uint64_t slot) {
  sonde_target to;
  sonde_conn conn;
  sonde_err e;
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  if (self->host->target(self->ctx, t->id, &to) != SONDE_OK) return;
  to.port = 7;
  to.proto = IPPROTO_UDP;
  e = self->host->dial(self->ctx, t->id, &to, SONDE_IO_READ, slot, &conn);
  if (e == SONDE_E_AGAIN) return;
  if (e != SONDE_OK) {
    settle(self, t, SONDE_ERROR);
    return;
  }
  t->fd = conn.fd;
  ask(self, t);
  self->host->timer(self->ctx, self->host->now(self->ctx) + spacing, slot, &t->timer);
}

static int32_t start(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i, slot = 0;
  for (i = 0; i < n; ++i) {
    while (slot < SLOTS && self->tasks[slot].id) ++slot;
    if (slot == SLOTS) return (int32_t)i;
    self->tasks[slot].id = tasks[i];
    self->host->attach(self->ctx, tasks[i], slot);
#if defined(BREAK_RAW_PACKET)
    {
      const char echo[8] = {8, 0, (char)0xf7, (char)0xff, 0, 0, 0, 0};
      struct sockaddr_in to;
      memset(&to, 0, sizeof to);
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (sendto(self->raw, echo, sizeof echo, 0, (struct sockaddr*)&to, sizeof to) < 0) return 0;
    }
#endif
    dial(self, &self->tasks[slot], slot);
  }
  return (int32_t)n;
}

static void on_io(sonde_inst* self, uint64_t id, uint64_t user, uint32_t events) {
  struct task* t = &self->tasks[user % SLOTS];
  char answer[64];
  (void)id;
  if (!t->id) return;
  if (events & SONDE_IO_ERROR) {
    if (SONDE_IO_ERRNO(events) == ECONNREFUSED) {
      answered(self, t);
      t->fd = -1; /* its kernel has answered */
    }
    settle(self, t, SONDE_IO_ERRNO(events) == ECONNREFUSED ? SONDE_NEGATIVE : SONDE_NO_ANSWER);
    return;
  }
  if (recv(t->fd, answer, sizeof answer, MSG_DONTWAIT) < 0) return;
  answered(self, t);
  settle(self, t, SONDE_POSITIVE);
}

static void on_timer(sonde_inst* self, uint64_t id, uint64_t user) {
  struct task* t = &self->tasks[user % SLOTS];
  if (!t->id) return;
  if (id == 0) {
    if (t->fd == 0) dial(self, t, user);
    return;
  }
  t->timer = 0;
  if (!wants_another(self, t, user)) return;
#if !defined(BREAK_RESEND)
  {
    int64_t again = 0;
    if (self->host->pace(self->ctx, 1, &again) == 0) {
      self->host->timer(self->ctx, again, user, &t->timer);
      return;
    }
  }
#endif
  ask(self, t);
  self->host->timer(self->ctx, self->host->now(self->ctx) + spacing, user, &t->timer);
}

static void cancel(sonde_inst* self, sonde_task task, uint64_t user, uint32_t why) {
  struct task* t = &self->tasks[user % SLOTS];
  if (t->id != task) return;
  if (why == SONDE_EXPIRED)
    give_up(self, t);
  else
    settle(self, t, SONDE_CANCELLED);
}

static const sonde_probe api = {sizeof api, 0, start, on_io, on_timer, cancel, NULL};
static const sonde_descriptor descriptor = {
    .size = sizeof(sonde_descriptor),
    .kind = SONDE_KIND_PROBE,
    .abi_minor = SONDE_ABI_MINOR,
    .id = ID,
    .version = "1.0",
    .summary = "Asks by UDP, and once more",
    .license = "Apache-2.0",
    .url = "",
    .options_schema = "{\"type\":\"object\",\"properties\":{}}",
    .outputs = outputs,
    .output_count = OUTPUTS,
    .field_size = sizeof(sonde_field),
#if defined(BREAK_RAW_PACKET)
    .needs = SONDE_NEED_CONNECT | SONDE_NEED_RAW,
#else
    .needs = SONDE_NEED_CONNECT,
#endif
    .timeout_ms = 2000,
};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
