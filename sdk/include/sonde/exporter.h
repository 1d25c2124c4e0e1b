/* sonde/exporter.h - an exporter writes finished records somewhere. A record is a sonde_task here: read it
 * with count() and get(), by index in the fields that open() was given. */
#ifndef SONDE_EXPORTER_H
#define SONDE_EXPORTER_H
#include <sonde/plugin.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { SONDE_X_STREAMING = 1 }; /* descriptor flag: each record as its host settles, in no order; else all, sorted by
                                 * address, after the last host */

typedef struct sonde_exporter {
   uint32_t size, reserved;
   /* All fields that this run can fill, "ip" first, walked by the given stride; behind them what else the option
    * "columns" names, such as a part of a field: each of its names is a field here. A map of SONDE_NULL mixes types;
    * SONDE_JSON is one valid value, to be written as it is.                                [setup] */
   sonde_err (*open)(sonde_inst *, const sonde_field *, uint32_t count, uint32_t field_size);
   int32_t (*write)(sonde_inst *, const sonde_task *, uint32_t n); /* k taken; AGAIN: later [run] */
   sonde_err (*flush)(sonde_inst *);              /* durable when it returns                [run] */
   sonde_err (*close)(sonde_inst *, int commit);  /* commit 0: the run was aborted; publish nothing [setup] */
} sonde_exporter;

#ifdef __cplusplus
}
#endif
#endif
