// The schemas name what is really written.
#include "cli/schemas.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.h>

#include <set>

#include "inventory/run_document.hpp"

namespace sonde::core::cli {
namespace {

std::set<std::string> names(const Value& object) {
  std::set<std::string> out;
  for (const auto& member : *object.object()) out.insert(member.key);
  return out;
}

TEST(Schemas, RecordHasEveryField) {
  FieldTable fields;
  ASSERT_TRUE(fields.bind_output("tls", "tls.subject", SONDE_TEXT, SONDE_SCALAR, false, "whose it is"));
  ASSERT_TRUE(fields.bind_output("tls", "tls.names", SONDE_TEXT, SONDE_LIST, false, ""));
  const Value schema = record_schema(fields);
  const Value& properties = *schema.find("properties");
  EXPECT_EQ(*properties.at_pointer("/ip/type")->text(), "string");
  EXPECT_EQ(*properties.at_pointer("/ports/items/type")->text(), "integer");
  EXPECT_EQ(*properties.at_pointer("/banners/additionalProperties/type")->text(), "string");
  EXPECT_EQ(*properties.at_pointer("/tls/properties/subject/description")->text(), "whose it is");
  EXPECT_EQ(*properties.at_pointer("/tls/properties/names/type")->text(), "array");
  EXPECT_EQ(to_json(*schema.find("required")), R"(["ip"])");
  for (FieldId i = 0; i < FieldTable::well_known_count; ++i)
    EXPECT_NE(properties.find(fields[i].name), nullptr) << fields[i].name;
}

TEST(Schemas, RunDocumentHasTheMembersOfADocument) {
  RunDocument document;
  document.why_incomplete = "x";
  document.delta = Value(Value::Object{});
  document.merged_from = {"x"};
  document.not_covered = {{"3 targets", "x"}};
  StageCoverage stage;
  stage.unavailable = "x";
  stage.ports = "22";
  stage.left_out = {"10.0.0.9"};
  stage.fields = {"hostname"};
  stage.asks_servers = true;
  stage.unknown = {"10.0.0.8"};
  document.partly_scanned = {"10.0.0.7"};
  stage.dropped_receive = stage.queue_full = stage.asked_again = stage.in_doubt = document.slowed_to = 1;
  document.stages.push_back(stage);
  const Value written = to_value(document), schema = run_schema();
  EXPECT_EQ(names(*schema.find("properties")), names(written));
  EXPECT_EQ(names(*schema.at_pointer("/properties/stages/items/properties")), names(*written.at_pointer("/stages/0")));
  EXPECT_EQ(names(*schema.at_pointer("/properties/stages/items/properties/outcomes/properties")),
            names(*written.at_pointer("/stages/0/outcomes")));
  EXPECT_EQ(names(*schema.at_pointer("/properties/not_covered/items/properties")),
            names(*written.at_pointer("/not_covered/0")));
}

}  // namespace
}  // namespace sonde::core::cli
