// Reading an inventory back: the JSON array or JSON lines, record by record, and the run document that belongs to it.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "inventory/delta.hpp"
#include "inventory/json_window.hpp"
#include "inventory/snapshot.hpp"

namespace sonde::core {
namespace {

/// Cuts an inventory into its records. What is between the brackets of one is left to parse_json.
class Cutter {
 public:
  Cutter(JsonWindow& window, const std::string& name) : window_(window), name_(name) {}

  Result<InventoryRecords> records() {
    window_.take("\xEF\xBB\xBF");
    window_.skip_space();
    Result<void> done;
    // An empty file is what `format: jsonl` writes of a run that found nothing.
    if (window_.has()) done = window_.front() == '{' ? lines() : array();
    if (window_.error() != 0)
      return failure("file-unreadable", "cannot read " + name_ + ": " + std::strerror(window_.error()));
    if (!done) return tl::unexpected(done.error());
    records_.sort();
    return std::move(records_);
  }

 private:
  Result<void> lines() {
    for (;; window_.skip_space()) {
      if (!window_.has()) return {};
      while (window_.has() && window_.front() != '\n') window_.skip();
      if (window_.too_long()) return bad("a record is longer than 64 MiB");
      if (Result<void> added = add(window_.since_mark()); !added) return added;
    }
  }

  Result<void> array() {
    if (!window_.take('[')) return bad("expected '['");
    window_.skip_space();
    for (bool first = true; !window_.take(']'); first = false) {
      if (!first && !window_.take(',')) return bad("expected ',' or ']'");
      window_.skip_space();
      if (!window_.has() || window_.front() != '{') return bad("expected a record, which begins with '{'");
      window_.mark();
      if (!window_.skip_value())
        return bad(window_.too_long() ? "a record is longer than 64 MiB" : "the file ends in the middle of a record");
      if (Result<void> added = add(window_.since_mark()); !added) return added;
      window_.skip_space();
    }
    window_.skip_space();
    return window_.has() ? bad("there is something behind the closing ']'") : Result<void>();
  }

  Result<void> add(std::string_view json) {
    Result<Value> record = parse_json(json);
    if (!record) return bad(record.error().text);
    const Value* ip = record->find("ip");
    if (record->object() == nullptr || ip == nullptr || ip->text() == nullptr) return bad("a record has no \"ip\"");
    const auto address = address_of(*record);
    if (!address) return bad('"' + ip->text()->substr(0, 60) + "\" is no address");
    records_.add(*address, json);
    return {};
  }

  tl::unexpected<Diagnostic> bad(std::string what) const {
    return failure("inventory-invalid", "not an inventory: " + std::move(what), {},
                   SourceSpan{name_, static_cast<uint32_t>(window_.line()), 0, 0});
  }

  JsonWindow& window_;
  const std::string& name_;
  InventoryRecords records_;
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

bool is_regular(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// What people name by mistake, told by name instead of by its first wrong character.
std::optional<Diagnostic> known_by_sight(std::string_view text, const std::string& path) {
  const auto found = [&](std::string what, std::string hint) {
    return Diagnostic{"inventory-invalid", "this is " + std::move(what) + ", not an inventory", std::move(hint),
                      SourceSpan{path, 0, 0, 0}, Severity::error};
  };
  const std::string remedy = "name what the json exporter or the history wrote, such as inventory.json";
  if (text.starts_with("{\"sonde_journal\":")) return found("the journal of a run", remedy);
  if (text.find("\"run_id\"") != std::string_view::npos && is_regular(path))
    if (const auto run = read_run_document(path)) {
      std::vector<std::string_view> written;
      for (const std::string& output : run->outputs)
        if (output.ends_with(".json")) written.push_back(output);
      return found("the document of a run", written.empty() ? remedy : "its inventory is " + join(written, ", "));
    }
  if (path.ends_with(".csv")) return found("a CSV file", remedy);
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return found("a YAML file", remedy);
  return std::nullopt;
}

}  // namespace

std::optional<IpAddress> address_of(const Value& record) {
  const Value* ip = record.find("ip");
  if (ip == nullptr || ip->text() == nullptr) return std::nullopt;
  const std::string& text = *ip->text();
  const Result<IpAddress> parsed = IpAddress::parse(text);
  if (parsed) return *parsed;
  // A zone of another machine, or of an interface that is gone: the same name must stay the same address. FNV-1a, with
  // the top bit set, which no interface index has.
  const std::size_t percent = text.find('%');
  if (percent == std::string::npos || percent + 1 == text.size()) return std::nullopt;
  const Result<IpAddress> bare = IpAddress::parse(std::string_view(text).substr(0, percent));
  if (!bare || !bare->is_link_local()) return std::nullopt;
  uint32_t zone = 2166136261u;
  for (char c : std::string_view(text).substr(percent + 1)) zone = (zone ^ static_cast<uint8_t>(c)) * 16777619u;
  return IpAddress(bare->bytes(), zone | 0x80000000u);
}

Result<InventoryRecords> parse_records(std::string_view text, const std::string& name_for_messages) {
  JsonWindow window(text);
  return Cutter(window, name_for_messages).records();
}

/// A damaged document beside a good inventory is an error, not silence: without it nothing could be called gone.
Result<std::optional<RunDocument>> run_document_of(const std::string& path) {
  const std::string directory = directory_of(path), name = path.substr(directory.size());
  const std::string own = directory + name.substr(0, name.rfind('.')) + ".run.json";
  if (own != path && exists(own)) {
    Result<RunDocument> run = read_run_document(own);
    if (!run) return tl::unexpected(run.error());
    return std::optional(std::move(*run));
  }
  const std::string shared = directory + "run.json";
  if (shared == path || !exists(shared)) return std::optional<RunDocument>();
  Result<RunDocument> run = read_run_document(shared);
  if (!run) return tl::unexpected(run.error());
  const bool names_it = std::find(run->outputs.begin(), run->outputs.end(), name) != run->outputs.end();
  return names_it ? std::optional(std::move(*run)) : std::nullopt;
}

Result<Snapshot> read_snapshot(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure("file-unreadable", "cannot read " + path + ": " + std::strerror(errno));
  JsonWindow window(file.get());
  Result<InventoryRecords> records = Cutter(window, path).records();
  if (!records && records.error().id != "inventory-invalid") return tl::unexpected(records.error());
  if (!records) return tl::unexpected(known_by_sight(window.head(), path).value_or(records.error()));
  auto run = run_document_of(path);
  if (!run) return tl::unexpected(run.error());
  return Snapshot{path, std::move(*records), std::move(*run)};
}

}  // namespace sonde::core
