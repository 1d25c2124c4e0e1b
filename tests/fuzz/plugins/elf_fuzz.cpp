// Library files: any bytes are a library, or a refusal with its reason; no byte beyond the file is read.
#include <cstdlib>
#include <cstring>

#include "plugins/elf_file.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  ReadAt read = [&](uint64_t offset, void* to, std::size_t n) {
    if (offset > size || n > size - offset) return false;
    if (n != 0) std::memcpy(to, data + offset, n);
    return true;
  };
  auto info = inspect_elf(read, size, "fuzz.so");
  if (!info) {
    if (info.error().text.empty() || info.error().hint.empty()) std::abort();
    return 0;
  }
  check_entry_symbol(*info, "fuzz.so");
  return 0;
}
