#include "engine/export_instance.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/convert.hpp"
#include "engine/crash.hpp"
#include "engine/creation.hpp"
#include "plugins/option_reason.hpp"

namespace sonde::core {

namespace {

/// A member of a JSON object as the scalar that it is; objects and lists stay JSON.
std::optional<Scalar> member_of(const Scalar& json, std::string_view name) {
  const Result<Value> object = parse_json(json.text);
  const Value* v = object && object->object() != nullptr ? object->find(name) : nullptr;
  if (v == nullptr || v->is_null()) return std::nullopt;
  if (v->text() != nullptr) return Scalar::of(*v->text());
  if (v->boolean() != nullptr) return Scalar::boolean(*v->boolean());
  return Scalar::json(to_json(*v));
}

}  // namespace

ExportFields::ExportFields(const FieldTable& fields, const std::vector<FieldId>& filled,
                           const std::vector<ColumnPlan>& columns) {
  const auto add = [&](FieldId id, const char* name, uint32_t type, uint32_t shape) {
    const Field& f = fields[id];
    raw.push_back({name, type, shape, f.detail ? uint32_t{SONDE_F_DETAIL} : 0u, 0, f.help.c_str()});
  };
  for (const FieldId id : filled) {
    all.push_back({id, {}, false});
    add(id, fields[id].name.c_str(), fields[id].type, fields[id].shape);
  }
  for (const ColumnPlan& column : columns) {
    const Field& f = fields[column.field];
    const bool known = std::find(filled.begin(), filled.end(), column.field) != filled.end();
    if (column.part.empty() && known) continue;
    const bool map = f.shape == SONDE_MAP;
    all.push_back({column.field, column.part, map});
    if (column.part.empty())
      add(column.field, column.name.c_str(), f.type, f.shape);
    else
      add(column.field, column.name.c_str(), map ? f.type : uint32_t{SONDE_NULL}, SONDE_SCALAR);
  }
}

const std::string* Documents::find(std::string_view name) {
  if (!of) return nullptr;
  if (name == "run") {
    if (run.empty()) run = to_json(*of);
    return &run;
  }
  if (name == "coverage") {
    if (coverage.empty()) coverage = to_json(coverage_of(*of));
    return &coverage;
  }
  if (name != "delta" || !of->delta) return nullptr;
  if (delta.empty()) delta = to_json(*of->delta);
  return &delta;
}

ExportInstance::ExportInstance(const OutputPlan& output, const FieldTable& fields, const std::vector<FieldId>& filled,
                               Documents& documents)
    : HostCalls(&output.options), output_(output), fields_(fields, filled, output.columns), documents_(documents) {}

ExportInstance::~ExportInstance() {
  if (!instance_) return;
  CrashScope scope(output_.plugin->id.c_str(), output_.name.c_str());
  output_.plugin->plugin->destroy(instance_);
}

Result<void> ExportInstance::check(sonde_err e, const char* step) {
  if (e >= 0) return {};
  std::string why = take_failure(0);
  if (why.empty()) why = std::string(step) + " failed (" + std::to_string(e) + ")";
  const std::string subject = "output '" + output_.name + "': ";
  if (e == SONDE_E_CONFIG)
    return tl::unexpected(
        option_mistakes(why, subject, "sonde describe " + output_.plugin->id, output_.options, output_.where));
  const OptionReason reason = place_reason(why, output_.options, output_.where);
  return failure("output-unwritable", subject + reason.text, {}, reason.where);
}

Result<void> ExportInstance::create() {
  CrashScope scope(output_.plugin->id.c_str(), output_.name.c_str());
  const sonde_err e = output_.plugin->plugin->create(context(), table(), &instance_);
  if (e != SONDE_OK) instance_ = nullptr;
  return check(e, "create()");
}

Result<void> ExportInstance::open() {
  CrashScope scope(output_.plugin->id.c_str(), output_.name.c_str());
  return check(output_.plugin->exporter->open(instance_, fields_.raw.data(), static_cast<uint32_t>(fields_.raw.size()),
                                              sizeof(sonde_field)),
               "open()");
}

Result<void> ExportInstance::write(std::span<const FoldedRecord* const> records) {
  CrashScope scope(output_.plugin->id.c_str(), output_.name.c_str());
  std::vector<sonde_task> tasks;
  constexpr std::size_t batch = 256;
  uint32_t refused_in_a_row = 0;
  for (std::size_t done = 0; done < records.size();) {
    records_ = records.subspan(done, std::min(batch, records.size() - done));
    ++serial_;
    members_.clear();
    tasks.clear();
    for (std::size_t i = 0; i < records_.size(); ++i) tasks.push_back(serial_ << 32 | (i + 1));
    const int32_t k = output_.plugin->exporter->write(instance_, tasks.data(), static_cast<uint32_t>(tasks.size()));
    if (k < 0 && k != SONDE_E_AGAIN) return check(k, "write()");
    if (k > static_cast<int32_t>(tasks.size())) return check(SONDE_E_IO, "write() took more than it was given; it");
    if (k <= 0) {
      if (++refused_in_a_row > 1000) return check(SONDE_E_IO, "write() took nothing for seconds; it");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (k > 0) refused_in_a_row = 0;
    done += static_cast<std::size_t>(std::max(k, 0));
  }
  records_ = {};
  return {};
}

Result<void> ExportInstance::close(bool commit) {
  CrashScope scope(output_.plugin->id.c_str(), output_.name.c_str());
  if (commit && output_.plugin->exporter->flush) {
    if (auto flushed = check(output_.plugin->exporter->flush(instance_), "flush()"); !flushed) {
      output_.plugin->exporter->close(instance_, 0);
      return flushed;
    }
  }
  return check(output_.plugin->exporter->close(instance_, commit ? 1 : 0), "close()");
}

void ExportInstance::log(sonde_task, int level, std::string_view message) {
  if (level <= SONDE_LOG_WARN)
    messages_.push_back(speaker("output", output_.name, *output_.plugin) + ": " + std::string(message));
}

const FoldedField* ExportInstance::find(sonde_task task, uint32_t field) const {
  const uint64_t i = (task & 0xffffffff) - 1;
  if (task >> 32 != serial_ || i >= records_.size() || field >= fields_.all.size()) return nullptr;
  return records_[i]->find(fields_.all[field].id);
}

const Scalar* ExportInstance::part_of(sonde_task task, uint32_t field) {
  const FoldedField* f = find(task, field);
  if (!f || f->items.empty()) return nullptr;
  const ExportFields::One& wanted = fields_.all[field];
  if (wanted.map) {
    const auto item = std::find_if(f->items.begin(), f->items.end(),
                                   [&](const FoldedItem& i) { return std::string_view(i.key) == wanted.part; });
    return item == f->items.end() ? nullptr : &item->value;
  }
  const auto [place, fresh] = members_.try_emplace({task, field});
  if (fresh) place->second = member_of(f->items.front().value, wanted.part);
  return place->second ? &*place->second : nullptr;
}

uint32_t ExportInstance::count(sonde_task task, uint32_t field) {
  const FoldedField* f = find(task, field);
  if (f && !fields_.all[field].part.empty()) return part_of(task, field) ? 1 : 0;
  return f ? static_cast<uint32_t>(f->items.size()) : 0;
}

sonde_err ExportInstance::get(sonde_task task, uint32_t field, uint32_t item, sonde_str* key, sonde_value* out) {
  const uint64_t i = (task & 0xffffffff) - 1;
  if (task >> 32 != serial_ || i >= records_.size()) return SONDE_E_STALE;
  const FoldedField* f = find(task, field);
  if (f && !fields_.all[field].part.empty()) {
    const Scalar* part = item == 0 ? part_of(task, field) : nullptr;
    if (!part) return SONDE_E_ABSENT;
    if (key) *key = {};
    *out = to_abi(*part);
    return SONDE_OK;
  }
  if (!f || item >= f->items.size()) return SONDE_E_ABSENT;
  if (key) *key = {f->items[item].key.data(), f->items[item].key.size()};
  // A zone does not fit into 16 bytes: such an address goes out as the text that names it.
  if (fields_.all[field].id == FieldTable::ip && records_[i]->ip.zone() != 0) {
    zoned_ip_ = records_[i]->ip.to_string();
    *out = {};
    out->type = SONDE_TEXT;
    out->as.s = {zoned_ip_.data(), zoned_ip_.size()};
    return SONDE_OK;
  }
  *out = to_abi(f->items[item].value);
  return SONDE_OK;
}

sonde_err ExportInstance::document(std::string_view name, sonde_str* out) {
  const std::string* text = documents_.find(name);
  if (!text) return SONDE_E_ABSENT;
  *out = {text->data(), text->size()};
  return SONDE_OK;
}

}  // namespace sonde::core
