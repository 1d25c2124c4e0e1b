/* Which fields are written, and in which order: those that the option "columns" names, or all that are not for detail.
 */
#ifndef COLUMNS_H
#define COLUMNS_H
#include <sonde/exporter.h>

typedef struct column {
  char* name;
  uint32_t index, shape;
  int present; /* 0: no stage of this run fills it */
} column;

typedef struct columns {
  column* first;
  uint32_t count;
} columns;

/* The fields as open() was given them. SONDE_OK; or an error with its reason for fail() in `why`. */
sonde_err choose_columns(columns* out, const sonde_str* names, uint32_t named, const sonde_field* fields,
                         uint32_t count, uint32_t stride, char* why, size_t room);
void free_columns(columns* all);

#endif
