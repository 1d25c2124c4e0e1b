// The document of a run out of its file. That may be larger than one JSON text may be, and than one should be in
// memory: it names each range of the scope, and each host that is new or gone. So it is read member by member, and what
// is kept of it has a bound: the file may be an enemy's.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "base/descriptor.hpp"
#include "inventory/json_window.hpp"
#include "inventory/run_document.hpp"

namespace sonde::core {
namespace {

constexpr const char* no_value = "the file ends too early, or a value is missing";
constexpr std::size_t most_text_of_members = JsonWindow::largest_piece;  // all but the ranges

/// What run_document_from() looks at; the rest need not be in memory. Not the delta: it is passed over as well.
bool is_read(std::string_view name) {
  constexpr std::array<std::string_view, 22> names = {
      "run_id",          "pipeline",    "plan_hash",      "sonde_version", "seed",    "started",
      "ended",           "complete",    "scope",          "exclusions",    "targets", "settled",
      "responding",      "packets",     "stages",         "slowed_to",     "outputs", "not_covered",
      "dropped_receive", "merged_from", "partly_scanned", "why_incomplete"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

class DocumentFile {
 public:
  DocumentFile(int descriptor, const std::string& path, std::size_t most_ranges)
      : window_(descriptor), path_(path), most_ranges_(most_ranges) {}

  Result<RunDocument> read() {
    Result<void> members = read_members();
    if (window_.error() != 0)
      return failure("file-unreadable", "cannot read " + path_ + ": " + std::strerror(window_.error()));
    if (!members) return tl::unexpected(members.error());
    Result<RunDocument> run = run_document_from(rest_);
    if (!run) {
      run.error().where.file = path_;
      return run;
    }
    run->scope = std::move(scope_);
    run->exclusions = std::move(exclusions_);
    run->partly_scanned = std::move(partly_scanned_);
    return run;
  }

 private:
  Result<void> read_members() {
    window_.take("\xEF\xBB\xBF");
    window_.skip_space();
    if (!window_.take('{')) return bad("expected '{'");
    window_.skip_space();
    for (bool first = true; !window_.take('}'); first = false) {
      if (!first && !window_.take(',')) return bad("expected ',' or '}'");
      window_.skip_space();
      const Result<Value> name = value();
      if (!name) return tl::unexpected(name.error());
      if (name->text() == nullptr) return bad("expected the name of a member, in quotes");
      if (is_read(*name->text()) && !seen_.insert(*name->text()).second)
        return bad("the member " + json_quote(*name->text()) + " is there twice");
      window_.skip_space();
      if (!window_.take(':')) return bad("expected ':'");
      window_.skip_space();
      if (auto done = member(*name->text()); !done) return done;
      window_.skip_space();
    }
    window_.skip_space();
    return window_.has() ? bad("there is something behind the closing '}'") : Result<void>();
  }

  Result<void> member(const std::string& name) {
    const bool is_list = window_.has() && window_.front() == '[';
    std::vector<std::string>* const kept = name == "scope"            ? &scope_
                                           : name == "exclusions"     ? &exclusions_
                                           : name == "partly_scanned" ? &partly_scanned_
                                                                      : nullptr;
    if (is_list && kept != nullptr) {
      rest_.set(name, Value(Value::Array{}));
      return ranges(name, *kept);
    }
    if (!is_read(name)) return window_.skip_value(false) ? Result<void>() : bad(no_value);
    Result<Value> read = value();
    if (!read) return tl::unexpected(read.error());
    if ((text_of_members_ += window_.since_mark().size()) > most_text_of_members)
      return bad("its members are longer than 64 MiB together");
    rest_.set(name, std::move(*read));
    return {};
  }

  Result<void> ranges(const std::string& name, std::vector<std::string>& out) {
    window_.skip();
    window_.skip_space();
    for (bool first = true; !window_.take(']'); first = false) {
      if (!first && !window_.take(',')) return bad("expected ',' or ']'");
      window_.skip_space();
      const Result<Value> range = value();
      if (!range) return tl::unexpected(range.error());
      // An empty text has a size as well.
      if (range->text() == nullptr || (size_of_ranges_ += sizeof(std::string) + range->text()->size()) > most_ranges_)
        return failure("run-document-invalid",
                       "this is not the document of a run: /" + name + "/" + std::to_string(out.size()) +
                           (range->text() == nullptr ? " is not text" : " is beyond what is read"),
                       {}, here());
      out.push_back(*range->text());
      window_.skip_space();
    }
    return {};
  }

  Result<Value> value() {
    window_.mark();
    if (!window_.skip_value()) return bad(window_.too_long() ? "a member is longer than 64 MiB" : no_value);
    Result<Value> read = parse_json(window_.since_mark());
    if (!read) return bad(read.error().text);
    return read;
  }

  SourceSpan here() const { return {path_, static_cast<uint32_t>(window_.line()), 0, 0}; }
  tl::unexpected<Diagnostic> bad(std::string what) const { return failure("json-syntax", std::move(what), {}, here()); }

  JsonWindow window_;
  const std::string& path_;
  const std::size_t most_ranges_;  ///< bytes
  std::set<std::string> seen_;
  Value rest_{Value::Object{}};
  std::vector<std::string> scope_, exclusions_, partly_scanned_;
  std::size_t text_of_members_ = 0, size_of_ranges_ = 0;
};

}  // namespace

Result<RunDocument> read_run_document(const std::string& path, std::size_t most_ranges) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure("file-unreadable", "cannot read " + path + ": " + std::strerror(errno));
  return DocumentFile(file.get(), path, most_ranges).read();
}

}  // namespace sonde::core
