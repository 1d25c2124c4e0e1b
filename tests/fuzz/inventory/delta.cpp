// Any bytes as two inventories and a run document, parted by NUL: read, compared, shown in all forms.
#include <algorithm>
#include <string_view>

#include "inventory/delta.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto part = [&] {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
  };
  Snapshot before, after;
  for (Snapshot* snapshot : {&before, &after}) {
    auto records = parse_records(part(), "fuzz");
    if (!records) return 0;
    snapshot->records = std::move(*records);
  }
  if (const auto value = parse_json(part()))
    if (auto run = run_document_from(*value)) {
      (void)to_json(to_value(*run));
      after.run = std::move(*run);
    }
  const auto compared = compare(before, after);
  if (!compared) __builtin_trap();
  const Delta& delta = *compared;
  for (const DeltaFormat format : {DeltaFormat::text, DeltaFormat::json, DeltaFormat::markdown})
    (void)render(delta, format, true);
  if (!compare(after, after).value().empty()) __builtin_trap();
  return 0;
}
