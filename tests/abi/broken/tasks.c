/* Ways to break what is promised of tasks: taken, settled once, cancelled, forgotten, alone. */
#include <stdio.h>
#include <time.h>
#include "state.h"

#if defined(BREAK_START_CRASHES)
#define AT_START(self) (raise(SIGSEGV), SONDE_OK)
#elif defined(BREAK_START_FAILS)
#define AT_START(self) SONDE_E_FATAL
#elif defined(BREAK_PARTIAL)
#define AFTER_PACE(self, tasks, n, may) \
  ((may) < (n) ? (self)->host->done((self)->ctx, (tasks)[(n)-1], SONDE_NO_ANSWER), 0 : 0)
#elif defined(BREAK_TOO_MANY)
#define AFTER_PACE(self, tasks, n, may) ((may) < (n) ? (int32_t)((n) + 1) : 0)
#elif defined(BREAK_DOUBLE_DONE)
#define AFTER_DONE(self, id, outcome) (self)->host->done((self)->ctx, id, outcome)
#elif defined(BREAK_ASKED_NOTHING) /* says so of those that it has asked */
#define AT_READ(self, t, buffer, n) (settle(self, t, SONDE_CANCELLED), 1)
#elif defined(BREAK_PUT_NOTHING) /* and of those that it puts a fact of */
#define AT_TASK(self, t, slot) (put_yes(self, (t)->id, ALIVE, SONDE_BOOL), settle(self, t, SONDE_CANCELLED))
#elif defined(BREAK_NOTHING_TO_ASK) /* breaks nothing: it asks nobody, and says so */
#define AT_TASK(self, t, slot) settle(self, t, SONDE_CANCELLED)
#elif defined(BREAK_PUT_AFTER_DONE)
#define AFTER_DONE(self, id, outcome) put_yes(self, id, ALIVE, SONDE_BOOL)
#elif defined(BREAK_LATE_DONE) /* a timer of its own does what cancel() should */
static void arm(struct sonde_inst* self, struct task* t, uint64_t slot) {
  self->host->timer(self->ctx, self->host->now(self->ctx) + 3000000000, slot, &t->timer);
}
static int late(struct sonde_inst* self, struct task* t, uint64_t id) {
  if (id == 0) return 0;
  t->timer = 0;
  settle(self, t, SONDE_NO_ANSWER);
  return 1;
}
#define AT_TASK arm
#define AT_TIMER late
#define AT_CANCEL(self, t, why) 1
#elif defined(BREAK_CANCEL_LEAK)
#define AT_TASK(self, t, slot) ((t)->text = calloc(1, 100))
#define AT_CANCEL(self, t, why) ((t)->text = NULL, (t)->length = (t)->room = 0, 0)
#elif defined(BREAK_TASK_LEAK)
static void* volatile lost;
#define AT_SETTLE(self, t, outcome) ((outcome) == SONDE_NEGATIVE ? (void)(lost = malloc(100)) : (void)0)
#elif defined(BREAK_UNKNOWN_EVENT)
#define AT_EVENT(self, t, events) (((events)&0xffff) > 7 ? settle(self, t, SONDE_NO_ANSWER), 1 : 0)
#elif defined(BREAK_BATCHES)
#define PUT_SAID(self, id, t) \
  put_text(self, id, (self)->started > 3 ? "many" : (t)->text, (self)->started > 3 ? 4 : (t)->length)
#elif defined(BREAK_BATCHES_MOSTLY) /* in three of four scenes that come one by one */
static unsigned in_a_row, such_scenes;
static void count_single(const struct sonde_inst* self) {
  in_a_row = self->started == 1 ? in_a_row + 1 : 0;
  such_scenes += in_a_row == 2;
}
static int is_wrong(void) {
  return in_a_row >= 2 && such_scenes % 4 != 0;
}
#define AT_CREATE(self) (in_a_row = 0, SONDE_OK)
#define AFTER_START count_single
#define PUT_SAID(self, id, t) put_text(self, id, is_wrong() ? "one" : (t)->text, is_wrong() ? 3 : (t)->length)
#elif defined(BREAK_STATIC_STATE)
static int instances;
#define AT_CREATE(self) (++instances, SONDE_OK)
#define AT_DESTROY(self) --instances
#define PUT_SAID(self, id, t) \
  put_text(self, id, instances > 1 ? "not alone" : (t)->text, instances > 1 ? 9 : (t)->length)
#elif defined(BREAK_RANDOM) || defined(BREAK_RANDOM_SOMETIMES)
static unsigned scenes;
static void put_time(struct sonde_inst* self, sonde_task id, const struct task* t) {
  struct timespec now;
  char number[40];
  clock_gettime(CLOCK_MONOTONIC, &now);
#if defined(BREAK_RANDOM_SOMETIMES)
  if (scenes % 3 != 0) {
    put_text(self, id, t->text, t->length);
    return;
  }
#endif
  (void)t;
  put_text(self, id, number, (size_t)snprintf(number, sizeof number, "%ld", now.tv_nsec));
}
#define AT_CREATE(self) (++scenes, SONDE_OK)
#define PUT_SAID put_time
#endif

#include "probe.h"
