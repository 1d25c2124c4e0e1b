/* sonde/loss.h - the extension "sonde.loss/1" of the host: a probe that asks several times tells which of its packets were
 * lost, and hears whether silence means anything. From this the host slows the whole run down while its packets are lost.
 *
 *     const sonde_loss *loss = (const sonde_loss *)host->get_extension(ctx, SONDE_LOSS); // in create(); NULL: not offered
 *
 * Times are monotonic ns, those of the host's now(). All of it is [shard]. */
#ifndef SONDE_LOSS_H
#define SONDE_LOSS_H
#include <sonde/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_LOSS "sonde.loss/1"

enum { SONDE_SILENCE_HOLDS = 0,    /* no answer came */
       SONDE_SILENCE_DOUBTFUL = 1, /* the packet or the answer may have been dropped because the run was too fast: the target
                                    * is to be asked once more, a bounded number of times */
       SONDE_SILENCE_OPEN = 2 };   /* not known yet; within 2 s it will be */

typedef struct sonde_loss {
   uint32_t size, reserved;
   /* The packet that left at that time was answered. */
   void (*arrived)(sonde_ctx *, int64_t sent_at);
   /* It was not, and a later one of the same question was: the packet or its answer was lost. A question is what is sent
    * again until it is answered: a target, or each port of one. What was lost of a question is reported in the order of
    * sending, directly before what arrived: by that the host knows first packets from later ones. */
   void (*lost)(sonde_ctx *, int64_t sent_at);
   /* What silence after the packet of that time says, SONDE_SILENCE_*. To be asked when the wait is over. */
   int (*silence)(sonde_ctx *, int64_t sent_at);
   /* For the run document: questions asked once more for such doubt, and those left unanswered in spite of it. */
   void (*asked_again)(sonde_ctx *, uint32_t questions);
   void (*left_in_doubt)(sonde_ctx *, uint32_t questions);
   /* Packets that found a queue of this machine full (ENOBUFS) and are sent later. */
   void (*congested)(sonde_ctx *, uint32_t packets);
} sonde_loss;

#ifdef __cplusplus
}
#endif
#endif
