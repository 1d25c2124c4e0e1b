/* mdns: which services a host offers by DNS service discovery. An asynchronous probe in C99: one UDP question to each
 * target, asked again after a while, and the host tells what happens on the descriptor.
 *
 * What is known of a task stands in a slot; the user word of its events is slot and generation, so that an event that
 * was under way when the slot was freed finds nobody. */
#include <errno.h>
#include <sonde/probe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "message.h"

enum { ALIVE, SERVICES };
static const sonde_field outputs[] = {
    {"alive", SONDE_BOOL, SONDE_SCALAR, 0, 0, "the host answered, be it with a refusal"},
    {"mdns.services", SONDE_TEXT, SONDE_LIST, SONDE_F_REQUIRED, 0, "kinds of services that the host announces"}};

static const char schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535, \"default\": 5353,"
    " \"description\": \"UDP port to ask\"},"
    "\"tries\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 5, \"default\": 2,"
    " \"description\": \"questions to a host that stays silent\"},"
    "\"interval\": {\"type\": \"string\", \"x-sonde\": \"duration\", \"minimum\": 1000000, \"maximum\": 60000000000,"
    " \"default\": \"500ms\", \"description\": \"wait for an answer to each\"}},"
    "\"x-sonde\": {\"cost\": {\"silent\": [\"tries\"], \"alive\": [1], \"wait\": [\"tries\", \"interval\"]}}}";

typedef struct slot {
  sonde_task task; /* 0: free */
  sonde_conn conn;
  uint64_t timer;
  uint32_t generation, sent;
  uint16_t id;
  int connected;
  int heard; /* something came back that is no answer to this question */
} slot;

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  uint16_t port;
  uint32_t tries;
  int64_t interval;
  slot* slots;
  uint32_t slot_count;
};

static sonde_str text(const char* s) {
  sonde_str out;
  out.ptr = s;
  out.len = strlen(s);
  return out;
}

static sonde_err number_option(sonde_ctx* ctx, const sonde_host* host, const char* pointer, int64_t* out) {
  sonde_value value;
  sonde_err e = host->option(ctx, text(pointer), SONDE_I64, &value);
  if (e == SONDE_OK) *out = value.as.i;
  return e;
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  int64_t port = 0, tries = 0, interval = 0;
  sonde_err e;
  sonde_inst* self;
  if ((e = number_option(ctx, host, "/port", &port)) != SONDE_OK) return e;
  if ((e = number_option(ctx, host, "/tries", &tries)) != SONDE_OK) return e;
  if ((e = number_option(ctx, host, "/interval", &interval)) != SONDE_OK) return e;
  self = calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->port = (uint16_t)port;
  self->tries = (uint32_t)tries;
  self->interval = interval;
  *out = self;
  return SONDE_OK;
}
static void destroy(sonde_inst* self) {
  free(self->slots);
  free(self);
}

static uint64_t word_of(const sonde_inst* self, const slot* s) {
  return (uint64_t)s->generation << 32 | (uint64_t)(s - self->slots);
}
static slot* slot_of(sonde_inst* self, uint64_t word) {
  uint32_t index = (uint32_t)(word & 0xffffffffu);
  slot* s = index < self->slot_count ? &self->slots[index] : NULL;
  return s && s->task != 0 && s->generation == (uint32_t)(word >> 32) ? s : NULL;
}
static slot* take_slot(sonde_inst* self, sonde_task task) {
  uint32_t i;
  uint16_t id;
  slot* more;
  /* An answer must repeat it. Nobody may guess it, so it does not come from place().seed. */
  if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) return NULL;
  for (i = 0; i < self->slot_count && self->slots[i].task != 0; ++i) {
  }
  if (i == self->slot_count) {
    more = realloc(self->slots, (self->slot_count + 64) * sizeof *more);
    if (!more) return NULL;
    self->slots = more;
    memset(more + self->slot_count, 0, 64 * sizeof *more);
    self->slot_count += 64;
  }
  self->slots[i].task = task;
  self->slots[i].id = id;
  return &self->slots[i];
}

/* The slot is free from here on; done() hangs up. */
static void finish(sonde_inst* self, slot* s, sonde_outcome outcome) {
  sonde_task task = s->task;
  uint32_t generation = s->generation + 1;
  self->host->untimer(self->ctx, &s->timer);
  memset(s, 0, sizeof *s);
  s->generation = generation;
  self->host->done(self->ctx, task, outcome);
}

static void put_alive(sonde_inst* self, sonde_task task) {
  sonde_value yes;
  memset(&yes, 0, sizeof yes);
  yes.type = SONDE_BOOL;
  yes.as.u = 1;
  self->host->put(self->ctx, task, ALIVE, text(""), &yes);
}

/* The time is over: silence, or somebody is there who does not speak the protocol. */
static void give_up(sonde_inst* self, slot* s) {
  finish(self, s, s->heard ? SONDE_NEGATIVE : SONDE_NO_ANSWER);
}

/* A closed port is an answer, and a sign of life; what else goes wrong is a word of a router, or none. */
static void unreachable(sonde_inst* self, slot* s, int error) {
  if (error == ECONNREFUSED) {
    put_alive(self, s->task);
    s->heard = 1;
  }
  give_up(self, s);
}

static void dial(sonde_inst* self, slot* s) {
  sonde_target to;
  sonde_err e;
  memset(&to, 0, sizeof to);
  to.size = sizeof to;
  e = self->host->target(self->ctx, s->task, &to);
  to.port = self->port;
  to.proto = 17;
  if (e == SONDE_OK) e = self->host->dial(self->ctx, s->task, &to, SONDE_IO_WRITE, word_of(self, s), &s->conn);
  if (e == SONDE_E_AGAIN) return; /* on_timer(id 0) is our turn */
  if (e != SONDE_OK) finish(self, s, SONDE_ERROR);
}

static void ask(sonde_inst* self, slot* s) {
  uint8_t question[MDNS_QUESTION_SIZE];
  int64_t now = self->host->now(self->ctx), again = 0;
  /* dial() has taken one packet of the rate; what is sent again asks for its own. */
  if (s->sent > 0 && self->host->pace(self->ctx, 1, &again) == 0) {
    self->host->timer(self->ctx, again, word_of(self, s), &s->timer);
    return;
  }
  mdns_question(question, s->id);
  /* What is lost here is asked again; but send() may be the one that tells of a closed port. */
  if (send(s->conn.fd, question, sizeof question, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == ECONNREFUSED) {
    unreachable(self, s, errno);
    return;
  }
  ++s->sent;
  self->host->timer(self->ctx, now + self->interval, word_of(self, s), &s->timer);
}

static int32_t start(sonde_inst* self, const sonde_task* tasks, uint32_t n) {
  uint32_t i;
  for (i = 0; i < n; ++i) {
    slot* s = take_slot(self, tasks[i]);
    if (!s) return (int32_t)i; /* the rest is offered again */
    self->host->attach(self->ctx, tasks[i], word_of(self, s));
    dial(self, s);
  }
  return (int32_t)n;
}

typedef struct answer {
  sonde_inst* self;
  sonde_task task;
} answer;

static void put_service(void* context, const char* name) {
  const answer* a = context;
  sonde_value v;
  memset(&v, 0, sizeof v);
  v.type = SONDE_TEXT;
  v.as.s = text(name);
  a->self->host->put(a->self->ctx, a->task, SERVICES, text(""), &v);
}

static void receive(sonde_inst* self, slot* s) {
  uint8_t message[9000]; /* the largest of RFC 6762, section 17 */
  answer a;
  int services;
  ssize_t n = recv(s->conn.fd, message, sizeof message, MSG_DONTWAIT);
  if (n < 0) {
    if (errno == ECONNREFUSED) unreachable(self, s, errno);
    return;
  }
  a.self = self;
  a.task = s->task;
  services = mdns_services(message, (size_t)n, s->id, put_service, &a);
  if (!s->heard) put_alive(self, s->task);
  s->heard = 1;
  if (services < 0) return; /* no answer to this question: wait on, no longer than for silence */
  finish(self, s, services > 0 ? SONDE_POSITIVE : SONDE_NEGATIVE);
}

static void on_io(sonde_inst* self, uint64_t id, uint64_t user, uint32_t events) {
  slot* s = slot_of(self, user);
  if (!s) return;
  if (events & SONDE_IO_ERROR) {
    unreachable(self, s, SONDE_IO_ERRNO(events));
    return;
  }
  if (!s->connected && (events & SONDE_IO_WRITE)) {
    s->connected = 1;
    self->host->rewatch(self->ctx, id, SONDE_IO_READ);
    ask(self, s);
  }
  if (events & SONDE_IO_READ) receive(self, s);
}

static void on_timer(sonde_inst* self, uint64_t id, uint64_t user) {
  slot* s = slot_of(self, user);
  if (!s) return;
  if (id == 0) {
    dial(self, s);
    return;
  }
  s->timer = 0;
  if (s->sent < self->tries)
    ask(self, s);
  else
    give_up(self, s);
}

static void cancel(sonde_inst* self, sonde_task task, uint64_t user, uint32_t why) {
  slot* s = slot_of(self, user);
  (void)task;
  if (s && why == SONDE_EXPIRED)
    give_up(self, s);
  else if (s)
    finish(self, s, SONDE_CANCELLED);
}

static const sonde_probe api = {sizeof api, 0, start, on_io, on_timer, cancel, NULL};
static const sonde_descriptor descriptor = {.size = sizeof descriptor,
                                            .kind = SONDE_KIND_PROBE,
                                            .abi_minor = SONDE_ABI_MINOR,
                                            .id = "mdns",
                                            .version = "1.0.0",
                                            .summary = "asks which services a host announces by multicast DNS",
                                            .license = "Apache-2.0",
                                            .url = "",
                                            .options_schema = schema,
                                            .outputs = outputs,
                                            .output_count = sizeof outputs / sizeof *outputs,
                                            .field_size = sizeof(sonde_field),
                                            .needs = SONDE_NEED_CONNECT,
                                            .max_in_flight = 256,
                                            .timeout_ms = 1000};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
