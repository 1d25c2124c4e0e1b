// ELF files: whole, cut short, damaged, foreign.
#include "plugins/elf_file.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "scratch.hpp"

namespace sonde::core {
namespace {

Result<ElfInfo> inspect(const std::string& bytes) {
  ReadAt read = [&](uint64_t offset, void* to, std::size_t size) {
    if (offset > bytes.size() || size > bytes.size() - offset) return false;
    std::memcpy(to, bytes.data() + offset, size);
    return true;
  };
  return inspect_elf(read, bytes.size(), "x.so");
}

std::string null_plugin() {
  return Scratch::read(SONDE_FIXTURES "/null.so");
}

std::string said(const std::string& bytes) {
  auto info = inspect(bytes);
  return info ? "accepted" : info.error().id + ": " + info.error().text;
}

TEST(ElfFile, AFixtureExportsTheEntryAlone) {
  for (const char* name : {"null.so", "sleepy.so", "fixture-source.so", "fixture-lines.so", "reader.so", "writer.so"}) {
    auto info = inspect_elf_file(std::string(SONDE_FIXTURES "/") + name);
    ASSERT_TRUE(info) << info.error().text;
    EXPECT_TRUE(info->has_symbols);
    EXPECT_EQ(info->exports, std::vector<std::string>{"sonde_plugin_v0"}) << name;
  }
}

TEST(ElfFile, EveryTruncationIsCalledOne) {
  const std::string whole = null_plugin();
  ASSERT_GT(whole.size(), 4096u);
  for (std::size_t length = 4; length < whole.size(); length += 61)
    ASSERT_EQ(said(whole.substr(0, length)).substr(0, 17), "plugin-truncated:") << length;
  EXPECT_EQ(said(whole.substr(0, 40)),
            "plugin-truncated: plugin library x.so: expected a whole library with its header, found a file that ends "
            "after 40 bytes, before it");
}

TEST(ElfFile, OtherFiles) {
  EXPECT_EQ(said(""), "plugin-not-elf: plugin library x.so: expected a shared library (ELF), found an empty file");
  EXPECT_EQ(said("hello\n"), "plugin-not-elf: plugin library x.so: expected a shared library (ELF), found a text file");
  EXPECT_EQ(said(std::string("PK\3\4....", 8)),
            "plugin-not-elf: plugin library x.so: expected a shared library (ELF), found a file of another format");
}

TEST(ElfFile, OtherMachinesAndKinds) {
  std::string bytes = null_plugin();
  auto with = [&](std::size_t offset, uint16_t value) {
    std::string changed = bytes;
    std::memcpy(changed.data() + offset, &value, sizeof value);
    return said(changed);
  };
  EXPECT_NE(with(offsetof(Elf64_Ehdr, e_machine), EM_RISCV).find("found one for riscv"), std::string::npos);
  EXPECT_NE(with(offsetof(Elf64_Ehdr, e_machine), 999).find("found one for machine 999"), std::string::npos);
  EXPECT_NE(with(offsetof(Elf64_Ehdr, e_type), ET_EXEC).find("expected a shared library, found a program"),
            std::string::npos);
  EXPECT_NE(with(offsetof(Elf64_Ehdr, e_type), ET_REL).find("found an object file (.o)"), std::string::npos);
  std::string narrow = bytes;
  narrow[EI_CLASS] = ELFCLASS32;
  EXPECT_NE(said(narrow).find("found a 32 bit file"), std::string::npos);
}

/// Any byte of any header may be anything: an answer, no crash, no unbounded memory (run under ASan in CI).
TEST(ElfFile, DamagedHeadersAreSurvived) {
  const std::string whole = null_plugin();
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof header);
  std::size_t refused = 0;
  auto damage = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; ++at) {
      std::string changed = whole;
      changed[at] = static_cast<char>(0xff);
      refused += inspect(changed) ? 0 : 1;
    }
  };
  damage(0, sizeof header);
  damage(header.e_shoff, whole.size());
  EXPECT_GT(refused, 100u);
}

TEST(ElfFile, EntrySymbol) {
  EXPECT_TRUE(check_entry_symbol({true, {"a", "sonde_plugin_v0"}, {}}, "x.so"));
  EXPECT_TRUE(check_entry_symbol({false, {}, {}}, "x.so"));  // no table: the loader will tell
  auto none = check_entry_symbol({true, {"main", "sonde_plugin_vx"}, {}}, "x.so");
  EXPECT_EQ(none.error().id, "plugin-symbol");
  EXPECT_EQ(none.error().text, "plugin library x.so: expected the entry sonde_plugin_v0, found a library without one");
  auto other = check_entry_symbol({true, {"sonde_plugin_v2", "sonde_plugin_v3"}, {}}, "x.so");
  EXPECT_EQ(other.error().id, "plugin-abi");
  EXPECT_EQ(other.error().text,
            "plugin library x.so: expected a plugin for ABI 0, found one built for ABI 2, 3; this scanner speaks 0");
}

}  // namespace
}  // namespace sonde::core
