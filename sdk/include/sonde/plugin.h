/* sonde/plugin.h - what a plugin and its host agree on. C99; nothing of the host to link. Until the ABI is frozen
 * the major is 0 and minors must match exactly; it then becomes 1, and what follows holds.
 *
 * Memory    Neither side frees what the other allocated. A view that the host hands out lives until the
 *           callback that obtained it returns. What a plugin passes in is copied before the call returns.
 * Text      UTF-8, pointer and length, never assumed to end in NUL. Text that a plugin passes may be hostile
 *           bytes: the host replaces what is not UTF-8, in put() and log() alike, and never refuses it.
 * Growth    Every table and every struct that one side allocates for the other begins with its size.
 *           A minor version appends; it never moves, removes, retypes or tightens. No hidden padding.
 * Threads   Each function carries one tag, and `sonde plugin check` enforces it:
 *             [any]     any thread, also concurrently
 *             [setup]   create, destroy, open, close: no task in flight, no loop running; destroy also at the same
 *                       time as others'. What is [shard] may be called too; its events come once the loop runs
 *             [shard]   the instance's event loop; never concurrent; must not block (budget 5 ms)
 *             [worker]  a pool thread; one call at a time for an instance; may block until the deadline
 *             [run]     the thread that calls all exporters, one call at a time; may block, then results wait
 *             [task]    the shard or worker that has the task; with SONDE_NEED_THREADS an own thread too
 * Shared    Instances of one plugin run on several threads. Data that they share is built once (call_once)
 *           and then constant; the library is never unloaded.
 * Re-entry  A host call never calls back into the plugin before it returns. */
#ifndef SONDE_PLUGIN_H
#define SONDE_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_ABI_MAJOR 0 /* in the entry symbol's name too: a wrong major cannot even be called */
#define SONDE_ABI_MINOR 0 /* raised when a function, a field or an enumerator is appended */

typedef struct sonde_ctx sonde_ctx;   /* the host's, one per instance, first argument of every host call */
typedef struct sonde_inst sonde_inst; /* the plugin's, opaque to the host */
typedef uint64_t sonde_task;          /* slot and generation: a stale one is refused, never dereferenced */
typedef struct sonde_str { const char *ptr; size_t len; } sonde_str;

/* Faults of a plugin, its configuration or this machine. A closed port is no fault: see sonde_outcome. */
typedef int32_t sonde_err;
enum { SONDE_OK = 0, SONDE_E_INVALID = -1, SONDE_E_NOMEM = -2, SONDE_E_UNSUPPORTED = -3, SONDE_E_CONFIG = -4,
       SONDE_E_STALE = -5, SONDE_E_TYPE = -6, SONDE_E_DENIED = -7, SONDE_E_AGAIN = -8, SONDE_E_IO = -9,
       SONDE_E_THREAD = -10, SONDE_E_FATAL = -11, SONDE_E_ABSENT = -12 /* an option or item that is not there */ };

/* What became of one task. Values that the reader does not know count as SONDE_ERROR. */
typedef uint32_t sonde_outcome;
enum { SONDE_POSITIVE = 1,  /* found what the probe looks for */
       SONDE_NEGATIVE = 2,  /* an answer came, and it says no */
       SONDE_NO_ANSWER = 3, /* silence until the deadline: proves nothing */
       SONDE_ERROR = 4,     /* a local fault: says nothing about the target; fail() says why */
       SONDE_CANCELLED = 5, /* not asked: cancel() said so, or there is nothing to ask of this target */
       SONDE_POSTPONED = 6 }; /* short of descriptors, buffers, ports: forget what was put, offer it again */

enum { SONDE_KIND_PROBE = 1, SONDE_KIND_EXPORTER = 2, SONDE_KIND_SOURCE = 3 };
enum { SONDE_LOG_ERROR = 1, SONDE_LOG_WARN = 2, SONDE_LOG_INFO = 3, SONDE_LOG_DEBUG = 4, SONDE_LOG_TRACE = 5 };

enum { SONDE_NULL = 0 /* a field's: any */, SONDE_BOOL = 1, SONDE_I64 = 2, SONDE_U64 = 3, SONDE_F64 = 4, SONDE_TEXT = 5,
       SONDE_BYTES = 6, SONDE_IP = 7 /* v4 is mapped */, SONDE_TIME = 8 /* i64, ns since the epoch */,
       SONDE_JSON = 9 /* one JSON value as text */ };
typedef struct sonde_value { /* frozen: 24 bytes */
   uint32_t type, flags; /* flags: 0 */
   union { int64_t i; uint64_t u; double f; sonde_str s; uint8_t ip[16]; } as;
} sonde_value;

enum { SONDE_SCALAR = 0, SONDE_LIST = 1 /* a set, kept in order */, SONDE_MAP = 2 /* text key */ };
enum { SONDE_F_REQUIRED = 1,  /* input: no plan without it. output: put() before done(SONDE_POSITIVE) */
       SONDE_F_DETAIL = 2 };  /* exported only on demand: option "detail", or named in "columns" */
typedef struct sonde_field { /* a field of the host record that a plugin reads or writes */
   const char *name; /* a well-known one ("ports") or the plugin's own ("tls.subject") */
   uint32_t type, shape, flags, reserved;
   const char *help;
} sonde_field;

enum { SONDE_NEED_CONNECT = 1, SONDE_NEED_RAW = 2, SONDE_NEED_FILES = 4, SONDE_NEED_EXEC = 8,
       SONDE_NEED_THREADS = 16, SONDE_NEED_SOCKETS = 32 /* a library opens its own: see admit() */ };

/* Static and constant: readable before any code of the plugin but its entry has run. */
typedef struct sonde_descriptor {
   uint32_t size;           /* sizeof(sonde_descriptor) as the plugin was compiled */
   uint32_t kind;
   uint32_t abi_minor;      /* SONDE_ABI_MINOR as compiled, for messages */
   uint32_t min_host_minor; /* an older host refuses with one clear sentence */
   const char *id;          /* "tcp-banner": the name in a pipeline file */
   const char *version, *summary, *license, *url;
   const char *options_schema; /* JSON Schema: the host validates, fills defaults, prints help and docs from it */
   const sonde_field *inputs, *outputs;
   uint32_t input_count, output_count;
   uint32_t field_size;     /* sizeof(sonde_field): the host walks both arrays by this stride */
   uint32_t needs, flags;   /* SONDE_NEED_*, SONDE_P_* */
   uint32_t max_batch, max_in_flight; /* of a call; of the whole run, shared out to the instances. 0: the host decides */
   uint32_t max_instances;  /* async: one per shard. blocking: one per worker. 0: the host decides */
   uint32_t timeout_ms, reserved; /* a task may take this and the "wait" of its cost; the pipeline file overrides */
} sonde_descriptor;

typedef struct sonde_target {
   uint32_t size;  /* set by whoever allocates; the other writes no further than this */
   uint32_t flags;
   uint8_t  ip[16];
   uint16_t port;
   uint8_t  proto;    /* 6, 17, 1, 58; 0: none */
   uint8_t  prefix;   /* a source may give a block: leading bits of ip; 0: one address */
   uint32_t scope_id; /* the interface of a link-local address */
   sonde_str name; /* the host name, if the target came as one */
} sonde_target;

enum { SONDE_IO_READ = 1, SONDE_IO_WRITE = 2, SONDE_IO_ERROR = 4 }; /* level-triggered; ERROR comes unasked */
#define SONDE_IO_ERRNO(events) ((int)((events) >> 16)) /* with ERROR: the socket's, never 0; the host has taken it */
typedef struct sonde_conn { /* frozen: a descriptor that dial() opened */
   uint64_t id; /* for rewatch() and hangup() */
   int32_t fd;  /* to read, write and getsockopt(); never to close */
   uint32_t reserved;
} sonde_conn;

typedef struct sonde_place { /* which of its siblings an instance is */
   uint32_t size, index, count, reserved;
   uint64_t seed;     /* of the run and this instance, known to others: for ids and order, never for validation keys */
   sonde_str stage;
} sonde_place;

/* What the host offers. All of it is there in 1.0; ask SONDE_HAS() for what a later minor appended. */
typedef struct sonde_host {
   uint32_t size, abi_minor;
   const char *name, *version;
   const void *(*get_extension)(sonde_ctx *, const char *id);                             /* [any] */
   int       (*log_enabled)(sonde_ctx *, int level);                                      /* [any] */
   void      (*log)(sonde_ctx *, sonde_task, int level, sonde_str message); /* task or 0    [any] */
   void      (*fail)(sonde_ctx *, sonde_task, sonde_err, sonde_str why); /* of the error to come; the last counts [any] */
   int64_t   (*now)(sonde_ctx *);                          /* monotonic ns; a test can turn the clock [any] */
   sonde_err (*place)(sonde_ctx *, sonde_place *out);                                     /* [any] */

   /* Options by JSON pointer, "/ports/0": validated, defaulted, durations as I64 ns, sizes as U64 bytes, port lists as
    * arrays of U64. SONDE_JSON: any subtree. ABSENT: not given. fail() about one, in create(): "options/ports/0: why". */
   sonde_err (*option)(sonde_ctx *, sonde_str pointer, uint32_t type, sonde_value *out);  /* [setup] */
   uint32_t  (*option_count)(sonde_ctx *, sonde_str pointer);   /* elements of an array or object [setup] */
   sonde_err (*option_key)(sonde_ctx *, sonde_str pointer, uint32_t item, sonde_str *out); /* of an object [setup] */

   /* Tasks. Fields go by their index in inputs or outputs. The deadline runs from start(): tasks are offered no faster
    * than the rate lets one packet of each leave. put() alive=true on any sign of life (a refused port is one), never
    * false. get() of what is not there: ABSENT if an earlier stage has asked this target for it, else UNSUPPORTED. */
   sonde_err (*target)(sonde_ctx *, sonde_task, sonde_target *out);                       /* [task] */
   int64_t   (*deadline)(sonde_ctx *, sonde_task);              /* monotonic ns; 0: stale   [task] */
   int       (*cancelled)(sonde_ctx *, sonde_task);             /* to poll from run()       [any] */
   sonde_err (*attach)(sonde_ctx *, sonde_task, uint64_t user); /* comes back in cancel()   [task] */
   uint32_t  (*count)(sonde_ctx *, sonde_task, uint32_t input); /* items; a scalar has 0 or 1 [task] */
   sonde_err (*get)(sonde_ctx *, sonde_task, uint32_t input, uint32_t item, sonde_str *key, sonde_value *out); /* [task] */
   /* Checked and copied. Once more for a scalar or a key: replaces what this task put; for a list: adds. [task] */
   sonde_err (*put)(sonde_ctx *, sonde_task, uint32_t output, sonde_str key, const sonde_value *);
   /* Exactly once; start() may do so for a task that it takes. Hangs up what the task still has.       [task] */
   sonde_err (*done)(sonde_ctx *, sonde_task, sonde_outcome);

   /* Network: scope, rate and budgets are applied here; who is refused has the text of fail() already. DENIED is final,
    * AGAIN a shortage of this machine: take fewer in start(), or done(POSTPONED). A task reaches its own target only,
    * task 0 servers of "x-sonde": "service", in admit() those of a library too (NEED_SOCKETS), without a packet. */
   /* Opens, connects and watches; takes one packet of the rate and one connection of the target. The first WRITE or
    * ERROR event ends the connecting; on ERROR, SONDE_IO_ERRNO() says why. UDP is connected too. After AGAIN the host
    * keeps the place in the queue (64 a task) and calls on_timer(id 0, user) when it is its turn to dial again; a wait
    * for the rate or for this machine does not count against the deadline.                [shard] */
   sonde_err (*dial)(sonde_ctx *, sonde_task, const sonde_target *, uint32_t events, uint64_t user, sonde_conn *out);
   sonde_err (*hangup)(sonde_ctx *, uint64_t id, int reset); /* unwatch and close; reset: no TIME_WAIT [shard] */
   /* For run(): a connected blocking socket whose reads and writes end at the deadline (cancelled() tells that from the
    * peer's end); done() closes it. Waits for the rate itself; STALE: the time was up. On E_IO *fd is minus the errno:
    * -ECONNREFUSED is an answer, -ETIMEDOUT silence. AGAIN also when the target has all the connections it may.  [worker] */
   sonde_err (*connect)(sonde_ctx *, sonde_task, const sonde_target *, int *fd);
   sonde_err (*admit)(sonde_ctx *, sonde_task, const sonde_target *); /* before a library dials itself [task] */
   /* Non-blocking, the plugin's to close, with the largest receive buffer this machine allows; opened before privileges
    * are dropped. AF_PACKET takes an ifindex, and proto in host order. All instances see every packet: filter. [setup] */
   sonde_err (*raw)(sonde_ctx *, int family, int proto, uint32_t ifindex, int *fd);
   /* How many of the packets may leave now; when fewer than asked, *again is when to ask for the rest. [shard, worker] */
   uint32_t  (*pace)(sonde_ctx *, uint32_t packets, int64_t *again);

   /* Event loop. Watches are for raw() and for descriptors of a library; unwatch before they are closed. */
   sonde_err (*watch)(sonde_ctx *, int fd, uint32_t events, uint64_t user, uint64_t *id); /* [shard] */
   sonde_err (*rewatch)(sonde_ctx *, uint64_t id, uint32_t events); /* 0: pause           [shard] */
   sonde_err (*unwatch)(sonde_ctx *, uint64_t id);                                        /* [shard] */
   sonde_err (*timer)(sonde_ctx *, int64_t at, uint64_t user, uint64_t *id); /* one-shot; moves a live *id [shard] */
   sonde_err (*untimer)(sonde_ctx *, uint64_t *id);             /* fired or 0: fine; sets 0     [shard] */
   sonde_err (*wake)(sonde_ctx *, uint64_t user);               /* on_timer(id 0) soon; may merge [any] */

   /* Exporters, in close(): "run", "coverage", "delta" as JSON. Probes, in create(): "limits" (JSON), "exclude" (text). */
   sonde_err (*document)(sonde_ctx *, const char *name, sonde_str *out);                  /* [setup] */
} sonde_host;
#define SONDE_HAS(host, fn) ((host)->size >= offsetof(sonde_host, fn) + sizeof((host)->fn) && (host)->fn != NULL)

typedef struct sonde_plugin {
   uint32_t size, reserved;
   const sonde_descriptor *desc;
   sonde_err (*create)(sonde_ctx *, const sonde_host *, sonde_inst **out);               /* [setup] */
   void (*destroy)(sonde_inst *); /* after it no thread, descriptor or timer is left        [setup] */
   const void *api;               /* sonde_probe, sonde_exporter or sonde_source, by desc->kind */
   const void *(*get_extension)(const char *id);                                         /* [any] */
} sonde_plugin;

/* The one exported symbol: the i-th plugin of the library, NULL past the end. No side effects. [any] */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const sonde_plugin *sonde_plugin_v0(uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
