/* my-exporter: writes one host a line, with tabs between the cells. Write your own format here. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <sonde/exporter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "columns.h"
#include "output.h"

/* "path", "hosts" and "columns" mean the same in every exporter; sonde itself reads "hosts". */
static const char schema[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"path\": {\"type\": \"string\", \"x-sonde\": \"path\", \"default\": \"hosts.tsv\","
    " \"description\": \"file to write; - is standard output\"},"
    "\"hosts\": {\"type\": \"string\", \"enum\": [\"responding\", \"known\", \"all\"], \"default\": \"responding\","
    " \"description\": \"which hosts have a line\"},"
    "\"columns\": {\"type\": \"array\", \"items\": {\"type\": \"string\"},"
    " \"description\": \"fields to write, in this order; not given: all but those for detail\"}}}";

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  char* path;
  columns columns;
  output out;
};

static sonde_str text(const char* s) {
  sonde_str out;
  out.ptr = s;
  out.len = strlen(s);
  return out;
}

/* An error with its reason; errno is the system's. */
static sonde_err failed(sonde_inst* self) {
  char why[4096];
  snprintf(why, sizeof why, "cannot write %s: %s", self->path, strerror(errno));
  self->host->fail(self->ctx, 0, SONDE_E_IO, text(why));
  return SONDE_E_IO;
}

static void destroy(sonde_inst* self) {
  output_discard(&self->out);
  free_columns(&self->columns);
  free(self->path);
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
  self->path = calloc(path.as.s.len + 1, 1); /* the view is the host's, and has no NUL */
  if (!self->path) {
    free(self);
    return SONDE_E_NOMEM;
  }
  memcpy(self->path, path.as.s.ptr, path.as.s.len);
  *out = self;
  return SONDE_OK;
}

static sonde_err open_(sonde_inst* self, const sonde_field* fields, uint32_t count, uint32_t stride) {
  char why[4096] = "";
  uint32_t named = self->host->option_count(self->ctx, text("/columns")), i;
  sonde_str* names = calloc(named + 1, sizeof *names);
  sonde_err e = names ? SONDE_OK : SONDE_E_NOMEM;
  for (i = 0; i < named && e == SONDE_OK; ++i) {
    char pointer[32];
    sonde_value name;
    snprintf(pointer, sizeof pointer, "/columns/%" PRIu32, i);
    e = self->host->option(self->ctx, text(pointer), SONDE_TEXT, &name);
    if (e == SONDE_OK) names[i] = name.as.s;
  }
  if (e == SONDE_OK) e = choose_columns(&self->columns, names, named, fields, count, stride, why, sizeof why);
  free(names);
  if (*why) self->host->fail(self->ctx, 0, e, text(why));
  if (e != SONDE_OK) return e;
  if (output_open(&self->out, self->path) != 0) return failed(self);
  for (i = 0; i < self->columns.count; ++i) fprintf(self->out.file, "%s%s", i ? "\t" : "", self->columns.first[i].name);
  putc('\n', self->out.file);
  return SONDE_OK;
}

static void write_value(FILE* out, const sonde_value* v) {
  char address[INET6_ADDRSTRLEN] = "";
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  size_t i;
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
    case SONDE_BYTES:
      for (i = 0; i < v->as.s.len; ++i) fprintf(out, "%02x", (unsigned)(unsigned char)v->as.s.ptr[i]);
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
    if (i) putc(',', self->out.file);
    if (c->shape == SONDE_MAP) {
      write_cell(self->out.file, key.ptr, key.len);
      putc('=', self->out.file);
    }
    write_value(self->out.file, &value);
  }
}

static int32_t write_(sonde_inst* self, const sonde_task* records, uint32_t n) {
  uint32_t i, k;
  for (i = 0; i < n; ++i) {
    for (k = 0; k < self->columns.count; ++k) {
      if (k) putc('\t', self->out.file);
      write_column(self, records[i], &self->columns.first[k]);
    }
    putc('\n', self->out.file);
  }
  return ferror(self->out.file) ? failed(self) : (int32_t)n;
}

static sonde_err flush(sonde_inst* self) {
  return output_sync(&self->out) == 0 ? SONDE_OK : failed(self);
}

static sonde_err close_(sonde_inst* self, int commit) {
  if (!self->out.file) return SONDE_OK; /* open() failed */
  if (commit) return output_publish(&self->out) == 0 ? SONDE_OK : failed(self);
  output_discard(&self->out);
  return SONDE_OK;
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
