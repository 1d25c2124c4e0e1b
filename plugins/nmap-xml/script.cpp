// Tables become objects when their members have keys and arrays when they have none; in a mixed one the members without
// a key stand in a list "values".
#include "script.hpp"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <string_view>

#include "json_object.hpp"

namespace sonde::nmap_xml {

namespace {
constexpr std::size_t most_key = 255;
constexpr std::size_t most_output = 16u << 10, most_data = 256u << 10, most_of_one = 1u << 20;
constexpr std::size_t most_named = 1000;

std::string quoted(std::string_view text) {
  std::string out;
  json::append_text(out, clipped(text, most_output));
  return out;
}

bool member(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name == "table" || name == "elem";
}

/// The depth is bounded by the Splitter.
std::string value_of(const pugi::xml_node& node) {
  if (std::string_view(node.name()) == "elem") return quoted(node.child_value());
  std::string list;
  JsonObject object;
  std::set<std::string> keys;
  for (const pugi::xml_node& child : node.children()) {
    if (!member(child)) continue;
    const std::string key = clipped(child.attribute("key").value(), most_key);
    if (key.empty() || key == "values" || !keys.insert(key).second)
      append_item(list, value_of(child));
    else
      object.raw(key, value_of(child));
  }
  if (object.empty()) return list.empty() ? "{}" : list + "]";
  if (!list.empty()) object.raw("values", list + "]");
  return object.str();
}
}  // namespace

std::string scripts_in(const pugi::xml_node& parent) {
  JsonObject all;
  std::set<std::string_view> ids;
  std::size_t size = 0, left_out = 0;
  for (const pugi::xml_node& script : parent.children("script")) {
    const std::string_view id = script.attribute("id").value();
    if (id.empty() || !ids.insert(id).second) continue;
    const std::string_view output = script.attribute("output").value();
    const bool structured = std::any_of(script.begin(), script.end(), member);
    std::string data = structured ? value_of(script) : std::string();
    JsonObject one;
    one.text("output", clipped(output, most_output));
    const bool cut = output.size() > most_output || data.size() > most_data;
    if (!data.empty() && data.size() <= most_data) one.raw("data", data);
    if (cut) one.raw("truncated", "true");
    const std::string text = one.str();
    // What there is no room for is named, as long as there are not too many names either.
    const bool fits = size + text.size() <= most_of_one;
    if (fits)
      size += text.size();
    else if (++left_out > most_named)
      break;
    all.raw(clipped(id, 255), fits ? text : R"({"truncated":true})");
  }
  return all.empty() ? std::string() : all.str();
}

}  // namespace sonde::nmap_xml
