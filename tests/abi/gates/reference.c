/* Everything of the C headers behind one function, for libabigail, which compares what can be reached from symbols. */
#include <sonde/exporter.h>
#include <sonde/plugin.h>
#include <sonde/probe.h>
#include <sonde/source.h>

extern void sonde_abi_reference(const sonde_plugin*, const sonde_probe*, const sonde_exporter*, const sonde_source*,
                                const sonde_conn*, const sonde_target*, const sonde_place*);
void sonde_abi_reference(const sonde_plugin* plugin, const sonde_probe* probe, const sonde_exporter* exporter,
                         const sonde_source* source, const sonde_conn* conn, const sonde_target* target,
                         const sonde_place* place) {
  (void)plugin, (void)probe, (void)exporter, (void)source, (void)conn, (void)target, (void)place;
}
const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  (void)index;
  return NULL;
}
