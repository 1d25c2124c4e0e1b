// Whatever bytes a plugin passes, the JSON text is valid, on one line, without a raw control character, and well-formed
// text reads back unchanged.
#include <nlohmann/json.hpp>
#include <sonde/json_writer.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string out;
  sonde::json::append_text(out, input);
  for (char c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) __builtin_trap();
  auto parsed = nlohmann::json::parse(out, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_string()) __builtin_trap();
  bool valid = true;
  for (size_t i = 0; i < input.size() && valid;) {
    uint32_t code = 0;
    size_t n = sonde::json::detail::decode(input.substr(i), code);
    valid = n > 0;
    i += n;
  }
  if (valid && parsed.get_ref<const std::string&>() != input) __builtin_trap();
  return 0;
}
