// csv: the inventory as a table by RFC 4180, safe to open in a spreadsheet.
#include <sonde/columns.hpp>
#include <sonde/json_writer.hpp>
#include <sonde/output_file.hpp>
#include <sonde/plugin.hpp>

#include "csv_writer.hpp"

namespace {

using namespace sonde::csv_exporter;

constexpr sonde::About about = {.id = "csv",
                                .version = "0.1.0",
                                .summary = "writes the inventory as CSV (RFC 4180)",
                                .license = "Apache-2.0",
                                .options_schema = R"({
  "type": "object",
  "properties": {
    "path": {"type": "string", "x-sonde": "path", "default": "inventory.csv",
             "description": "file to write, relative to output_dir; \"-\" is standard output"},
    "hosts": {"type": "string", "enum": ["responding", "known", "all"], "default": "responding",
              "description": "responding: hosts that are alive; known: all of which any field is known; all: every target"},
    "columns": {"type": "array", "items": {"type": "string"},
                "description": "fields to write, in this order, or parts of them, such as snmp.sysName; not given: all but those for detail"},
    "detail": {"type": "boolean", "default": false, "description": "also write the fields that explain others"},
    "safe": {"type": "boolean", "default": true,
             "description": "put a single quote before text that a spreadsheet would run as a formula"},
    "bom": {"type": "boolean", "default": false,
            "description": "begin with a byte order mark, from which Excel knows that the file is UTF-8"}
  }
})"};

class CsvExporter {
 public:
  explicit CsvExporter(sonde::Context host)
      : host_(host),
        path_(host.text("/path")),
        names_(host.list<std::string>("/columns")),
        detail_(host.flag("/detail")),
        safe_(host.flag("/safe")),
        bom_(host.flag("/bom")) {}

  void open(const sonde_field* fields, uint32_t count, uint32_t stride) {
    columns_ = sonde::choose_columns(fields, count, stride, names_, detail_);
    file_.open(path_);
    std::string& out = file_.buffer();
    if (bom_) out += "\xef\xbb\xbf";
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i) out += ',';
      append_field(out, columns_[i].name);
    }
    out += "\r\n";
    file_.write({});
  }

  void write(std::span<const sonde_task> records) {
    for (sonde_task record : records) {
      std::string& out = file_.buffer();
      size_t start = out.size();
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (i) out += ',';
        append_cell(out, columns_[i], record);
      }
      // A record of one empty cell would be an empty line, which readers skip.
      if (out.size() == start) out += "\"\"";
      out += "\r\n";
      file_.write({});
    }
  }

  void flush() { file_.sync(); }

  void close(bool commit) {
    if (commit)
      file_.publish();
    else
      file_.discard();
  }

 private:
  // Lists joined by commas, maps as a JSON object. The guard looks at text only: -3 is a number and stays one.
  void append_cell(std::string& out, const sonde::Column& column, sonde_task record) {
    sonde::Items items(host_, record, column);
    if (items.size() == 0) return;
    int decimals = column.name.ends_with("_ms") ? 3 : -1;
    bool map = column.shape == SONDE_MAP, text_first = false;
    cell_.assign(map ? "{" : "");
    bool first = true;
    std::string_view key;
    sonde_value v{};
    for (uint32_t i = 0; i < items.size(); ++i) {
      if (!items.get(i, key, v)) continue;
      if (!first)
        cell_ += ',';
      else
        text_first = v.type == SONDE_TEXT;
      first = false;
      if (map) {
        sonde::json::append_text(cell_, key);
        cell_ += ':';
        sonde::json::append_value(cell_, v, decimals);
      } else {
        append_plain(cell_, v, decimals);
      }
    }
    if (map)
      cell_ += '}';
    else if (safe_ && text_first && looks_like_formula(cell_))
      cell_.insert(cell_.begin(), '\'');
    append_field(out, cell_);
  }

  sonde::Context host_;
  std::string path_;
  std::vector<std::string> names_;
  bool detail_, safe_, bom_;
  std::vector<sonde::Column> columns_;
  sonde::OutputFile file_;
  std::string cell_;
};

}  // namespace

SONDE_EXPORTER(CsvExporter, about)
