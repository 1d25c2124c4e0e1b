/* Ways to break the life of an instance: create(), destroy(), what is left behind, and how the process ends. */
#include <pthread.h>
#include "state.h"

#if defined(BREAK_CREATE)
#define BEFORE_CREATE() SONDE_E_CONFIG
#elif defined(BREAK_CREATE_CRASHES)
#define BEFORE_CREATE() (raise(SIGSEGV), SONDE_OK)
#elif defined(BREAK_CREATE_EXITS) /* with a code that the check might have for itself */
#define BEFORE_CREATE() (exit(121), SONDE_OK)
#elif defined(BREAK_CREATE_HANGS)
static void hang(void) {
  for (;;) pause();
}
#define BEFORE_CREATE() (hang(), SONDE_OK)
#elif defined(BREAK_CREATE_RAW) /* without the need for it */
static sonde_err open_raw(struct sonde_inst* self) {
  int fd = -1;
  const sonde_err e = self->host->raw(self->ctx, AF_INET, 1, 0, &fd);
  self->fd = fd;
  return e;
}
#define AT_CREATE open_raw
#define AT_DESTROY(self) close((self)->fd)
#elif defined(BREAK_LONG_OPTION)
static sonde_err copy_option(struct sonde_inst* self) {
  sonde_value v;
  char* copy = malloc(64);
  if (self->host->option(self->ctx, text("/greeting"), SONDE_TEXT, &v) != SONDE_OK) return SONDE_E_CONFIG;
  memcpy(copy, v.as.s.ptr, v.as.s.len < 64 ? v.as.s.len : 64);
  if (v.as.s.len > 64) raise(SIGSEGV); /* what the overflow would do, on every machine */
  free(copy);
  return SONDE_OK;
}
#define AT_CREATE copy_option
#elif defined(BREAK_LEAKS_FD)
#define AT_CREATE(self) ((self)->fd = dup(0), SONDE_OK)
#elif defined(BREAK_LEAKS_MEMORY)
static void* volatile lost;
#define AT_CREATE(self) (lost = malloc(100), SONDE_OK)
#elif defined(BREAK_CREATE_LEAK) || defined(BREAK_CREATE_SILENT) || defined(BREAK_WATCH_LEFT)
static sonde_err watch_pipe(struct sonde_inst* self) {
  uint64_t id = 0;
  int ends[2];
  if (pipe(ends) != 0) return SONDE_E_IO;
  close(ends[1]);
  self->fd = ends[0];
  if (self->host->watch(self->ctx, self->fd, 0, 1, &id) != SONDE_OK) {
#if !defined(BREAK_CREATE_LEAK)
    close(self->fd);
#endif
#if !defined(BREAK_CREATE_SILENT)
    self->host->fail(self->ctx, 0, SONDE_E_IO, text("watch() was refused"));
#endif
    return SONDE_E_IO;
  }
#if !defined(BREAK_WATCH_LEFT)
  self->host->unwatch(self->ctx, id);
#endif
  return SONDE_OK;
}
#define AT_CREATE watch_pipe
#define AT_DESTROY(self) close((self)->fd)
#elif defined(BREAK_TIMER_LEFT)
static sonde_err arm(struct sonde_inst* self) {
  return self->host->timer(self->ctx, self->host->now(self->ctx) + 3600000000000, 1u << 31, &self->timer);
}
#define AT_CREATE arm
#elif defined(BREAK_THREAD_LEAK)
static void* for_ever(void* argument) {
  for (;;) pause();
  return argument;
}
static sonde_err leave_thread(struct sonde_inst* self) {
  pthread_t thread;
  return pthread_create(&thread, NULL, for_ever, self) == 0 ? SONDE_OK : SONDE_E_NOMEM;
}
#define AT_CREATE leave_thread
#elif defined(BREAK_AT_EXIT)
static void crash_late(void) {
  raise(SIGSEGV);
}
static sonde_err crash_at_exit(void) {
  static int once;
  if (!once++) atexit(crash_late);
  return SONDE_OK;
}
#define AT_START(self) crash_at_exit()
#endif

#include "probe.h"
