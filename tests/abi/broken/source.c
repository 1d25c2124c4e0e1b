/* A source that keeps to the contract, and the ways not to: BREAK_* says which. It yields ten addresses of loopback. */
#include <sonde/source.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS = 10, PORTS = 0 };
static const sonde_field outputs[] = {{"ports", SONDE_U64, SONDE_LIST, 0, 0, "ports that are known to be open"}};

struct sonde_inst {
  sonde_ctx* ctx;
  const sonde_host* host;
  uint32_t given, calls;
};

static sonde_err create(sonde_ctx* ctx, const sonde_host* host, sonde_inst** out) {
  *out = calloc(1, sizeof **out);
  if (!*out) return SONDE_E_NOMEM;
  (*out)->ctx = ctx;
  (*out)->host = host;
  return SONDE_OK;
}
static void destroy(sonde_inst* self) {
  free(self);
}

static int32_t pull(sonde_inst* self, sonde_target* out, uint32_t target_size, const sonde_task* facts, uint32_t n) {
  const sonde_str no_key = {"", 0};
  const sonde_value port = {SONDE_U64, 0, {22}};
  uint32_t i;
  ++self->calls;
#if defined(BREAK_FAILS)
  return SONDE_E_IO;
#endif
  for (i = 0; i < n && self->given < TARGETS; ++i, ++self->given) {
    sonde_target* t = (sonde_target*)(void*)((char*)out + (size_t)i * target_size);
    t->ip[10] = t->ip[11] = 0xff;
    t->ip[12] = 127;
    t->ip[15] = (uint8_t)(self->given + 1);
#if defined(BREAK_CALLS)
    t->ip[14] = (uint8_t)self->calls;
#elif defined(BREAK_PREFIX)
    t->prefix = 24; /* of an IPv4 network: 120 */
#endif
    self->host->put(self->ctx, facts[i], PORTS, no_key, &port);
  }
#if defined(BREAK_BEHIND)
  if (i < n) self->host->put(self->ctx, facts[i], PORTS, no_key, &port);
#endif
  return (int32_t)i;
}

static const sonde_source api = {sizeof api, 0, pull};
static const sonde_descriptor descriptor = {
    .size = sizeof(sonde_descriptor),
    .kind = SONDE_KIND_SOURCE,
    .abi_minor = SONDE_ABI_MINOR,
    .id = ID,
    .version = "1.0",
    .summary = "Yields ten addresses",
    .license = "Apache-2.0",
    .url = "",
    .options_schema = "{\"type\":\"object\",\"properties\":{}}",
    .outputs = outputs,
    .output_count = 1,
    .field_size = sizeof(sonde_field),
};
static const sonde_plugin plugin = {sizeof plugin, 0, &descriptor, create, destroy, &api, NULL};

const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  return index == 0 ? &plugin : NULL;
}
