/* Ways to put what the descriptor does not say, or not to put what was seen. */
#include "state.h"

#if defined(BREAK_WRONG_TYPE)
#define PUT_SAID(self, id, t) put_yes(self, id, SAID, SONDE_U64)
#elif defined(BREAK_UNDECLARED_FIELD)
#define PUT_SAID(self, id, t) put_yes(self, id, 7, SONDE_U64)
#elif defined(BREAK_REQUIRED)
#define SAID_FLAGS SONDE_F_REQUIRED
#define PUT_SAID(self, id, t) (void)0
#elif defined(BREAK_NOT_ALIVE)
static void put_no(struct sonde_inst* self, sonde_task id) {
  const sonde_value no = {SONDE_BOOL, 0, {0}};
  put_yes(self, id, ALIVE, SONDE_BOOL);
  self->host->put(self->ctx, id, ALIVE, text(""), &no);
}
#define PUT_ALIVE put_no
#elif defined(BREAK_NEVER_ALIVE)
#define PUT_ALIVE(self, id) (void)0
#elif defined(BREAK_REFUSED_NOT_ALIVE)
#define AT_SETTLE(self, t, outcome) unused = (outcome) == SONDE_NEGATIVE && (t)->length == 0
#define PUT_ALIVE(self, id) (unused ? (void)0 : put_yes(self, id, ALIVE, SONDE_BOOL))
static int unused;
#elif defined(BREAK_ALWAYS_ALIVE)
#define AT_SETTLE(self, t, outcome) ((outcome) == SONDE_NO_ANSWER ? put_yes(self, (t)->id, ALIVE, SONDE_BOOL) : (void)0)
#endif

#include "probe.h"
