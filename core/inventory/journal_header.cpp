// The first lines of a journal. All of them are checked: what the others mean depends on them.
#include <sonde/plugin.h>

#include "inventory/journal_lines.hpp"
#include "inventory/journal_values.hpp"

namespace sonde::core::journal {
namespace {

bool read_flag(const Value& v, bool& out) {
  if (v.boolean() == nullptr) return false;
  out = *v.boolean();
  return true;
}

bool read_stage_details(const Value& list, JournalHeader& header) {
  if (list.array() == nullptr || list.array()->size() != header.stages.size()) return false;
  for (const Value& item : *list.array()) {
    const Value::Array* parts = item.array();
    if (parts == nullptr || parts->size() != 6) return false;
    JournalStage& stage = header.stage_details.emplace_back();
    const bool texts = read_text(&(*parts)[0], stage.plugin) && read_text(&(*parts)[1], stage.version) &&
                       read_text(&(*parts)[2], stage.unavailable);
    const bool flags = texts && read_flag((*parts)[3], stage.enabled) && read_flag((*parts)[4], stage.writes_alive) &&
                       read_flag((*parts)[5], stage.adaptive);
    if (!flags) return false;
  }
  return true;
}

constexpr std::size_t known = FieldTable::well_known_count;

/// Those behind the well-known ones, one by one: a sonde that has more or fewer well-known ones wrote another number.
bool has_own_fields_of_this_sonde(const JournalHeader& header, const Value* own) {
  return own == nullptr || own->array() == nullptr || header.fields.size() == known + own->array()->size();
}

bool read_own_fields(const Value* list, JournalHeader& header) {
  if (list == nullptr || list->array() == nullptr || !has_own_fields_of_this_sonde(header, list)) return false;
  for (const Value& item : *list->array()) {
    const Value::Array* parts = item.array();
    uint64_t type = 0, shape = 0;
    Field& field = header.own_fields.emplace_back();
    const bool good = parts != nullptr && parts->size() == 4 && read_number(&(*parts)[0], type, SONDE_JSON) &&
                      read_number(&(*parts)[1], shape, SONDE_MAP) && read_flag((*parts)[2], field.detail) &&
                      read_text(&(*parts)[3], field.help);
    if (!good) return false;
    field.name = header.fields[known + header.own_fields.size() - 1];
    field.type = static_cast<uint32_t>(type);
    field.shape = static_cast<uint32_t>(shape);
  }
  return true;
}

bool read_filled(const Value* list, JournalHeader& header) {
  if (list == nullptr || list->array() == nullptr) return false;
  for (const Value& item : *list->array()) {
    uint64_t id = 0;
    if (header.fields.empty() || !read_number(&item, id, header.fields.size() - 1)) return false;
    if (!header.filled.empty() && id <= header.filled.back()) return false;
    header.filled.push_back(static_cast<FieldId>(id));
  }
  return true;
}

/// Absent in journals of an older sonde, and where it would be long.
bool read_questions(const Value* list, JournalHeader& header) {
  if (list == nullptr) return true;
  std::vector<std::string> questions;
  if (!read_texts(list, questions) || questions.size() != header.stages.size()) return false;
  std::size_t size = 0;
  for (const std::string& asks : questions) size += asks.size();
  if (size > longest_asks) return true;  // no sonde writes that, and nothing but a message is lost
  for (std::size_t i = 0; i < questions.size(); ++i) header.stage_details[i].asks = std::move(questions[i]);
  return true;
}

/// All of it or nothing: a header without these is one of a sonde that could not merge.
bool read_details(const Value& line, JournalHeader& header) {
  const Value* stages = line.find("stage_details");
  if (stages == nullptr) return true;
  uint64_t index = 0, count = 0;
  if (!read_pair(line.find("shard"), index, count) || count > 65536 || index >= count) return false;
  header.shard_index = static_cast<uint32_t>(index);
  header.shard_count = static_cast<uint32_t>(count);
  return read_texts(line.find("exclusions"), header.exclusions) && read_stage_details(*stages, header) &&
         read_questions(line.find("asks"), header) && read_own_fields(line.find("own_fields"), header) &&
         read_filled(line.find("filled"), header);
}

}  // namespace

Result<JournalHeader> parse_header(std::string_view line, const std::string& path, uint64_t* more) {
  const auto bad = [&](const std::string& what) {
    return failure("journal-unreadable", path + " is not a journal that can be read: " + what);
  };
  if (!line.starts_with(header_begin)) return bad("its first line is no journal header");
  const Result<Value> parsed = parse_json(line);
  if (!parsed || parsed->object() == nullptr) return bad("the header is damaged");
  JournalHeader header;
  uint64_t format = 0;
  if (!read_number(parsed->find("sonde_journal"), format)) return bad("the header has no format number");
  if (format != 1 && format != 2)
    return bad("it has format " + std::to_string(format) +
               ", this sonde reads formats 1 and 2; resume it with the sonde that wrote it");
  uint64_t lines = 0;
  if (format == 2 && !read_number(parsed->find("more"), lines)) return bad("the header does not say how long it is");
  if (more != nullptr) *more = lines;
  const bool texts =
      read_text(parsed->find("run_id"), header.run_id) && read_text(parsed->find("pipeline"), header.pipeline) &&
      read_text(parsed->find("plan_hash"), header.plan_hash) && read_text(parsed->find("started"), header.started);
  const bool numbers = read_number(parsed->find("seed"), header.seed) &&
                       read_number(parsed->find("targets"), header.targets) &&
                       read_slice(parsed->find("slice"), header.slice);
  const bool lists = read_texts(parsed->find("scope"), header.scope) &&
                     read_texts(parsed->find("fields"), header.fields) &&
                     read_texts(parsed->find("stages"), header.stages);
  if (!texts || !numbers || !lists) return bad("a member of the header is missing or of the wrong type");
  if (header.fields.size() >= no_field || header.stages.size() > 255)
    return bad("the header names too many fields or stages");
  if (header.slice.end() > header.targets) return bad("its slice is larger than its targets");
  if (!has_own_fields_of_this_sonde(header, parsed->find("own_fields")))
    return bad("it has other fields than this sonde; read it with the sonde that wrote it");
  if (!read_details(*parsed, header)) return bad("what its header says of stages and fields is damaged");
  return header;
}

Result<JournalHeader> read_header(LineReader& lines, const std::string& path) {
  std::string_view line;
  if (!lines.next(line)) return failure("journal-unreadable", path + " is empty or has no whole line");
  uint64_t more = 0;
  auto header = parse_header(line, path, &more);
  if (!header) return header;
  for (; more != 0; --more) {
    if (!lines.next(line))
      return failure("journal-unreadable", path + " is not a journal that can be read: it ends within its header");
    const Result<Value> ranges = parse_json(line);
    const Value *scope = nullptr, *exclusions = nullptr;
    if (ranges) scope = ranges->find("scope"), exclusions = ranges->find("exclusions");
    const bool good = scope != nullptr ? read_texts(scope, header->scope) : read_texts(exclusions, header->exclusions);
    if (!good)
      return failure("journal-unreadable",
                     path + ":" + std::to_string(lines.number()) + ": this line of the header is damaged");
  }
  return header;
}

}  // namespace sonde::core::journal
