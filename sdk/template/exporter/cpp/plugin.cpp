// my-exporter: writes one host a line, with tabs between the cells. Write your own format here.
#include <sonde/columns.hpp>
#include <sonde/output_file.hpp>
#include <sonde/plugin.hpp>

#include <string>
#include <vector>

#include "cell.hpp"

namespace {

// "path", "hosts", "columns" and "detail" mean the same in every exporter; sonde itself reads "hosts".
struct Options {
  std::string path, hosts;
  std::vector<std::string> columns;
  bool detail;
};
constexpr auto options = sonde::options<Options>(
    sonde::option("path", &Options::path, "hosts.tsv", "file to write; - is standard output", {.format = "path"}),
    sonde::option("hosts", &Options::hosts, "responding", "which hosts have a line",
                  {.choices = R"(["responding","known","all"])"}),
    sonde::option("columns", &Options::columns, sonde::no_default, "fields to write, in this order; not given: all"),
    sonde::option("detail", &Options::detail, false, "also the fields that explain others"));

constexpr sonde::About about = {.id = "my-exporter",
                                .version = "1.0.0",
                                .summary = "writes one host a line",
                                .license = "Apache-2.0",
                                .options_schema = options.schema(),
                                .needs = SONDE_NEED_FILES};

class Exporter {
 public:
  explicit Exporter(sonde::Context host) : host_(host), options_(options.read(host)) {}

  void open(const sonde_field* fields, uint32_t count, uint32_t stride) {
    columns_ = sonde::choose_columns(fields, count, stride, options_.columns, options_.detail);
    file_.open(options_.path);
    std::string head;
    for (const sonde::Column& column : columns_) head += (head.empty() ? "" : "\t") + column.name;
    file_.write(head + "\n");
  }
  void write(std::span<const sonde_task> records) {
    for (sonde_task record : records) file_.write(line(record));
  }
  void flush() { file_.sync(); }
  void close(bool commit) { commit ? file_.publish() : file_.discard(); }

 private:
  // A list as "22,80", a map as "22=SSH-2.0,80=nginx".
  std::string line(sonde_task record) const {
    std::string out;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += '\t';
      sonde::Items items(host_, record, columns_[i]);
      for (uint32_t k = 0; k < items.size(); ++k) {
        std::string_view key;
        sonde_value value{};
        if (!items.get(k, key, value)) continue;
        if (k > 0) out += ',';
        if (columns_[i].shape == SONDE_MAP) append_cell(out, key), out += '=';
        append_value(out, value);
      }
    }
    return out + "\n";
  }

  sonde::Context host_;
  Options options_;
  std::vector<sonde::Column> columns_;
  sonde::OutputFile file_;
};

}  // namespace

SONDE_EXPORTER(Exporter, about)
