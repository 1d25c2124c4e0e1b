// What an ELF file says of itself, read with every offset checked: a damaged or foreign library is refused with its
// reason before the dynamic loader, whose messages help nobody, or its crash, comes to it.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sonde::core {

/// Copies `size` bytes from `offset`; false when they are not all there.
using ReadAt = std::function<bool(uint64_t offset, void* to, std::size_t size)>;

struct ElfInfo {
  bool has_symbols = false;            ///< false: no section table; only the loader can tell what is exported
  std::vector<std::string> exports;    ///< names of the global symbols that it defines
  std::vector<std::string> imports{};  ///< names of those that it cannot do without and does not define
};

/// A whole shared library for this machine, or the refusal. `name` is for messages.
Result<ElfInfo> inspect_elf(const ReadAt& read, uint64_t file_size, const std::string& name);
Result<ElfInfo> inspect_elf_file(const std::string& path);

/// The library exports the entry of this ABI's major; else which majors it speaks, if any.
Result<void> check_entry_symbol(const ElfInfo&, const std::string& name);

}  // namespace sonde::core
