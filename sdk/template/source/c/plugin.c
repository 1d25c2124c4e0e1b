/* my-source: targets out of a text file, one host a line. Replace it with where your hosts are listed. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <sonde/source.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"

/* What is known of a target before it is scanned; its name goes with the target itself. Fields of your own begin with
 * the plugin's id. */
enum { NOTE };
static const sonde_field outputs[] = {
    {"my-source.note", SONDE_TEXT, SONDE_SCALAR, 0, 0, "what the file says behind the name"}};

/* A relative path is one beside the pipeline file. */
static const char schema[] =
    "{\"type\": \"object\", \"required\": [\"file\"], \"properties\": {"
    "\"file\": {\"type\": \"string\", \"x-sonde\": \"path\","
    " \"description\": \"hosts, one a line: ADDRESS [NAME [NOTE]]; # is a comment\"}}}";

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  char* path;
  FILE* file;
  uint64_t line;
  char** names; /* of the targets of this pull() */
  uint32_t name_count;
};

static sonde_str text(const char* s, size_t size) {
  sonde_str out;
  out.ptr = s;
  out.len = size;
  return out;
}

/* Begins with the option that is wrong, "options/file: ": sonde shows its place in the pipeline file. */
static sonde_err failed(sonde_inst* self, const char* why) {
  self->host->fail(self->ctx, 0, SONDE_E_CONFIG, text(why, strlen(why)));
  return SONDE_E_CONFIG;
}

static void forget_names(sonde_inst* self) {
  while (self->name_count > 0) free(self->names[--self->name_count]);
  free(self->names);
  self->names = NULL;
}

static void destroy(sonde_inst* self) {
  forget_names(self);
  if (self->file) fclose(self->file);
  free(self->path);
  free(self);
}

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  sonde_value path;
  char why[4096];
  sonde_inst* self;
  sonde_err e = host->option(ctx, text("/file", 5), SONDE_TEXT, &path);
  if (e != SONDE_OK) return e;
  self = calloc(1, sizeof *self);
  if (!self) return SONDE_E_NOMEM;
  self->ctx = ctx;
  self->host = host;
  self->path = calloc(path.as.s.len + 1, 1); /* the view is the host's, and has no NUL */
  if (!self->path) {
    destroy(self);
    return SONDE_E_NOMEM;
  }
  memcpy(self->path, path.as.s.ptr, path.as.s.len);
  self->file = fopen(self->path, "r");
  if (!self->file) {
    snprintf(why, sizeof why, "options/file: cannot read %s: %s", self->path, strerror(errno));
    e = failed(self, why);
    destroy(self);
    return e;
  }
  *out = self;
  return SONDE_OK;
}

/* Texts that a target points to live until the next pull(). */
static int name_target(sonde_inst* self, sonde_target* target, const host_line* host) {
  char* kept;
  if (host->name_size == 0) return 1;
  kept = malloc(host->name_size);
  if (!kept) return 0;
  memcpy(kept, host->name, host->name_size);
  self->names[self->name_count++] = kept;
  target->name = text(kept, host->name_size);
  return 1;
}

static void put_note(sonde_inst* self, sonde_task facts, const host_line* host) {
  sonde_value note;
  if (host->note_size == 0) return;
  memset(&note, 0, sizeof note);
  note.type = SONDE_TEXT;
  note.as.s = text(host->note, host->note_size); /* hostile bytes are the host's to clean */
  self->host->put(self->ctx, facts, NOTE, text("", 0), &note);
}

static sonde_err wrong_line(sonde_inst* self, const char* line, size_t size) {
  char why[4096];
  while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r')) --size;
  snprintf(why, sizeof why, "options/file: %s, line %" PRIu64 ": expected ADDRESS [NAME [NOTE]], found '%.*s'",
           self->path, self->line, (int)(size > 200 ? 200 : size), line);
  return failed(self, why);
}

/* As many targets as there is room for; called until there are no more. */
static int32_t pull(sonde_inst* self, sonde_target* out, uint32_t target_size, const sonde_task* facts, uint32_t n) {
  char *line = NULL, why[4096];
  size_t room = 0;
  ssize_t size;
  uint32_t k = 0;
  sonde_err e = SONDE_OK;
  forget_names(self);
  self->names = calloc(n, sizeof *self->names);
  if (!self->names) return SONDE_E_NOMEM;
  while (k < n && e == SONDE_OK && (size = getline(&line, &room, self->file)) >= 0) {
    host_line host;
    sonde_target* target = (sonde_target*)((char*)out + (size_t)k * target_size);
    const int kind = read_host(line, (size_t)size, &host);
    ++self->line;
    if (kind == LINE_WRONG) e = wrong_line(self, line, (size_t)size);
    if (kind != LINE_HOST) continue;
    memcpy(target->ip, host.ip, sizeof host.ip);
    if (!name_target(self, target, &host)) e = SONDE_E_NOMEM;
    put_note(self, facts[k], &host);
    ++k;
  }
  free(line);
  if (e == SONDE_OK && ferror(self->file)) {
    snprintf(why, sizeof why, "options/file: cannot read %s", self->path);
    e = failed(self, why);
  }
  return e == SONDE_OK ? (int32_t)k : e;
}

static const sonde_source api = {sizeof api, 0, pull};
static const sonde_descriptor descriptor = {.size = sizeof descriptor,
                                            .kind = SONDE_KIND_SOURCE,
                                            .abi_minor = SONDE_ABI_MINOR,
                                            .id = "my-source",
                                            .version = "1.0.0",
                                            .summary = "targets out of a text file",
                                            .license = "Apache-2.0",
                                            .url = "",
                                            .options_schema = schema,
                                            .outputs = outputs,
                                            .output_count = sizeof outputs / sizeof *outputs,
                                            .field_size = sizeof(sonde_field),
                                            .needs = SONDE_NEED_FILES};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
