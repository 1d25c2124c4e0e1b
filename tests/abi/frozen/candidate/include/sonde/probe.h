/* sonde/probe.h - a probe asks a question of each target and puts the answer into its record.
 * Life of an instance: create -> { start -> on_io, on_timer, cancel -> done }* -> destroy. */
#ifndef SONDE_PROBE_H
#define SONDE_PROBE_H
#include <sonde/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { SONDE_P_BLOCKING = 1 }; /* descriptor flag: run(), not start() */
enum { SONDE_STOPPED = 1, SONDE_EXPIRED = 2 }; /* unknown ones count as SONDE_STOPPED */

typedef struct sonde_probe {
   uint32_t size, reserved;
   /* Takes the first k of n tasks and returns k (0..n), or an error: then the stage has failed and the host
    * settles all n as SONDE_ERROR. What it left is offered again, in any order, once a task of this instance
    * is done, a descriptor came free, wake() was called, or 10 ms went by. A batch held back is sent before
    * start() returns.                                                                      [shard] */
   int32_t (*start)(sonde_inst *, const sonde_task *, uint32_t n);
   void (*on_io)(sonde_inst *, uint64_t id, uint64_t user, uint32_t events);             /* [shard] */
   void (*on_timer)(sonde_inst *, uint64_t id, uint64_t user); /* id 0: wake(), or a dial's turn [shard] */
   /* why: SONDE_STOPPED or SONDE_EXPIRED (the deadline; a probe may leave its timeout to this). Forget the
    * task, then done(): EXPIRED with what is known, else NO_ANSWER; STOPPED with CANCELLED. A task that is
    * not done when this returns is settled by the host. Never called from inside a host call. [shard] */
   void (*cancel)(sonde_inst *, sonde_task, uint64_t user, uint32_t why);
   /* Instead of the four above, with SONDE_P_BLOCKING. Poll cancelled(); honour deadline(). Tasks not done
    * on return become SONDE_ERROR.                                                        [worker] */
   sonde_err (*run)(sonde_inst *, const sonde_task *, uint32_t n);
} sonde_probe;

#ifdef __cplusplus
}
#endif
#endif
