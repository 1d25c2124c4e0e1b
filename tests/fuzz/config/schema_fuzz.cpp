// Any bytes as a plugin's options schema, then its own defaults and any bytes as options.
#include <cstdlib>
#include <string_view>

#include "config/json_schema.hpp"
#include "config/schema.hpp"
#include "config/yaml.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto split = text.find('\n');
  const auto schema = parse_schema(text.substr(0, split));
  if (!schema) return 0;
  expectation(*schema);
  to_json(editor_schema(*schema));
  Diagnostics yaml;
  const auto options = parse_yaml(split == std::string_view::npos ? "" : text.substr(split + 1), "", yaml);
  Diagnostics out;
  const Value checked = check_options(options.value_or(Value()), *schema, {"stage 'x'", "sonde describe x", "/b"}, out);
  display(redacted(checked, *schema), *schema);
  if (has_secret(*schema)) without_secrets(checked, *schema);
  out.render_sorted();
  return 0;
}
