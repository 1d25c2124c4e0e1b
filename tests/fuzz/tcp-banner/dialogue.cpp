// Any order of events: the dialogue holds its cap, asks at most once, and comes to an end when there is only silence.
#include "dialogue.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace sonde::tcp_banner;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Manner manner;
  manner.banner = (data[0] & 1) == 0;
  manner.probe = (data[0] & 2) == 0;
  manner.tls = (data[0] & 4) == 0;
  manner.max_bytes = 64;
  Dialogue dialogue(static_cast<First>(data[1] % 7), manner);
  Step step = dialogue.opened();
  int asked = 0;
  for (std::size_t i = 2; i < size && step.act != Act::finish;) {
    asked += step.act == Act::send_http;
    if (step.act == Act::start_tls) {
      step = dialogue.secured(data[i++] & 1 ? "http/1.1" : "");
      continue;
    }
    const std::size_t wanted = data[i++] & 31, n = std::min(wanted, size - i);
    step = n == 0 ? dialogue.silence() : dialogue.heard({reinterpret_cast<const char*>(data) + i, n});
    i += n;
  }
  if (asked > 1 || dialogue.bytes().size() > manner.max_bytes) std::abort();
  int silences = 0;
  while (step.act != Act::finish) {
    step = step.act == Act::start_tls ? dialogue.secured("") : dialogue.silence();
    if (++silences > 4) std::abort();
  }
  return 0;
}
