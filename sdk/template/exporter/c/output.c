#define _XOPEN_SOURCE 700
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new file beside `end`, ".hosts.tsv.PID.tmp": never one that is there, nor one that a link leads to. */
static int create_beside(output* out) {
  const char* slash = strrchr(out->end, '/');
  const int directory = slash ? (int)(slash + 1 - out->end) : 0;
  const size_t room = strlen(out->end) + 48;
  int fd = -1, n;
  out->part = malloc(room);
  if (!out->part) return -1;
  for (n = 0; n < 100 && fd < 0; ++n) {
    snprintf(out->part, room, "%.*s.%s.%ld-%d.tmp", directory, out->end, out->end + directory, (long)getpid(), n);
    fd = open(out->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    if (fd < 0 && errno != EEXIST) break;
  }
  if (fd < 0) { /* so that output_discard() removes nobody else's file */
    free(out->part);
    out->part = NULL;
  }
  return fd;
}

int output_open(output* out, const char* path) {
  struct stat there;
  int fd, saved;
  const int exists = stat(path, &there) == 0;
  memset(out, 0, sizeof *out);
  if (strcmp(path, "-") == 0) {
    fd = dup(STDOUT_FILENO);
  } else if (exists && !S_ISREG(there.st_mode)) {
    fd = open(path, O_WRONLY);
  } else {
    out->end = exists ? realpath(path, NULL) : strdup(path); /* a link keeps pointing to what is replaced */
    fd = out->end ? create_beside(out) : -1;
    if (fd >= 0 && exists) (void)fchmod(fd, there.st_mode & 0777);
  }
  out->file = fd < 0 ? NULL : fdopen(fd, "w");
  if (out->file) return 0;
  saved = errno;
  if (fd >= 0) close(fd);
  output_discard(out);
  errno = saved;
  return -1;
}

int output_sync(output* out) {
  if (fflush(out->file) != 0) return -1;
  return out->end ? fsync(fileno(out->file)) : 0;
}

int output_publish(output* out) {
  int good = !ferror(out->file) && output_sync(out) == 0, saved;
  good = fclose(out->file) == 0 && good;
  out->file = NULL;
  if (good && out->end) good = rename(out->part, out->end) == 0;
  saved = errno;
  if (good) { /* nothing is left to remove */
    free(out->part);
    out->part = NULL;
  }
  output_discard(out);
  errno = saved;
  return good ? 0 : -1;
}

void output_discard(output* out) {
  if (out->file) fclose(out->file);
  if (out->part) unlink(out->part);
  free(out->part);
  free(out->end);
  memset(out, 0, sizeof *out);
}
