/* Ways to ask for connections against the rules, and to take what a peer does for something else. */
#include <netinet/in.h>
#include "state.h"

#if defined(BREAK_PORT_ZERO)
static void dial_nowhere(struct sonde_inst* self, const struct task* t, const sonde_target* to, uint64_t slot) {
  sonde_conn conn;
  sonde_target nowhere = *to;
  nowhere.port = 0;
  self->host->dial(self->ctx, t->id, &nowhere, SONDE_IO_WRITE, slot, &conn);
}
#define BEFORE_DIAL dial_nowhere
#elif defined(BREAK_POLLS_DIAL)
#define AFTER_DIAL(self, t, to, slot, conn, e) \
  ((e) == SONDE_E_AGAIN ? (self)->host->dial((self)->ctx, (t)->id, to, SONDE_IO_WRITE, slot, conn) : (e))
#elif defined(BREAK_DENIED_AGAIN)
#define AFTER_DIAL(self, t, to, slot, conn, e) \
  ((e) == SONDE_E_DENIED ? (self)->host->dial((self)->ctx, (t)->id, to, SONDE_IO_WRITE, slot, conn) : (e))
#elif defined(BREAK_DENIED_NEGATIVE)
#define AFTER_DIAL(self, t, to, slot, conn, e) ((e) == SONDE_E_DENIED ? settle(self, t, SONDE_NEGATIVE), (e) : (e))
#elif defined(BREAK_AGAIN_IS_SILENCE)
#define AFTER_DIAL(self, t, to, slot, conn, e) ((e) == SONDE_E_AGAIN ? settle(self, t, SONDE_NO_ANSWER), (e) : (e))
#elif defined(BREAK_OWN_SOCKET)
#define AT_START(self) (close(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), SONDE_OK)
#elif defined(BREAK_SILENCE_IS_NO)
#define AT_CANCEL(self, t, why) ((why) == SONDE_EXPIRED && !(t)->length ? settle(self, t, SONDE_NEGATIVE), 1 : 0)
#elif defined(BREAK_CONNECTED_IS_YES) /* and states nothing at all */
static int say_yes(struct sonde_inst* self, struct task* t, uint32_t why) {
  struct sockaddr_in6 peer;
  socklen_t size = sizeof peer;
  const sonde_task id = t->id;
  if (why != SONDE_EXPIRED || t->length || getpeername(t->fd, (struct sockaddr*)&peer, &size) != 0) return 0;
  memset(t, 0, sizeof *t);
  self->host->done(self->ctx, id, SONDE_POSITIVE);
  return 1;
}
#define AT_CANCEL say_yes
#elif defined(BREAK_REFUSED_IS_ERROR)
#define OUTCOME_OF_ERROR(error) ((error) == ECONNREFUSED ? SONDE_ERROR : SONDE_NO_ANSWER)
#elif defined(BREAK_RESET_IS_ERROR)
#define OUTCOME_OF_ERROR(error) \
  ((error) == ECONNREFUSED ? SONDE_NEGATIVE : (error) == ECONNRESET ? SONDE_ERROR : SONDE_NO_ANSWER)
#define AT_READ(self, t, buffer, n) ((n) < 0 ? settle(self, t, SONDE_ERROR), 1 : 0)
#elif defined(BREAK_CLOSE_IS_ERROR)
#define AT_READ(self, t, buffer, n) ((n) == 0 ? settle(self, t, SONDE_ERROR), 1 : 0)
#elif defined(BREAK_SHORT_IS_ERROR)
#define AT_READ(self, t, buffer, n) ((n) == 1 && (t)->length == 0 ? settle(self, t, SONDE_ERROR), 1 : 0)
#elif defined(BREAK_GARBAGE_CRASHES)
#define AT_READ(self, t, buffer, n) ((n) > 0 && memchr(buffer, 0xff, (size_t)(n)) ? raise(SIGSEGV) : 0)
#elif defined(BREAK_FLOOD) /* keeps whatever comes, and waits for an end that is not at the beginning */
#define KEPT(t) SIZE_MAX
#define IS_WHOLE(t) memchr((t)->text, '\n', (t)->length < 64 ? (t)->length : 64)
#endif

#include "probe.h"
