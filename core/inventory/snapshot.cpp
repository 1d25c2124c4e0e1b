// Reading an inventory back: the JSON array or JSON lines, record by record, and the run document that belongs to it.
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/file.hpp"
#include "base/text.hpp"
#include "inventory/delta.hpp"
#include "inventory/snapshot.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t largest_snapshot = std::size_t{2} << 30;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Cuts an array into its elements, so that an inventory may be larger than one JSON text may be. What is between the
/// brackets of an element is left to parse_json.
class Cutter {
 public:
  Cutter(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  /// The next element; none at the end.
  Result<std::optional<std::string_view>> next() {
    skip_space();
    if (done_) return at_ == text_.size() ? none() : bad("there is something behind the closing ']'");
    if (!started_) {
      if (!take('[')) return bad("expected '['");
      started_ = true;
      skip_space();
      if (take(']')) return finish();
    } else if (take(']')) {
      return finish();
    } else if (!take(',')) {
      return bad("expected ',' or ']'");
    }
    skip_space();
    if (at_ >= text_.size() || text_[at_] != '{') return bad("expected a record, which begins with '{'");
    const std::size_t begin = at_;
    if (!skip_object()) return bad("the file ends in the middle of a record");
    return std::optional(text_.substr(begin, at_ - begin));
  }
  std::size_t line() const {
    return 1 +
           static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
  }

 private:
  static std::optional<std::string_view> none() { return std::nullopt; }
  Result<std::optional<std::string_view>> finish() {
    done_ = true;
    return next();
  }
  Result<std::optional<std::string_view>> bad(std::string what) const {
    return failure("inventory-invalid", "not an inventory: " + std::move(what), {},
                   SourceSpan{name_, static_cast<uint32_t>(line()), 0, 0});
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool skip_object() {
    std::size_t depth = 0;
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quoted) {
        if (c == '\\')
          ++at_;
        else if (c == '"')
          quoted = false;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        ++at_;
        return true;
      }
    }
    at_ = text_.size();
    return false;
  }
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  bool started_ = false, done_ = false;
};

/// Records by address; a later one replaces an earlier one.
class Collector {
 public:
  explicit Collector(const std::string& name) : name_(name) {}

  Result<void> add(std::string_view json, std::size_t line) {
    const SourceSpan where{name_, static_cast<uint32_t>(line), 0, 0};
    Result<Value> record = parse_json(json);
    if (!record) return failure("inventory-invalid", "not an inventory: " + record.error().text, {}, where);
    const Value* ip = record->find("ip");
    if (record->object() == nullptr || ip == nullptr || ip->text() == nullptr)
      return failure("inventory-invalid", "not an inventory: a record has no \"ip\"", {}, where);
    const auto address = address_of(*record);
    if (!address)
      return failure("inventory-invalid", "not an inventory: \"" + ip->text()->substr(0, 60) + "\" is no address", {},
                     where);
    const auto [place, fresh] = index_.try_emplace(*address, records_.size());
    if (fresh)
      records_.emplace_back(*address, std::move(*record));
    else
      records_[place->second].second = std::move(*record);
    return {};
  }
  std::vector<Value> take() {
    std::sort(records_.begin(), records_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Value> out;
    out.reserve(records_.size());
    for (auto& [address, record] : records_) out.push_back(std::move(record));
    return out;
  }

 private:
  const std::string& name_;
  std::vector<std::pair<IpAddress, Value>> records_;
  std::unordered_map<IpAddress, std::size_t> index_;
};

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

Result<RunDocument> read_run_document(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  Result<Value> value = parse_json(*text, path);
  if (!value) return tl::unexpected(value.error());
  Result<RunDocument> run = run_document_from(*value);
  if (!run) run.error().where.file = path;
  return run;
}

/// What people name by mistake, told by name instead of by its first wrong character.
std::optional<Diagnostic> known_by_sight(std::string_view text, const std::string& path) {
  const auto found = [&](std::string what, std::string hint) {
    return Diagnostic{"inventory-invalid", "this is " + std::move(what) + ", not an inventory", std::move(hint),
                      SourceSpan{path, 0, 0, 0}, Severity::error};
  };
  const std::string remedy = "name what the json exporter or the history wrote, such as inventory.json";
  if (text.starts_with("{\"sonde_journal\":")) return found("the journal of a run", remedy);
  if (text.substr(0, 4096).find("\"run_id\"") != std::string_view::npos)
    if (const Result<Value> whole = parse_json(text); whole && run_document_from(*whole)) {
      std::vector<std::string_view> written;
      if (const Value* outputs = whole->find("outputs"); outputs != nullptr && outputs->array() != nullptr)
        for (const Value& output : *outputs->array())
          if (output.text() != nullptr && output.text()->ends_with(".json")) written.push_back(*output.text());
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

Result<std::vector<Value>> parse_records(std::string_view text, const std::string& name_for_messages) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Collector records(name_for_messages);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {  // JSON lines
    std::size_t line = 1;
    for (std::size_t begin = 0; begin < text.size(); ++line) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view json = text.substr(begin, end - begin);
      if (json.find_first_not_of(" \t\r") != std::string_view::npos)
        if (Result<void> added = records.add(json, line); !added) return tl::unexpected(added.error());
      begin = end + 1;
    }
    return records.take();
  }
  // An empty file is what `format: jsonl` writes of a run that found nothing.
  if (first == std::string_view::npos) return records.take();
  Cutter cutter(text, name_for_messages);
  for (;;) {
    auto element = cutter.next();
    if (!element) return tl::unexpected(element.error());
    if (!*element) return records.take();
    // The line is wanted for messages alone, and counting it each time would be quadratic.
    if (Result<void> added = records.add(**element, 0); !added) {
      added.error().where.line = static_cast<uint32_t>(cutter.line());
      return tl::unexpected(added.error());
    }
  }
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
  Result<std::string> text = read_file(path, largest_snapshot);
  if (!text) return tl::unexpected(text.error());
  Result<std::vector<Value>> records = parse_records(*text, path);
  if (!records) return tl::unexpected(known_by_sight(*text, path).value_or(records.error()));
  auto run = run_document_of(path);
  if (!run) return tl::unexpected(run.error());
  return Snapshot{path, std::move(*records), std::move(*run)};
}

}  // namespace sonde::core
