/* An exporter that keeps to the contract, and the ways not to: BREAK_* says which. It writes the text of the field
 * "hostname", a line a record, into a file beside and renames it at the end. */
#define _GNU_SOURCE
#include <sonde/exporter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 4096 };
struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  char path[LONGEST];
  char beside[LONGEST + 8];
  FILE* file;
  uint32_t field, fields;
  int failed;
  sonde_task last;
};

static sonde_str text(const char* s) {
  sonde_str out = {s, strlen(s)};
  return out;
}

static sonde_err say(sonde_inst* self, const char* why) {
#if !defined(BREAK_NO_REASON)
  self->host->fail(self->ctx, 0, SONDE_E_IO, text(why));
#else
  (void)self, (void)why;
#endif
  return SONDE_E_IO;
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_value v;
  if (host->option(ctx, text("/path"), SONDE_TEXT, &v) != SONDE_OK || v.as.s.len >= LONGEST) {
    host->fail(ctx, 0, SONDE_E_CONFIG, text("path: expected a shorter one"));
    return SONDE_E_CONFIG;
  }
  *out = calloc(1, sizeof **out);
  if (!*out) return SONDE_E_NOMEM;
  (*out)->ctx = ctx;
  (*out)->host = host;
  memcpy((*out)->path, v.as.s.ptr, v.as.s.len);
  snprintf((*out)->beside, sizeof(*out)->beside, "%s.new", (*out)->path);
#if defined(BREAK_IN_PLACE)
  memcpy((*out)->beside, (*out)->path, sizeof(*out)->path);
#endif
  return SONDE_OK;
}

static void destroy(sonde_inst* self) {
  if (self->file) fclose(self->file);
  free(self);
}

static sonde_err open_file(sonde_inst* self, const sonde_field* fields, uint32_t count, uint32_t stride) {
  uint32_t i;
#if defined(BREAK_NO_REASON)
  return say(self, "");
#endif
  self->fields = count;
  for (i = 0; i < count; ++i) {
    sonde_field f;
    memcpy(&f, (const char*)fields + (size_t)i * stride, sizeof f);
    if (strcmp(f.name, "hostname") == 0) self->field = i;
  }
  self->file = fopen(self->beside, "we");
  return self->file ? SONDE_OK : say(self, "the file cannot be opened");
}

static int32_t write_records(sonde_inst* self, const sonde_task* records, uint32_t n) {
  uint32_t i;
  sonde_value v;
#if defined(BREAK_STALE_RECORD)
  if (self->last) self->host->get(self->ctx, self->last, self->field, 0, NULL, &v);
  self->last = records[0];
#elif defined(BREAK_FIELD_INDEX)
  self->host->get(self->ctx, records[0], self->fields, 0, NULL, &v);
#endif
  for (i = 0; i < n; ++i) {
    v.as.s = text("");
    if (self->host->get(self->ctx, records[i], self->field, 0, NULL, &v) != SONDE_OK) v.as.s = text("");
#if defined(BREAK_LONG_VALUE)
    if (v.as.s.len > 1000) return say(self, "a text is too long");
#endif
    if (fwrite(v.as.s.ptr, 1, v.as.s.len, self->file) != v.as.s.len || putc('\n', self->file) == EOF) self->failed = 1;
  }
#if defined(BREAK_CALL_MARKS)
  fputs("--\n", self->file);
#endif
#if !defined(BREAK_FULL)
  if (self->failed) return say(self, "the file cannot be written");
#endif
  return (int32_t)n;
}

static sonde_err flush(sonde_inst* self) {
  if (fflush(self->file) != 0) self->failed = 1;
#if defined(BREAK_EARLY)
  if (!self->failed) rename(self->beside, self->path);
#endif
#if defined(BREAK_FULL)
  return SONDE_OK;
#else
  return self->failed ? say(self, "the file cannot be written") : SONDE_OK;
#endif
}

static sonde_err close_file(sonde_inst* self, int commit) {
  int failed = fclose(self->file) != 0 || self->failed;
  self->file = NULL;
#if defined(BREAK_FULL)
  failed = 0;
#elif defined(BREAK_ABORT)
  commit = 1;
#endif
  if (!commit || failed) {
    unlink(self->beside);
    return failed && commit ? say(self, "the file cannot be written") : SONDE_OK;
  }
#if defined(BREAK_EARLY)
  if (access(self->beside, F_OK) != 0) return SONDE_OK;
#endif
  return rename(self->beside, self->path) == 0 ? SONDE_OK : say(self, "the file cannot be renamed");
}

static const sonde_exporter api = {sizeof api, 0, open_file, write_records, flush, close_file};
static const sonde_descriptor descriptor = {
    .size = sizeof(sonde_descriptor),
    .kind = SONDE_KIND_EXPORTER,
    .abi_minor = SONDE_ABI_MINOR,
    .id = ID,
    .version = "1.0",
    .summary = "Writes host names, a line each",
    .license = "Apache-2.0",
    .url = "",
    .options_schema =
        "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"x-sonde\":\"path\","
        "\"default\":\"names.txt\",\"description\":\"the file\"}}}",
    .field_size = sizeof(sonde_field),
    .needs = SONDE_NEED_FILES,
};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
