// Reading inventories: both forms of JSON, the run document beside, and files that are none.
#include <gtest/gtest.h>

#include "inventory/delta.hpp"
#include "temporary.hpp"

namespace sonde::core {
namespace {

const std::string run_of =
    R"({"run_id":"r","started":"s","complete":true,"scope":["10.0.0.0/24"],"outputs":["a.json"]})";

std::string addresses(const Snapshot& snapshot) {
  std::string out;
  for (std::size_t i = 0; i < snapshot.records.size(); ++i)
    out += *snapshot.records.read(i).value().find("ip")->text() + " ";
  return out;
}

TEST(ReadSnapshot, ReadsTheArrayByAddress) {
  const Temporary d;
  const auto read = read_snapshot(
      d.write("a.json", "\xEF\xBB\xBF [\n {\"ip\":\"10.0.0.10\",\"x\":\"]},{\\\"\"},\n{\"ip\":\"10.0.0.9\"} ] \n"));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(addresses(*read), "10.0.0.9 10.0.0.10 ");
  EXPECT_FALSE(read->run);
  EXPECT_EQ(read->file, d / "a.json");
}

TEST(ReadSnapshot, ReadsJsonLines) {
  const Temporary d;
  const auto read = read_snapshot(d.write("a.jsonl", "{\"ip\":\"10.0.0.10\"}\r\n\n{\"ip\":\"10.0.0.9\"}"));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(addresses(*read), "10.0.0.9 10.0.0.10 ");
}

TEST(ReadSnapshot, AnInventoryMayBeEmpty) {
  const Temporary d;
  EXPECT_EQ(read_snapshot(d.write("a.json", "[\n]\n")).value().records.size(), 0u);
  EXPECT_EQ(read_snapshot(d.write("a.jsonl", "")).value().records.size(), 0u);
}

TEST(ReadSnapshot, TheLaterOfTwoRecordsCounts) {
  const Temporary d;
  const auto read = read_snapshot(d.write("a.jsonl", "{\"ip\":\"10.0.0.1\",\"n\":1}\n{\"ip\":\"10.0.0.1\",\"n\":2}\n"));
  ASSERT_EQ(read.value().records.size(), 1u);
  EXPECT_EQ(to_json(read->records.read(0).value()), R"({"ip":"10.0.0.1","n":2})");
}

/// Larger than what is read at once, with quotes and brackets wherever a block may end.
TEST(ReadSnapshot, RecordsAreWholeAcrossBlocks) {
  const Temporary d;
  std::string array = "[", lines;
  for (uint32_t i = 0; i < 20000; ++i) {
    const std::string record = "{\"ip\":\"" + IpAddress::v4(0x0a000000 + i).to_string() + "\",\"x\":\"\\\"]},{\\\\\"}";
    array += (i == 0 ? "\n" : ",\n") + record;
    lines += record + "\n";
  }
  for (const std::string& content : {array + "\n]\n", lines}) {
    const auto read = read_snapshot(d.write("a.json", content));
    ASSERT_TRUE(read) << read.error().text;
    ASSERT_EQ(read->records.size(), 20000u);
    EXPECT_EQ(to_json(read->records.read(19999).value()), R"({"ip":"10.0.78.31","x":"\"]},{\\"})");
  }
  const auto cut = read_snapshot(d.write("a.json", array + ",\n{\"ip\":\"x\\"));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().text, "not an inventory: the file ends in the middle of a record");
  EXPECT_EQ(cut.error().where.line, 20002u);
}

TEST(ReadSnapshot, ZonesOfOtherMachinesAreAddresses) {
  const Temporary d;
  const auto read = read_snapshot(d.write("a.json", R"([{"ip":"fe80::1%no-such-if0"},{"ip":"fe80::1%no-such-if1"}])"));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->records.size(), 2u);
  EXPECT_TRUE(compare(*read, *read).value().changed.empty());
}

TEST(ReadSnapshot, FindsTheRunDocumentOfItsName) {
  const Temporary d;
  d.write("2026-11-22.run.json", run_of);
  const auto read = read_snapshot(d.write("2026-11-22.json", "[]"));
  ASSERT_TRUE(read.value().run);
  EXPECT_EQ(read->run->run_id, "r");
}

TEST(ReadSnapshot, FindsTheRunDocumentThatListsIt) {
  const Temporary d;
  d.write("run.json", run_of);
  EXPECT_TRUE(read_snapshot(d.write("a.json", "[]")).value().run);
  EXPECT_FALSE(read_snapshot(d.write("b.json", "[]")).value().run);
}

TEST(ReadSnapshot, ADamagedRunDocumentIsAnError) {
  const Temporary d;
  d.write("a.run.json", "{}");
  const auto read = read_snapshot(d.write("a.json", "[]"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().id, "run-document-invalid");
  EXPECT_EQ(read.error().where.file, d / "a.run.json");
}

/// The delta holds whole records, and a scope may be millions of ranges: more than one JSON text may be.
TEST(ReadRunDocument, IsReadHoweverLargeItIs) {
  const Temporary d;
  std::string text = R"({"run_id":"r","started":"s","complete":true,"delta":{"new":[)";
  const std::string record = R"({"ip":"10.0.0.1","x":"]}\\\"[{","banner":")" + std::string(1u << 20, 'x') + "\"}";
  for (int i = 0; i < 40; ++i) text += (i == 0 ? "\n" : ",\n") + record;
  text += R"(],"gone":[]},"scope":[)";
  for (uint32_t i = 0; i < 1'500'000; ++i)
    text += (i == 0 ? "\n    \"" : ",\n    \"") + IpAddress::v4((10u << 24) + 2 * i).to_string() + "\"";
  text += "], \"outputs\" : [ \"a.json\" ] , \"targets\":1500000 }\n";
  ASSERT_GT(text.size(), 65u << 20);
  const auto run = read_run_document(d.write("run.json", text));
  ASSERT_TRUE(run) << run.error().text;
  EXPECT_EQ(run->run_id, "r");
  EXPECT_EQ(run->scope.size(), 1'500'000u);
  EXPECT_EQ(run->scope.back(), "10.45.198.190");
  EXPECT_EQ(run->targets, 1'500'000u);
  EXPECT_EQ(run->outputs, std::vector<std::string>{"a.json"});
  EXPECT_FALSE(run->delta);
}

TEST(ReadRunDocument, IsWhatWasWritten) {
  const Temporary d;
  RunDocument run = run_document_from(parse_json(run_of).value()).value();
  run.exclusions = {"10.0.0.7", "10.0.0.9"};
  run.why_incomplete = "a \"b\" \\";
  for (const int indent : {-1, 2}) {
    const auto read = read_run_document(d.write("run.json", to_json(run, indent)));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(to_json(*read), to_json(run));
  }
}

TEST(ReadRunDocument, LeavesNoMemberOut) {
  const Temporary d;
  RunDocument run = run_document_from(parse_json(run_of).value()).value();
  run.pipeline = "p", run.plan_hash = "h", run.sonde_version = "v", run.ended = "e", run.why_incomplete = "w";
  run.seed = 1, run.targets = 2, run.settled = 3, run.responding = 4, run.packets = 5, run.dropped_receive = 6;
  run.slowed_to = 7;
  run.exclusions = {"10.0.0.7"}, run.outputs = {"a.json"}, run.merged_from = {"b"};
  run.not_covered = {{"1 target", "shutdown"}};
  run.stages.emplace_back().name = "s";
  const auto read = read_run_document(d.write("run.json", to_json(run)));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(to_json(*read), to_json(run));
}

/// Three bytes of the file are a text of 32 in memory.
TEST(ReadRunDocument, KeepsNoMoreOfAnEnemysFileThanIsAllowed) {
  const Temporary d;
  const std::string begin = R"({"run_id":"r","started":"s","complete":true,)";
  std::string empty = "\"\"";
  for (int i = 1; i < 1000; ++i) empty += ",\"\"";
  const std::string ranges = d.write("ranges.json", begin + "\"scope\":[" + empty + "]}");
  EXPECT_TRUE(read_run_document(ranges, 1000 * sizeof(std::string)));
  const auto refused = read_run_document(ranges, 999 * sizeof(std::string));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("/scope/999 is beyond what is read"), std::string::npos) << refused.error().text;

  const std::string large(33u << 20, 'x');
  const auto members = [&](const char* one, const char* other) {
    return read_run_document(d.write(
        "members.json", begin + "\"scope\":[],\"" + one + "\":\"" + large + "\",\"" + other + "\":\"" + large + "\"}"));
  };
  EXPECT_FALSE(members("pipeline", "plan_hash"));
  EXPECT_TRUE(members("pipeline", "unknown"));
  // One of more than a JSON text may have is passed over like the delta, and so is one that is there twice.
  EXPECT_TRUE(members("unknown", "unknown"));
  EXPECT_TRUE(
      read_run_document(d.write("unknown.json", begin + "\"scope\":[],\"unknown\":\"" + large + large + "\"}")));
}

TEST(ReadRunDocument, SaysWhatIsWrongAndWhere) {
  const Temporary d;
  const auto problem = [&](const std::string& content) {
    const auto read = read_run_document(d.write("run.json", content));
    if (read) return std::string("read");
    EXPECT_EQ(read.error().where.file, d / "run.json");
    return read.error().id + " " + std::to_string(read.error().where.line);
  };
  const std::string begin = R"({"run_id":"r","started":"s","complete":true,)"
                            "\n";
  EXPECT_EQ(problem(begin + "\"scope\":[]}"), "read");
  EXPECT_EQ(problem(""), "json-syntax 1");
  EXPECT_EQ(problem("[]"), "json-syntax 1");
  EXPECT_EQ(problem("{}x"), "json-syntax 1");
  EXPECT_EQ(problem(begin), "json-syntax 2");
  EXPECT_EQ(problem(begin + "\"scope\":[]"), "json-syntax 2");
  EXPECT_EQ(problem(begin + "\"scope\":[\n\"10.0.0.1\"\n\"10.0.0.2\"]}"), "json-syntax 4");
  EXPECT_EQ(problem(begin + "\"scope\":[],\"delta\":{\"new\":[}"), "json-syntax 2");
  EXPECT_EQ(problem(begin + "\"scope\":[],\"scope\":[]}"), "json-syntax 2");
  EXPECT_EQ(problem(begin + "\"scope\":[],\n\"seed\":}"), "json-syntax 3");
  EXPECT_EQ(problem(begin + "\"scope\":[],\n\"seed\":wrong}"), "json-syntax 3");
  EXPECT_EQ(problem(begin + "\"scope\":[],\n7:8}"), "json-syntax 3");
  EXPECT_EQ(problem(begin + "\"scope\":[1]}"), "run-document-invalid 2");
  EXPECT_EQ(problem(begin + "\"scope\":7}"), "run-document-invalid 0");
  EXPECT_EQ(read_run_document(d / "absent").error().id, "file-unreadable");
}

TEST(ReadSnapshot, SaysWhereItIsNoInventory) {
  const Temporary d;
  const auto problem = [&](const std::string& content) {
    const auto read = read_snapshot(d.write("a.json", content));
    return read ? "read" : read.error().id + " " + std::to_string(read.error().where.line);
  };
  EXPECT_EQ(problem("hello"), "inventory-invalid 1");
  EXPECT_EQ(problem("[1]"), "inventory-invalid 1");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0.1\"}\n{\"ip\":\"10.0.0.2\"}]"), "inventory-invalid 2");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0.1\"},\n]"), "inventory-invalid 2");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0.1\"}\n"), "inventory-invalid 2");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0.1\""), "inventory-invalid 1");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0.1\"]]"), "inventory-invalid 1");
  EXPECT_EQ(problem("[]\n[]"), "inventory-invalid 2");
  EXPECT_EQ(problem("[{\"name\":\"x\"}]"), "inventory-invalid 1");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0\"}]"), "inventory-invalid 1");
  EXPECT_EQ(problem("{\"ip\":\"10.0.0.1\"}\n{\"ip\":7}\n"), "inventory-invalid 2");
  EXPECT_EQ(problem("{\"ip\":\"10.0.0.1\"}\n\n{\"ip\":"), "inventory-invalid 3");
  EXPECT_EQ(problem("[{\"ip\":\"10.0.0.1\",\"a\":1,\"a\":2}]"), "inventory-invalid 1");
}

TEST(ReadSnapshot, AnAbsentFileIsSaid) {
  const Temporary d;
  EXPECT_EQ(read_snapshot(d / "absent").error().id, "file-unreadable");
}

}  // namespace
}  // namespace sonde::core
