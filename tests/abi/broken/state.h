/* What the asynchronous fixture keeps; the files with the ways to break it write their hooks against this. */
#ifndef BROKEN_STATE_H
#define BROKEN_STATE_H
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sonde/probe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALIVE, SAID, OUTPUTS };
enum { SLOTS = 1024, MOST = 256 };

struct task { /* the user word of a task is its slot */
  sonde_task id;
  uint64_t conn;
  int fd;
  uint64_t timer;
  char* text;
  size_t length, room;
};
struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  struct task tasks[SLOTS];
  uint64_t timer;
  int fd;
  uint32_t started; /* tasks of the last start() */
};

static inline sonde_str text(const char* s) {
  sonde_str out = {s, strlen(s)};
  return out;
}
static inline void put_yes(struct sonde_inst* self, sonde_task task, uint32_t output, uint32_t type) {
  const sonde_value v = {type, 0, {1}};
  self->host->put(self->ctx, task, output, text(""), &v);
}
static inline void put_text(struct sonde_inst* self, sonde_task task, const char* from, size_t length) {
  sonde_value v = {SONDE_TEXT, 0, {0}};
  v.as.s.ptr = from;
  v.as.s.len = length;
  self->host->put(self->ctx, task, SAID, text(""), &v);
}
static void settle(struct sonde_inst* self, struct task* t, sonde_outcome outcome); /* probe.h */
#endif
