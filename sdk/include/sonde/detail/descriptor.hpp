// The descriptor as a designated initialiser: what a plugin says of itself before any of its code runs.
#ifndef SONDE_DETAIL_DESCRIPTOR_HPP
#define SONDE_DETAIL_DESCRIPTOR_HPP
#include <sonde/plugin.h>

#include <span>

namespace sonde {

// All texts and arrays are static: the host copies them when it loads the library, before any other code of the plugin runs.
struct About {
  const char *id;       // 1 to 32 of a-z, 0-9 and '-', a letter first: the name in pipeline files
  const char *version;  // the plugin's own, for people
  const char *summary;  // one line, shown by `sonde list`
  const char *license;  // SPDX
  const char *url = "";
  const char *options_schema = R"({"type":"object","properties":{}})";  // options<...>(...).schema(), or by hand
  std::span<const sonde_field> inputs = {}, outputs = {};                // fields(...)
  uint32_t needs = 0;          // SONDE_NEED_*: shown by list, describe and plan
  uint32_t flags = 0;          // SONDE_X_STREAMING; SONDE_P_BLOCKING is set by the kind of run()
  uint32_t max_batch = 0;      // tasks of one start() or run(); 0: the host decides
  uint32_t max_in_flight = 0;  // tasks of the whole run at once, over all instances; 0: the host decides
  uint32_t max_instances = 0;  // when a library serves no more threads; 0: the host decides
  // The deadline of a task: this and the "wait" of its cost; 0 is 10 s. Cost::deadline and a pipeline's `deadline:` override.
  uint32_t timeout_ms = 10000;
};

namespace detail {
constexpr sonde_descriptor describe(const About &a, uint32_t kind, uint32_t extra_flags) {
  sonde_descriptor d{};
  d.size = sizeof d;
  d.kind = kind;
  d.abi_minor = SONDE_ABI_MINOR;
  d.min_host_minor = 0;
  d.id = a.id;
  d.version = a.version;
  d.summary = a.summary;
  d.license = a.license;
  d.url = a.url;
  d.options_schema = a.options_schema;
  d.inputs = a.inputs.data();
  d.outputs = a.outputs.data();
  d.input_count = static_cast<uint32_t>(a.inputs.size());
  d.output_count = static_cast<uint32_t>(a.outputs.size());
  d.field_size = sizeof(sonde_field);
  d.needs = a.needs;
  d.flags = a.flags | extra_flags;
  d.max_batch = a.max_batch;
  d.max_in_flight = a.max_in_flight;
  d.max_instances = a.max_instances;
  d.timeout_ms = a.timeout_ms;
  return d;
}
}  // namespace detail
}  // namespace sonde
#endif
