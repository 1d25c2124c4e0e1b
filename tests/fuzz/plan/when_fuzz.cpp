// `when:` expressions: whatever the text, a message with its place or an expression that can be asked.
#include <cstdlib>

#include "plan/when.hpp"

using namespace sonde::core;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const FieldTable fields;
  static const IpAddress host = IpAddress::v4(0x0a010203);
  static const std::vector<Fact> facts = {
      {FieldTable::alive, 0, {}, Scalar::boolean(true)},
      {FieldTable::rtt_ms, 0, {}, Scalar::of(1.5)},
      {FieldTable::hostname, 0, {}, Scalar::of(std::string("printer"))},
      {FieldTable::ports, 0, {}, Scalar::of(uint64_t{22})},
      {FieldTable::banners, 0, "22", Scalar::of(std::string("SSH-2.0"))},
      {FieldTable::os, 0, {}, Scalar::json(R"({"name":["Linux"]})")},
  };
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const SourceSpan where{"f.yaml", 1, 10, 0};
  auto when = When::compile(text, where, fields);
  if (!when) {
    const Diagnostic& why = when.error();
    if (why.text.empty() || why.where.column < 10 || why.where.column > 10 + text.size()) std::abort();
    return 0;
  }
  const bool known = (*when)->test(host, facts);
  // Its negation is one that parses too, and says the opposite.
  auto opposite = When::compile("not (" + std::string(text) + ")", where, fields);
  if (opposite && (*opposite)->test(host, facts) == known) std::abort();
  (*when)->test(host, {});
  When::compile(text, where, fields, true);
  return 0;
}
