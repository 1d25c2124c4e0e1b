// Certificates as a hostile server may send them.
#include "certificate.hpp"

#include <cstdint>
#include <cstdlib>

using namespace sonde::tcp_banner;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto c = read_certificate({reinterpret_cast<const char*>(data), size});
  if (!c) return 0;
  if (c->san.size() > 64 || c->subject.size() > 256 || c->issuer.size() > 256) std::abort();
  return 0;
}
