// Any bytes as a host of the spool: what is read of them speaks of known fields alone, and written again it is the
// same.
#include <cstdlib>
#include <string>

#include "inventory/host_codec.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const FieldTable fields;
  HostRecord host;
  if (!decode_host({reinterpret_cast<const char*>(data), size}, fields.size(), host.outcomes, host.facts)) return 0;
  const FoldContext context{
      &fields, std::vector<std::string>(host.outcomes.size(), "p"), std::vector<bool>(host.outcomes.size(), true), {}};
  (void)to_json(to_value(fold(host, context), fields, true));

  std::string bytes;
  append_outcomes(bytes, host.outcomes);
  for (const Fact& fact : host.facts) append_fact(bytes, fact);
  HostRecord again;
  if (!decode_host(bytes, fields.size(), again.outcomes, again.facts) || again != host) std::abort();
  return 0;
}
