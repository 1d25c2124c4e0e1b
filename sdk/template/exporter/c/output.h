/* A file that appears whole or not at all: written beside its place under a name of its own, then renamed. "-" is
 * standard output; what is no regular file (a pipe, /dev/null) is written as it is, for renaming would replace it. */
#ifndef OUTPUT_H
#define OUTPUT_H
#include <stdio.h>

typedef struct output {
  FILE* file;       /* to write to; NULL when it is closed */
  char *part, *end; /* where it is now, and where it is to appear; NULL: it is written directly */
} output;

/* 0, or -1 with errno. Nothing of an older file under this path changes before output_publish(). */
int output_open(output* out, const char* path);
/* 0 when it is on disk, or -1 with errno. */
int output_sync(output* out);
/* 0 when it is in its place, or -1 with errno; closed in any case. */
int output_publish(output* out);
/* Closes it and forgets what was written; an older file stays. */
void output_discard(output* out);

#endif
