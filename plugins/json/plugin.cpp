// json: the inventory as one JSON array, one record a line so that a line-based diff shows hosts, or as JSON Lines.
#include <sonde/output_file.hpp>
#include <sonde/plugin.hpp>

#include "record_writer.hpp"

namespace {

using sonde::json_exporter::RecordWriter;

constexpr sonde::About about = {.id = "json",
                                .version = "0.1.0",
                                .summary = "writes the inventory as a JSON array or as JSON Lines",
                                .license = "Apache-2.0",
                                .options_schema = R"({
  "type": "object",
  "properties": {
    "path": {"type": "string", "x-sonde": "path", "default": "inventory.json",
             "description": "file to write, relative to output_dir; \"-\" is standard output"},
    "hosts": {"type": "string", "enum": ["responding", "known", "all"], "default": "responding",
              "description": "responding: hosts that are alive; known: all of which any field is known; all: every target"},
    "columns": {"type": "array", "items": {"type": "string"},
                "description": "fields to write, in this order, or parts of them, such as snmp.sysName; not given: all but those for detail"},
    "detail": {"type": "boolean", "default": false, "description": "also write the fields that explain others"},
    "format": {"type": "string", "enum": ["array", "jsonl"], "default": "array",
               "description": "array: one JSON array, a record a line; jsonl: an object a line and nothing else"}
  }
})"};

class JsonExporter {
 public:
  explicit JsonExporter(sonde::Context host)
      : host_(host),
        path_(host.text("/path")),
        columns_(host.list<std::string>("/columns")),
        detail_(host.flag("/detail")),
        lines_(host.text("/format") == "jsonl") {}

  void open(const sonde_field* fields, uint32_t count, uint32_t stride) {
    writer_ = RecordWriter(sonde::choose_columns(fields, count, stride, columns_, detail_));
    file_.open(path_);
    records_ = 0;
    if (!lines_) file_.write("[");
  }

  void write(std::span<const sonde_task> records) {
    for (sonde_task record : records) {
      std::string& out = file_.buffer();
      if (!lines_) out += records_ ? ",\n" : "\n";
      writer_.append(out, host_, record);
      if (lines_) out += '\n';
      ++records_;
      file_.write({});
    }
  }

  void flush() { file_.sync(); }

  void close(bool commit) {
    if (!commit) return file_.discard();
    if (!lines_) file_.write(records_ ? "\n]\n" : "]\n");
    file_.publish();
  }

 private:
  sonde::Context host_;
  std::string path_;
  std::vector<std::string> columns_;
  bool detail_, lines_;
  RecordWriter writer_;
  sonde::OutputFile file_;
  uint64_t records_ = 0;
};

}  // namespace

SONDE_EXPORTER(JsonExporter, about)
