// What arrives on the sockets of tcp-syn: segments and errors with quoted segments, as both families deliver them. An
// answer must carry the number of the SYN that it answers, whatever else is in it.
#include <cstdlib>

#include "tcp-syn/segment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sonde;
  using namespace sonde::tcp_syn;
  const std::span<const uint8_t> packet(data, size);
  const Identity self = {{1, 2}, 0xbeef};
  const net::Ip target = net::mapped(net::Ip4{192, 0, 2, 7});
  for (const auto& bytes : {net::strip_ip4(packet, 6).value_or(packet), packet}) {
    if (const auto answer = read_answer(bytes, target, self)) {
      const uint32_t asked = sequence_for(self, target, answer->port);
      if (answer->acknowledged != asked + 1 && (answer->answer == Answer::open || answer->acknowledged != asked))
        std::abort();
    }
    for (const bool four : {true, false})
      if (const auto error = read_error(four, bytes, self))
        if (!net::describe_error(four, error->type, error->code) || net::is_v4(error->to) != four) std::abort();
  }
  return 0;
}
