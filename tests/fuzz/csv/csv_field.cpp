// A field reads back by RFC 4180 as it was written, and does not run into the next one.
#include "csv_writer.hpp"

namespace {

// One field from the front; what follows it is left in `rest`.
std::string read_field(std::string_view& rest) {
  std::string out;
  if (!rest.starts_with('"')) {
    size_t end = std::min(rest.find_first_of(",\r\n"), rest.size());
    out = rest.substr(0, end);
    rest.remove_prefix(end);
    if (out.find('"') != std::string::npos) __builtin_trap();
    return out;
  }
  for (rest.remove_prefix(1); !rest.empty(); rest.remove_prefix(1)) {
    if (rest.front() == '"') {
      rest.remove_prefix(1);
      if (!rest.starts_with('"')) return out;
    }
    out += rest.front();
  }
  __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size), line;
  sonde::csv_exporter::append_field(line, input);
  line += ",next";
  std::string_view rest = line;
  if (read_field(rest) != input || rest != ",next") __builtin_trap();
  return 0;
}
