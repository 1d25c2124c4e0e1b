// Messages from an agent, as answers to a community, to a user with keys, and to a discovery: no crash, nothing kept of
// what was refused, and a table of what came is JSON. The first four octets are the request id, so that others match.
#include "message.hpp"

#include <array>

#include "envelope.hpp"
#include "tables.hpp"
#include "walk.hpp"

namespace {

using namespace sonde::snmp;

Credential community() {
  Credential out;
  out.community = "public";
  return out;
}

/// What came is walked as if it were rows of each table.
void make_tables(const Reply& reply) {
  for (const char* name : {"interfaces", "addresses", "arp", "entity", "lldp"}) {
    const Table& table = *find_table(name);
    Walk walk(columns_of(table), {8, 4096});
    for (int i = 0; i < 3 && !walk.done(); ++i) walk.answered(walk.next({}), reply);
    for (const Walk::Cells& column : walk.cells())
      if (column.size() > 8) __builtin_trap();
    const std::string json = table.json(walk.cells());
    if (json.size() < 2 || json.front() != '[' || json.back() != ']') __builtin_trap();
    if (walk.bytes() > 4096 + 65536) __builtin_trap();
  }
}

void try_as(std::span<const uint8_t> message, int32_t id, const Credential& credential, Engine engine) {
  Request request;
  request.id = id;
  Reply reply;
  const Engine before = engine;
  const Fate fate = decode(message, request, credential, engine, 5'000'000'000, reply);
  if (fate != Fate::taken) {
    if (engine.id != before.id || engine.boots != before.boots || engine.authentic != before.authentic)
      __builtin_trap();
    return;
  }
  // Nobody without the keys makes a clock that is believed.
  if (engine.authentic && !before.authentic) __builtin_trap();
  if (before.known() && engine.id != before.id) __builtin_trap();
  if (reply.bindings.size() > most_bindings) __builtin_trap();
  if (reply.report == Report::none && credential.level != Level::none) __builtin_trap();
  make_tables(reply);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  static const Credential reader = community(), open = make_credential({"3", "", "lab", "", "", "", ""}, "fuzz"),
                          user =
                              make_credential({"3", "", "lab", "SHA-256", "labauthpass", "AES", "labprivpass"}, "fuzz");
  static const Engine engine{std::string("\x80\x00\x1f\x88\x04sonde-lab", 14), 7, 1000, 0, false};
  const int32_t id = static_cast<int32_t>((uint32_t{data[0]} & 0x7f) << 24 | uint32_t{data[1]} << 16 |
                                          uint32_t{data[2]} << 8 | data[3]);
  const std::span<const uint8_t> message(data + 4, size - 4);
  Credential old = reader;
  old.version = Version::v1;
  try_as(message, id, reader, {});
  try_as(message, id, old, {});
  try_as(message, id, discovery(), {});
  try_as(message, id, open, engine);
  try_as(message, id, user, engine);
  return 0;
}
