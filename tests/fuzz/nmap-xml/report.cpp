// Reports: no crash; the same pieces whatever the sizes of the reads; a host found at its offset is the same host; JSON
// that closes what it opens and holds no control character.
#include <string>
#include <vector>

#include "reader.hpp"
#include "splitter.hpp"

namespace {
using namespace sonde::nmap_xml;

struct Seen {
  std::vector<std::string> pieces;
  std::vector<uint64_t> offsets;
  std::string error;
  bool whole = false;
};

Seen split(std::string_view text, std::size_t first, std::size_t step) {
  Seen out;
  Splitter splitter;
  const auto take = [&](const Piece& p) {
    out.pieces.push_back(std::string(1, static_cast<char>('0' + static_cast<int>(p.kind))) + std::string(p.text));
    out.offsets.push_back(p.offset);
  };
  for (std::size_t i = 0, n = first; i < text.size(); i += n, n = step)
    if (!splitter.feed(text.substr(i, n), take)) break;
  out.error = splitter.error();
  out.whole = splitter.whole();
  return out;
}

void check_json(const std::string& json) {
  std::string open;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (static_cast<unsigned char>(c) < 0x20) __builtin_trap();
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      open += c;
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != (c == '}' ? '{' : '[')) __builtin_trap();
      open.pop_back();
    }
  }
  if (quoted || !open.empty()) __builtin_trap();
}

void check_host(std::string_view element) {
  auto host = read_host(element);
  if (!host) return;
  for (const std::string* json : {&host->scripts, &host->os, &host->trace, &host->uptime}) check_json(*json);
  for (const Port& port : host->ports) {
    check_json(port.scripts);
    for (const auto& [name, json] : port.members) check_json(json);
  }
  if (host->down() && host->answered()) __builtin_trap();
  Host copy = *host;
  host->merge(std::move(copy));
  host->fold_ports();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t first = size == 0 ? 1 : 1 + data[size - 1] % 64;
  const Seen whole = split(text, size + 1, size + 1), parts = split(text, first, 1 + first % 13);
  if (whole.pieces != parts.pieces || whole.offsets != parts.offsets || whole.error != parts.error ||
      whole.whole != parts.whole)
    __builtin_trap();
  for (std::size_t i = 0; i < whole.pieces.size(); ++i) {
    const std::string_view piece = std::string_view(whole.pieces[i]).substr(1);
    switch (whole.pieces[i][0]) {
      case '0':
        read_head(piece);
        break;
      case '1': {
        check_host(piece);
        // As a lookup reads it again.
        bool same = false;
        Splitter again(whole.offsets[i], true);
        again.feed(text.substr(whole.offsets[i]), [&](const Piece& p) { same |= p.text == piece; });
        if (!same) __builtin_trap();
        break;
      }
      case '2':
        read_run_stats(piece);
        break;
      default:
        break;
    }
  }
  check_host(text);
  return 0;
}
