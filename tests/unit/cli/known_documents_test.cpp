// What a command keeps of the documents of a history.
#include "cli/known_documents.hpp"

#include <gtest/gtest.h>

namespace sonde::core::cli {
namespace {

RunDocument document(const std::string& id) {
  RunDocument run;
  run.run_id = id;
  run.scope = {"10.0.0.0/24"};
  return run;
}

/// The files are not there: what is not kept cannot be read.
std::string id_of(const KnownDocuments& documents, const std::string& path) {
  const auto run = documents.of(path);
  return !run ? run.error().id : *run ? (*run)->run_id : "none";
}

bool keeps(const RunDocument& run) {
  KnownDocuments documents;
  documents.add("/nowhere/a.json", run);
  EXPECT_EQ(documents.bytes() != 0, documents.of("/nowhere/a.json").value_or(nullptr) != nullptr);
  return documents.bytes() != 0;
}

TEST(KnownDocuments, AreNotReadAgain) {
  KnownDocuments documents;
  documents.add("/nowhere/a.json", document("a"));
  documents.add("/nowhere/b.json", std::nullopt);
  EXPECT_EQ(id_of(documents, "/nowhere/a.json"), "a");
  EXPECT_EQ(id_of(documents, "/nowhere/b.json"), "none");
}

TEST(KnownDocuments, OneOfManyOrLongTextsIsNotKept) {
  EXPECT_TRUE(keeps(document("a")));
  const std::string text(KnownDocuments::most_of_one, 'x');
  const auto with = [](auto change) {
    RunDocument run = document("a");
    run.stages.emplace_back();
    change(run);
    return run;
  };
  EXPECT_FALSE(keeps(with([&](auto& run) { run.why_incomplete = text; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.pipeline = text; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.scope = {text}; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.merged_from = {text}; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.not_covered = {{"1 target", text}}; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.stages[0].errors[text] = 1; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.stages[0].ports = text; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.stages[0].left_out = {text}; })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.stages.resize(100'000); })));
  EXPECT_FALSE(keeps(with([&](auto& run) { run.exclusions.resize(100'000); })));
}

TEST(KnownDocuments, OfManyTheNewestAreKept) {
  KnownDocuments documents;
  RunDocument large = document("large");
  large.why_incomplete.assign(KnownDocuments::most_of_one / 2, 'x');
  const std::size_t many = 3 * KnownDocuments::most_of_all / KnownDocuments::most_of_one;
  for (std::size_t i = 0; i < many; ++i) {
    documents.add("/nowhere/" + std::to_string(i), large);
    ASSERT_LE(documents.bytes(), KnownDocuments::most_of_all);
  }
  EXPECT_GT(documents.bytes(), KnownDocuments::most_of_all / 2);
  EXPECT_EQ(id_of(documents, "/nowhere/" + std::to_string(many - 1)), "large");
  EXPECT_NE(id_of(documents, "/nowhere/0"), "large");
}

}  // namespace
}  // namespace sonde::core::cli
