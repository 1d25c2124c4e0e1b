/* my-exporter: writes one host a line, with tabs between the cells. Write your own format here. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <sonde/exporter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cell.h"

/* "path", "hosts" and "columns" mean the same in every exporter; sonde itself reads "hosts". */
static const char schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"path\": {\"type\": \"string\", \"x-sonde\": \"path\", \"default\": \"hosts.tsv\","
    " \"description\": \"file to write; - is standard output\"},"
    "\"hosts\": {\"type\": \"string\", \"enum\": [\"responding\", \"known\", \"all\"], \"default\": \"responding\","
    " \"description\": \"which hosts have a line\"},"
    "\"columns\": {\"type\": \"array\", \"items\": {\"type\": \"string\"},"
    " \"description\": \"fields to write, in this order; not given: all but those for detail\"}}}";

typedef struct column {
  char* name;
  uint32_t index, shape;
  int present; /* 0: named, but no stage of this run fills it */
} column;

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  char *path, *part; /* it is written beside its place and renamed: it appears whole or not at all */
  column* columns;
  uint32_t column_count;
  FILE* file;
  int direct; /* not renamed: standard output, a pipe, a device */
};

static sonde_str text(const char* s) {
  sonde_str out;
  out.ptr = s;
  out.len = strlen(s);
  return out;
}

static char* copy(sonde_str s) {
  char* out = malloc(s.len + 1);
  if (!out) return NULL;
  memcpy(out, s.ptr, s.len);
  out[s.len] = '\0';
  return out;
}

/* An error with its reason; errno is the system's. */
static sonde_err failed(sonde_inst* self, const char* path) {
  char why[4096];
  int n = snprintf(why, sizeof why, "cannot write %s: %s", path, strerror(errno));
  sonde_str reason;
  reason.ptr = why;
  reason.len = n < 0 ? 0 : (size_t)n < sizeof why ? (size_t)n : sizeof why - 1;
  self->host->fail(self->ctx, 0, SONDE_E_IO, reason);
  return SONDE_E_IO;
}

static void destroy(sonde_inst* self) {
  uint32_t i;
  if (self->file) fclose(self->file);
  for (i = 0; i < self->column_count; ++i) free(self->columns[i].name);
  free(self->columns);
  free(self->path);
  free(self->part);
  free(self);
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_value path;
  sonde_inst* self;
  sonde_err e = host->option(ctx, text("/path"), SONDE_TEXT, &path);
  if (e != SONDE_OK) return e;
  self = calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->path = copy(path.as.s);
  self->part = malloc(path.as.s.len + sizeof ".part");
  if (!self->path || !self->part) {
    destroy(self);
    return SONDE_E_NOMEM;
  }
  sprintf(self->part, "%s.part", self->path);
  *out = self;
  return SONDE_OK;
}

/* The fields are an array of the host's; a later version of the ABI may have longer ones, hence the stride. */
static const sonde_field* field_at(const sonde_field* fields, uint32_t i, uint32_t stride) {
  return (const sonde_field*)((const char*)fields + (size_t)i * stride);
}

static sonde_err add_column(sonde_inst* self, sonde_str name, const sonde_field* fields, uint32_t count,
                            uint32_t stride) {
  column* c = &self->columns[self->column_count];
  uint32_t i;
  c->name = copy(name);
  if (!c->name) return SONDE_E_NOMEM;
  ++self->column_count;
  c->present = 0;
  for (i = 0; i < count && !c->present; ++i) {
    const sonde_field* f = field_at(fields, i, stride);
    if (strcmp(f->name, c->name) != 0) continue;
    c->index = i;
    c->shape = f->shape;
    c->present = 1;
  }
  return SONDE_OK;
}

/* Renaming a file onto a pipe or onto /dev/null would replace it, so these are written as they are. */
static FILE* open_file(sonde_inst* self) {
  struct stat there;
  if (strcmp(self->path, "-") == 0) {
    int fd = dup(STDOUT_FILENO);
    self->direct = 1;
    return fd < 0 ? NULL : fdopen(fd, "w");
  }
  self->direct = stat(self->path, &there) == 0 && !S_ISREG(there.st_mode);
  return fopen(self->direct ? self->path : self->part, "w");
}

static sonde_err open_(sonde_inst* self, const sonde_field* fields, uint32_t count, uint32_t stride) {
  uint32_t named = self->host->option_count(self->ctx, text("/columns")), i;
  sonde_err e = SONDE_OK;
  self->columns = calloc((named ? named : count) + 1, sizeof *self->columns);
  if (!self->columns) return SONDE_E_NOMEM;
  for (i = 0; i < named && e == SONDE_OK; ++i) {
    char pointer[32];
    sonde_value name;
    sprintf(pointer, "/columns/%" PRIu32, i);
    e = self->host->option(self->ctx, text(pointer), SONDE_TEXT, &name);
    if (e == SONDE_OK) e = add_column(self, name.as.s, fields, count, stride);
  }
  for (i = 0; i < count && !named && e == SONDE_OK; ++i) {
    const sonde_field* f = field_at(fields, i, stride);
    if (!(f->flags & SONDE_F_DETAIL)) e = add_column(self, text(f->name), fields, count, stride);
  }
  if (e != SONDE_OK) return e;
  self->file = open_file(self);
  if (!self->file) return failed(self, self->path);
  for (i = 0; i < self->column_count; ++i) fprintf(self->file, "%s%s", i ? "\t" : "", self->columns[i].name);
  putc('\n', self->file);
  return SONDE_OK;
}

static void write_value(FILE* out, const sonde_value* v) {
  char address[INET6_ADDRSTRLEN] = "";
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  int v4;
  switch (v->type) {
    case SONDE_BOOL:
      fputs(v->as.u ? "true" : "false", out);
      break;
    case SONDE_I64:
    case SONDE_TIME:
      fprintf(out, "%" PRId64, v->as.i);
      break;
    case SONDE_U64:
      fprintf(out, "%" PRIu64, v->as.u);
      break;
    case SONDE_F64:
      fprintf(out, "%.6g", v->as.f);
      break;
    case SONDE_TEXT:
    case SONDE_JSON:
      write_cell(out, v->as.s.ptr, v->as.s.len);
      break;
    case SONDE_IP:
      v4 = memcmp(v->as.ip, mapped, sizeof mapped) == 0;
      if (inet_ntop(v4 ? AF_INET : AF_INET6, v->as.ip + (v4 ? 12 : 0), address, sizeof address)) fputs(address, out);
      break;
    default:
      break; /* a type of a later ABI: nothing that could be shown */
  }
}

/* A list as "22,80", a map as "22=SSH-2.0,80=nginx". */
static void write_column(sonde_inst* self, sonde_task record, const column* c) {
  uint32_t i, n = c->present ? self->host->count(self->ctx, record, c->index) : 0;
  for (i = 0; i < n; ++i) {
    sonde_str key;
    sonde_value value;
    if (self->host->get(self->ctx, record, c->index, i, &key, &value) != SONDE_OK) continue;
    if (i) putc(',', self->file);
    if (c->shape == SONDE_MAP) {
      write_cell(self->file, key.ptr, key.len);
      putc('=', self->file);
    }
    write_value(self->file, &value);
  }
}

static int32_t write_(sonde_inst* self, const sonde_task* records, uint32_t n) {
  uint32_t i, k;
  for (i = 0; i < n; ++i) {
    for (k = 0; k < self->column_count; ++k) {
      if (k) putc('\t', self->file);
      write_column(self, records[i], &self->columns[k]);
    }
    putc('\n', self->file);
  }
  return ferror(self->file) ? failed(self, self->path) : (int32_t)n;
}

static sonde_err flush(sonde_inst* self) {
  if (fflush(self->file) != 0) return failed(self, self->path);
  return !self->direct && fsync(fileno(self->file)) != 0 ? failed(self, self->path) : SONDE_OK;
}

static sonde_err close_(sonde_inst* self, int commit) {
  FILE* file = self->file;
  int good;
  self->file = NULL;
  if (!file) return SONDE_OK; /* open() failed */
  good = fclose(file) == 0;
  if (self->direct) return good || !commit ? SONDE_OK : failed(self, self->path);
  if (commit && good && rename(self->part, self->path) == 0) return SONDE_OK;
  if (commit) failed(self, self->path);
  unlink(self->part);
  return commit ? SONDE_E_IO : SONDE_OK;
}

static const sonde_exporter api = {sizeof api, 0, open_, write_, flush, close_};
static const sonde_descriptor descriptor = {.size = sizeof descriptor,
                                            .kind = SONDE_KIND_EXPORTER,
                                            .abi_minor = SONDE_ABI_MINOR,
                                            .id = "my-exporter",
                                            .version = "1.0.0",
                                            .summary = "writes one host a line",
                                            .license = "Apache-2.0",
                                            .url = "",
                                            .options_schema = schema,
                                            .field_size = sizeof(sonde_field),
                                            .needs = SONDE_NEED_FILES};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
