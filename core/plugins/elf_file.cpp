// ELF, of the class and byte order of this process only: header, segments, sections, dynamic symbols.
#include "plugins/elf_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sonde/plugin.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "plugins/file_checks.hpp"

namespace sonde::core {
namespace {

#if defined(__x86_64__)
constexpr uint16_t own_machine = EM_X86_64;
#elif defined(__i386__)
constexpr uint16_t own_machine = EM_386;
#elif defined(__aarch64__)
constexpr uint16_t own_machine = EM_AARCH64;
#elif defined(__arm__)
constexpr uint16_t own_machine = EM_ARM;
#elif defined(__riscv)
constexpr uint16_t own_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr uint16_t own_machine = EM_PPC64;
#elif defined(__s390x__)
constexpr uint16_t own_machine = EM_S390;
#else
#error "add the ELF machine number of this architecture"
#endif

constexpr std::size_t max_symbol_bytes = 64u << 20;
constexpr std::size_t max_name = 512;
constexpr std::string_view entry_prefix = "sonde_plugin_v";
const char* const reinstall = "install the plugin again; the file was copied incompletely";

std::string machine_name(uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86 (32 bit)";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "arm (32 bit)";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return fmt::format("machine {}", machine);
  }
}

/// One file being read; each step assumes that the ones before it passed.
class ElfReader {
 public:
  ElfReader(const ReadAt& read, uint64_t size, const std::string& name) : read_(read), size_(size), name_(name) {}

  Result<ElfInfo> run() {
    if (auto ok = read_header(); !ok) return tl::unexpected(ok.error());
    if (auto ok = check_kind(); !ok) return tl::unexpected(ok.error());
    if (auto ok = check_segments(); !ok) return tl::unexpected(ok.error());
    if (auto ok = read_sections(); !ok) return tl::unexpected(ok.error());
    return read_exports();
  }

 private:
  tl::unexpected<Diagnostic> truncated(std::string_view what) const {
    return refused("plugin-truncated", name_, fmt::format("a whole library with its {}", what),
                   fmt::format("a file that ends after {} bytes, before it", size_), reinstall);
  }
  tl::unexpected<Diagnostic> damaged(std::string_view expected, std::string_view found) const {
    return refused("plugin-not-elf", name_, expected, found, "install the plugin again, or remove the file");
  }
  bool inside(uint64_t offset, uint64_t length) const { return offset <= size_ && length <= size_ - offset; }

  Result<void> read_header() {
    if (size_ == 0) return damaged("a shared library (ELF)", "an empty file");
    unsigned char magic[SELFMAG] = {};
    std::size_t available = static_cast<std::size_t>(std::min<uint64_t>(size_, SELFMAG));
    if (!read_(0, magic, available)) return truncated("header");
    if (std::memcmp(magic, ELFMAG, available) != 0) {
      bool text = std::all_of(magic, magic + available, [](unsigned char c) {
        return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
      });
      return damaged("a shared library (ELF)", text ? "a text file" : "a file of another format");
    }
    if (size_ < sizeof header_ || !read_(0, &header_, sizeof header_)) return truncated("header");
    return {};
  }

  Result<void> check_kind() const {
    constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
    constexpr unsigned char own_data = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    const char* const rebuild = "install the plugin that was built for this machine";
    std::string wanted = fmt::format("a library for {}", machine_name(own_machine));
    if (header_.e_ident[EI_CLASS] != own_class)
      return refused("plugin-not-elf", name_, wanted,
                     header_.e_ident[EI_CLASS] == ELFCLASS32 ? "a 32 bit file" : "a file of another word size",
                     rebuild);
    if (header_.e_ident[EI_DATA] != own_data)
      return refused("plugin-not-elf", name_, wanted, "a file of the other byte order", rebuild);
    if (header_.e_machine != own_machine)
      return refused("plugin-not-elf", name_, wanted, fmt::format("one for {}", machine_name(header_.e_machine)),
                     rebuild);
    if (header_.e_type != ET_DYN)
      return damaged("a shared library", header_.e_type == ET_REL    ? "an object file (.o)"
                                         : header_.e_type == ET_EXEC ? "a program"
                                         : header_.e_type == ET_CORE ? "a core dump"
                                                                     : "an ELF file of another kind");
    return {};
  }

  Result<void> check_segments() const {
    if (header_.e_phnum == 0) return damaged("loadable segments", "none");
    if (header_.e_phentsize != sizeof(ElfW(Phdr))) return damaged("program headers of the usual size", "other ones");
    if (!inside(header_.e_phoff, uint64_t{header_.e_phnum} * sizeof(ElfW(Phdr)))) return truncated("program headers");
    bool dynamic = false;
    for (uint64_t i = 0; i < header_.e_phnum; ++i) {
      ElfW(Phdr) segment;
      if (!read_(header_.e_phoff + i * sizeof segment, &segment, sizeof segment)) return truncated("program headers");
      if (segment.p_type == PT_DYNAMIC) dynamic = true;
      if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
      if (!inside(segment.p_offset, segment.p_filesz))
        return truncated(segment.p_type == PT_DYNAMIC ? "dynamic table" : "code and data");
    }
    if (!dynamic) return damaged("a dynamic table", "none");
    return {};
  }

  Result<void> read_sections() {
    if (header_.e_shoff == 0 || header_.e_shnum == 0) return {};
    if (header_.e_shentsize != sizeof(ElfW(Shdr))) return damaged("section headers of the usual size", "other ones");
    if (!inside(header_.e_shoff, uint64_t{header_.e_shnum} * sizeof(ElfW(Shdr)))) return truncated("section table");
    sections_.resize(header_.e_shnum);
    if (!read_(header_.e_shoff, sections_.data(), sections_.size() * sizeof(ElfW(Shdr))))
      return truncated("section table");
    for (const auto& s : sections_)
      if (s.sh_type != SHT_NOBITS && s.sh_type != SHT_NULL && !inside(s.sh_offset, s.sh_size))
        return truncated("sections");
    return {};
  }

  Result<ElfInfo> read_exports() const {
    ElfInfo info;
    auto table =
        std::find_if(sections_.begin(), sections_.end(), [](const auto& s) { return s.sh_type == SHT_DYNSYM; });
    if (table == sections_.end()) return info;
    info.has_symbols = true;
    if (table->sh_entsize != sizeof(ElfW(Sym)) || table->sh_link >= sections_.size())
      return damaged("a symbol table", "one that contradicts itself");
    const auto& strings = sections_[table->sh_link];
    if (strings.sh_type != SHT_STRTAB || table->sh_size > max_symbol_bytes || strings.sh_size > max_symbol_bytes)
      return damaged("a symbol table with its names", "one that contradicts itself");
    std::vector<ElfW(Sym)> symbols(table->sh_size / sizeof(ElfW(Sym)));
    std::string names(strings.sh_size, '\0');
    if (!read_(table->sh_offset, symbols.data(), symbols.size() * sizeof(ElfW(Sym)))) return truncated("symbol table");
    if (!read_(strings.sh_offset, names.data(), names.size())) return truncated("symbol names");
    for (const auto& symbol : symbols) {
      auto binding = symbol.st_info >> 4;  // the same in both classes
      const bool undefined = symbol.st_shndx == SHN_UNDEF;
      if (binding == STB_LOCAL || symbol.st_name >= names.size()) continue;
      if (undefined && (binding == STB_WEAK || symbol.st_name == 0)) continue;
      std::string_view rest = std::string_view(names).substr(symbol.st_name, max_name);
      (undefined ? info.imports : info.exports).emplace_back(rest.substr(0, rest.find('\0')));
    }
    return info;
  }

  const ReadAt& read_;
  uint64_t size_;
  const std::string& name_;
  ElfW(Ehdr) header_{};
  std::vector<ElfW(Shdr)> sections_;
};

}  // namespace

Result<ElfInfo> inspect_elf(const ReadAt& read, uint64_t file_size, const std::string& name) {
  return ElfReader(read, file_size, name).run();
}

Result<ElfInfo> inspect_elf_file(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat s {};
  if (fd < 0 || ::fstat(fd, &s) != 0) {
    int error = errno;
    if (fd >= 0) ::close(fd);
    return refused("file-unreadable", path, "a readable file", std::strerror(error),
                   "check its permissions: this user must be able to read it");
  }
  ReadAt read = [fd](uint64_t offset, void* to, std::size_t size) {
    auto* at = static_cast<char*>(to);
    while (size > 0) {
      ssize_t n = ::pread(fd, at, size, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      offset += static_cast<uint64_t>(n);
      size -= static_cast<std::size_t>(n);
    }
    return true;
  };
  auto info = inspect_elf(read, static_cast<uint64_t>(s.st_size), path);
  ::close(fd);
  return info;
}

Result<void> check_entry_symbol(const ElfInfo& info, const std::string& name) {
  if (!info.has_symbols) return {};
  std::string wanted = fmt::format("{}{}", entry_prefix, SONDE_ABI_MAJOR);
  std::string others;
  for (const std::string& symbol : info.exports) {
    if (symbol == wanted) return {};
    if (!symbol.starts_with(entry_prefix)) continue;
    std::string_view major = std::string_view(symbol).substr(entry_prefix.size());
    bool number =
        !major.empty() && std::all_of(major.begin(), major.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number) others += fmt::format("{}{}", others.empty() ? "" : ", ", major);
  }
  if (others.empty())
    return refused("plugin-symbol", name, fmt::format("the entry {}", wanted), "a library without one",
                   "remove it from the plugin directory: it is no sonde plugin");
  return refused("plugin-abi", name, fmt::format("a plugin for ABI {}", SONDE_ABI_MAJOR),
                 fmt::format("one built for ABI {}; this scanner speaks {}", others, SONDE_ABI_MAJOR),
                 "rebuild the plugin against the SDK of this sonde, or install the sonde that it was built for");
}

}  // namespace sonde::core
