#include "columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fields are an array of the host's; a later version of the ABI may have longer ones, hence the stride. */
static const sonde_field* field_at(const sonde_field* fields, uint32_t i, uint32_t stride) {
  return (const sonde_field*)((const char*)fields + (size_t)i * stride);
}

/* Other fields that a name may have been meant for: parts of one field ("snmp.sysName" of "snmp"), all fields of a
 * plugin
 * ("tls"), or another of that plugin ("tls.subjekt"). Sonde refuses the other slips before it comes here. */
static int resembles(const char* name, const char* field) {
  const size_t own = strcspn(name, "."), other = strcspn(field, ".");
  return own == other && strncmp(name, field, own) == 0;
}

static sonde_err unknown(const char* name, const sonde_field* fields, uint32_t count, uint32_t stride, char* why,
                         size_t room) {
  uint32_t i;
  int n = snprintf(why, room, "columns: no field is called '%s'. The fields of this run:", name);
  for (i = 0; i < count && n > 0 && (size_t)n < room; ++i)
    n += snprintf(why + n, room - (size_t)n, "%s %s", i ? "," : "", field_at(fields, i, stride)->name);
  return SONDE_E_CONFIG;
}

static sonde_err add_column(columns* out, sonde_str name, const sonde_field* fields, uint32_t count, uint32_t stride,
                            char* why, size_t room) {
  column* c = &out->first[out->count];
  uint32_t i;
  int slip = 0;
  c->name = calloc(name.len + 1, 1);
  if (!c->name) return SONDE_E_NOMEM;
  memcpy(c->name, name.ptr, name.len);
  ++out->count;
  for (i = 0; i < count && !c->present; ++i) {
    const sonde_field* f = field_at(fields, i, stride);
    slip = slip || resembles(c->name, f->name);
    if (strcmp(f->name, c->name) != 0) continue;
    c->index = i;
    c->shape = f->shape;
    c->present = 1;
  }
  /* Otherwise its stage is switched off, and the column stays, empty. */
  return c->present || !slip ? SONDE_OK : unknown(c->name, fields, count, stride, why, room);
}

sonde_err choose_columns(columns* out, const sonde_str* names, uint32_t named, const sonde_field* fields,
                         uint32_t count, uint32_t stride, char* why, size_t room) {
  uint32_t i;
  sonde_err e = SONDE_OK;
  out->count = 0;
  out->first = calloc((named ? named : count) + 1, sizeof *out->first);
  if (!out->first) return SONDE_E_NOMEM;
  for (i = 0; i < named && e == SONDE_OK; ++i) e = add_column(out, names[i], fields, count, stride, why, room);
  for (i = 0; i < count && !named && e == SONDE_OK; ++i) {
    const sonde_field* f = field_at(fields, i, stride);
    sonde_str name;
    name.ptr = f->name;
    name.len = strlen(f->name);
    if (!(f->flags & SONDE_F_DETAIL)) e = add_column(out, name, fields, count, stride, why, room);
  }
  return e;
}

void free_columns(columns* all) {
  uint32_t i;
  for (i = 0; i < all->count; ++i) free(all->first[i].name);
  free(all->first);
  all->first = NULL;
  all->count = 0;
}
