#include "check/export_play.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/file.hpp"
#include "check/checking_host.hpp"
#include "engine/convert.hpp"

namespace sonde::core::check {

namespace {

/// What a careless format makes of these: broken quoting, formulas, terminal escapes, another line.
const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {"",
                                                 "\"quoted\", and, commas",
                                                 "=HYPERLINK(\"http://127.0.0.1\")",
                                                 "line\r\nfeed\ttab",
                                                 "\x1b[31mred\x1b[0m",
                                                 "<script>alert(1)</script>&amp;",
                                                 "back\\slash {brace} 'tick'",
                                                 "\xe2\x80\xaeright to left",
                                                 std::string("nul\0inside", 10),
                                                 std::string(65536, 'x')};
  return texts;
}

class ExportHost final : public CheckingHost {
 public:
  ExportHost(const Subject& subject, const ExportPlay& play, Notes& notes)
      : CheckingHost(subject, notes, 0, 1, 1), play_(play) {
    for (std::size_t i = 0; i < FieldTable::well_known_count; ++i) add_field(static_cast<FieldId>(i));
    const auto own =
        fields_.bind_output("other", "other.note", SONDE_TEXT, SONDE_SCALAR, false, "a plugin's own field");
    add_field(*own);
    for (uint32_t i = 0; i < play.records; ++i) records_.push_back(make_record(i));
  }

  Exported run() {
    Exported out;
    if (!step(out, "create()", create(play_.from_the_future))) return out;
    const sonde_exporter& api = *subject_.plugin.exporter;
    sonde_err e = SONDE_OK;
    {
      const Callback here(*this, Where::setup, "open()");
      e = api.open(instance_, raw_.data(), static_cast<uint32_t>(raw_.size()), sizeof(sonde_field));
    }
    bool good = step(out, "open()", e) && write_all(out);
    if (good && play_.commit) {
      {
        const Callback here(*this, Where::worker, "flush()");
        e = api.flush(instance_);
      }
      good = step(out, "flush()", e);
    }
    if (play_.leave_open) return out;
    if (out.step != "open()") {
      {
        const Callback here(*this, Where::setup, "close()");
        e = api.close(instance_, good && play_.commit ? 1 : 0);
      }
      if (good) step(out, "close()", e);
    }
    destroy();
    return out;
  }

  uint32_t count(sonde_task task, uint32_t field) override {
    const auto* items = find(task, field, "count");
    return items ? static_cast<uint32_t>(items->size()) : 0;
  }
  sonde_err get(sonde_task task, uint32_t field, uint32_t item, sonde_str* key, sonde_value* out) override {
    const auto* items = find(task, field, "get");
    if (!items) return SONDE_E_STALE;
    if (item >= items->size()) return SONDE_E_ABSENT;
    if (key) *key = {(*items)[item].key.data(), (*items)[item].key.size()};
    *out = to_abi((*items)[item].value);
    return SONDE_OK;
  }
  sonde_err document(std::string_view name, sonde_str* out) override {
    static const std::string text = "{}";
    if (name != "run" && name != "coverage" && name != "delta") return SONDE_E_ABSENT;
    *out = {text.data(), text.size()};
    return SONDE_OK;
  }

 private:
  using Items = std::vector<FoldedItem>;

  void add_field(FieldId id) {
    const Field& f = fields_[id];
    names_.push_back(std::make_unique<std::pair<std::string, std::string>>(f.name, f.help));
    raw_.push_back({names_.back()->first.c_str(), f.type, f.shape, f.detail ? uint32_t{SONDE_F_DETAIL} : 0u, 0,
                    names_.back()->second.c_str()});
  }

  std::vector<Items> make_record(uint32_t n) const {
    std::vector<Items> record(raw_.size());
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      const std::size_t many = raw_[i].shape == SONDE_SCALAR ? 1 : play_.hostile ? hostile_texts().size() : 2;
      if (play_.hostile && (n + i) % 7 == 6) continue;  // absent
      for (std::size_t k = 0; k < many; ++k) {
        const std::string key = raw_[i].shape != SONDE_MAP ? ""
                                : play_.hostile            ? hostile_texts()[k].substr(0, 100) + std::to_string(k)
                                                           : std::to_string(22 + k) + "/tcp";
        record[i].push_back({key, value(raw_[i].type, n, i + k)});
      }
    }
    Scalar ip = Scalar::of(std::string());
    ip.type = SONDE_IP;
    const IpAddress address = IpAddress::v4(0x7f000001u + n);
    ip.text.assign(address.bytes().begin(), address.bytes().end());
    record[0] = {{"", ip}};
    return record;
  }

  Scalar value(uint32_t type, uint32_t n, std::size_t k) const {
    switch (type) {
      case SONDE_BOOL:
        return Scalar::boolean(k % 2 == 0);
      case SONDE_I64:
        return Scalar::of(play_.hostile ? INT64_MIN : int64_t{-5} + n);
      case SONDE_U64:
        return Scalar::of(play_.hostile ? UINT64_MAX - k : uint64_t{20} + k);
      case SONDE_F64:
        return Scalar::of(play_.hostile ? -1.7976931348623157e308 : 0.25 * (1 + n));
      case SONDE_JSON:
        return Scalar::json(play_.hostile ? R"({"a":["\u0000\"",{"b":null}],"c":1e308})" : R"({"service":"ssh"})");
      default: {
        // A map of any type mixes them.
        if (type == SONDE_NULL && k % 3 == 1) return Scalar::of(uint64_t{7});
        Scalar s =
            Scalar::of(play_.hostile ? hostile_texts()[(n + k) % hostile_texts().size()] : "text " + std::to_string(n));
        if (type != SONDE_NULL) s.type = type;
        return s;
      }
    }
  }

  bool write_all(Exported& out) {
    int refused_in_a_row = 0;
    for (std::size_t done = 0; done < records_.size();) {
      first_ = done;
      batch_ = std::min<std::size_t>(play_.batch, records_.size() - done);
      ++serial_;
      std::vector<sonde_task> tasks;
      for (std::size_t i = 0; i < batch_; ++i) tasks.push_back(serial_ << 32 | (i + 1));
      int32_t k = 0;
      {
        const Callback here(*this, Where::worker, "write()");
        k = subject_.plugin.exporter->write(instance_, tasks.data(), static_cast<uint32_t>(tasks.size()));
      }
      if (k < 0 && k != SONDE_E_AGAIN) return step(out, "write()", k);
      if (k > static_cast<int32_t>(batch_)) {
        notes_.add(Rule::partial,
                   "write() was given " + std::to_string(batch_) + " records and returned " + std::to_string(k));
        return step(out, "write()", SONDE_E_IO);
      }
      if (k > 0) refused_in_a_row = 0;
      if (k <= 0 && ++refused_in_a_row > 1000) return step(out, "write(), which takes nothing,", SONDE_E_AGAIN);
      done += static_cast<std::size_t>(std::max(k, 0));
    }
    batch_ = 0;
    return true;
  }

  const Items* find(sonde_task task, uint32_t field, const char* call) {
    const uint64_t i = (task & 0xffffffff) - 1;
    if (task == 0 || task >> 32 != serial_ || i >= batch_) {
      notes_.add(Rule::stale, std::string(call) + "(), in " + callback() + ", about a record of an earlier write()");
      return nullptr;
    }
    if (field >= raw_.size()) {
      notes_.add(Rule::record, std::string(call) + "() of field " + std::to_string(field) + "; open() was given " +
                                   std::to_string(raw_.size()));
      return nullptr;
    }
    return &records_[first_ + i][field];
  }

  bool step(Exported& out, const char* name, sonde_err e) {
    if (e == SONDE_OK) return true;
    out.error = e;
    out.step = name;
    out.failure = take_failure(0);
    return false;
  }

  const ExportPlay play_;
  FieldTable fields_;
  std::vector<std::unique_ptr<std::pair<std::string, std::string>>> names_;
  std::vector<sonde_field> raw_;
  std::vector<std::vector<Items>> records_;
  std::size_t first_ = 0, batch_ = 0;
  uint64_t serial_ = 0;
};

}  // namespace

Exported play_export(const Subject& subject, const ExportPlay& play, Notes& notes) {
  static auto& hosts = *new std::vector<std::unique_ptr<ExportHost>>;  // kept: a thread that is left behind may call
  hosts.push_back(std::make_unique<ExportHost>(subject, play, notes));
  return hosts.back()->run();
}

std::map<std::string, std::string> published(const std::string& directory) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> out;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec))
    if (it->is_regular_file(ec))
      out[fs::relative(it->path(), directory, ec).string()] =
          read_file(it->path().string(), std::size_t{256} << 20).value_or("(unreadable)");
  std::string printed(1 << 20, '\0');
  const ssize_t n = ::pread(STDOUT_FILENO, printed.data(), printed.size(), 0);
  if (n > 0) out["standard output"] = printed.substr(0, static_cast<std::size_t>(n));
  return out;
}

}  // namespace sonde::core::check
