// The catalogue: docs/messages.md is made from it (UPDATE_GOLDEN=1 rewrites the file), and every id is provoked by a
// test.
#include "base/messages.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace sonde::core {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string document() {
  std::ostringstream out;
  out << "# Messages\n\n"
         "Everything that sonde says when something is wrong has an id, which stays the same; scripts may rely on it. "
         "This\n"
         "page is generated from the catalogue in `core/base/messages.cpp`; a test compares the two.\n\n"
         "What a plugin logs during a run has the one id `plugin-log`, the name of its stage, and the plugin's own "
         "words; "
         "scripts\nlook at the counts in `run.json` instead.\n\n"
         "*Exit* is what the command ends with when the message stops it: 1 trouble during the run, 2 usage, 74 output "
         "not\n"
         "writable, 77 permission, 78 configuration; 0 marks what is only ever a warning.\n\n"
         "| id | exit | what has happened | what to do |\n|---|---|---|---|\n";
  const auto cell = [](std::string_view text) {
    std::string escaped;
    for (const char c : text) {
      if (c == '|') escaped += '\\';
      escaped += c;
    }
    return escaped;
  };
  for (const Message& m : all_messages())
    out << "| `" << m.id << "` | " << static_cast<int>(m.exit) << " | " << cell(m.cause) << " | " << cell(m.remedy)
        << " |\n";
  return out.str();
}

TEST(Messages, AreFoundById) {
  EXPECT_EQ(message("bad-cidr").exit, Exit::config);
  for (const Message& m : all_messages()) EXPECT_EQ(&message(m.id), &m);
}

TEST(Messages, AnUnknownIdIsAProgrammingError) {
  EXPECT_DEATH(message("no-such-id"), "no-such-id");
}

TEST(Messages, AreWholeSentences) {
  for (const Message& m : all_messages()) {
    EXPECT_EQ(m.cause.back(), '.') << m.id;
    EXPECT_EQ(m.remedy.back(), '.') << m.id;
    EXPECT_EQ(m.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos) << m.id;
  }
}

TEST(Messages, DocumentIsTheCatalogue) {
  const std::filesystem::path path = "docs/messages.md";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << document();
  }
  EXPECT_EQ(content_of(path), document()) << "UPDATE_GOLDEN=1 rewrites it";
}

TEST(Messages, EachIsProducedByATest) {
  namespace fs = std::filesystem;
  std::string tests;
  const auto collect = [&](const fs::path& root) {
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
      if (entry->is_directory() && entry->path().filename() == "corpus") entry.disable_recursion_pending();
      if (!entry->is_regular_file() || entry->file_size() > (1u << 20)) continue;
      // Two tests speak of ids without provoking them.
      const std::string name = entry->path().filename();
      if (name != "messages_test.cpp" && name != "diagnostic_test.cpp") tests += content_of(entry->path()) + '\n';
    }
  };
  collect("tests");
  for (const auto& plugin : fs::directory_iterator("plugins"))
    if (fs::is_directory(plugin.path() / "tests")) collect(plugin.path() / "tests");

  // As a whole word: "bad-port" within "bad-ports" is no proof.
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
  for (const Message& m : all_messages()) {
    bool found = false;
    for (auto at = tests.find(m.id); at != std::string::npos && !found; at = tests.find(m.id, at + 1)) {
      const std::size_t end = at + m.id.size();
      found = (at == 0 || !is_part(tests[at - 1])) && (end == tests.size() || !is_part(tests[end]));
    }
    EXPECT_TRUE(found) << "no test mentions " << m.id;
  }
}

}  // namespace
}  // namespace sonde::core
