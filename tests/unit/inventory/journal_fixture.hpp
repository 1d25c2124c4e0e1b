// A journal in a directory of its own, with some fields and stages.
#pragma once
#include <gtest/gtest.h>
#include <sonde/plugin.h>

#include <memory>
#include <string>

#include "facts.hpp"
#include "inventory/journal_reader.hpp"
#include "inventory/journal_writer.hpp"
#include "temporary.hpp"

namespace sonde::core {

using F = FieldTable;

inline JournalHeader header() {
  JournalHeader h;
  h.run_id = "2026-11-22T031500Z-ab12";
  h.pipeline = "lan.sonde.yaml";
  h.plan_hash = "00ff";
  h.started = "2026-11-22T03:15:00Z";
  h.seed = 18446744073709551615u;
  h.targets = 1000;
  h.slice = {0, 1000};
  h.scope = {"10.0.0.1-10.0.3.232"};
  const FieldTable table;
  for (FieldId i = 0; i < table.size(); ++i) h.fields.push_back(table[i].name);
  h.fields.push_back("own.blob");
  h.stages = {"arp-oui", "icmp", "tcp-banner"};
  return h;
}

inline constexpr FieldId own_blob = 17;

class Journal : public ::testing::Test {
 protected:
  std::unique_ptr<JournalWriter> create() { return JournalWriter::create(path_, header()).value(); }
  JournalContent read() { return read_journal(path_).value(); }
  Temporary directory_;
  std::string path_ = directory_ / "journal/run-1";
};

}  // namespace sonde::core
