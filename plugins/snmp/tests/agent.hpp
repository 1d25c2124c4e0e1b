// For tests: an agent of v1, v2c and v3 discovery that answers from a map of objects, with the habits of real ones.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "messages.hpp"

namespace sonde::snmp::wire {

class Agent {
 public:
  std::string community = "public";
  std::string engine = engine_id;  ///< empty: speaks no v3
  std::set<int> versions = {0, 1};
  int64_t most_repetitions = 1000;  ///< more is dropped; 0: all GETBULKs are
  size_t most_objects = 1000;       ///< more in one GET is too big
  Oid sore;                         ///< a GET with it fails as a whole: genErr that names no object
  int refusal = 3;                  ///< the usmStats that users hear of
  bool in_circles = false;          ///< GETNEXT never gets further than the first object
  std::map<Oid, std::string> objects;
  std::vector<Asked> heard;

  Agent() {
    set("1.3.6.1.2.1.1.1.0", text("Lab switch 24 ports"));
    set("1.3.6.1.2.1.1.2.0", name("1.3.6.1.4.1.9.1.516"));
    set("1.3.6.1.2.1.1.3.0", wire::number(4711, 0x43));
    set("1.3.6.1.2.1.1.4.0", text(""));
    set("1.3.6.1.2.1.1.5.0", text("core-switch"));
  }
  void set(const char* oid, const std::string& value) { objects[parse_oid(oid).value()] = value; }

  std::optional<std::string> answer(const std::string& question) {
    const Asked asked = read_question(question);
    heard.push_back(asked);
    if (asked.version == 3) {
      if (engine.empty()) return std::nullopt;
      return v3_message(
          asked.id, engine, "",
          pdu(0xa8, 0, 0, 0,
              binding("1.3.6.1.6.3.15.1.1." + std::to_string(asked.community.empty() ? 4 : refusal) + ".0",
                      wire::number(1, 0x41))));
    }
    if (asked.community != community || versions.count(asked.version) == 0) return std::nullopt;
    const auto reply = [&](const std::string& bindings, int64_t error = 0, int64_t index = 0) {
      return community_message(asked.version, community, pdu(0xa2, asked.id, error, index, bindings));
    };
    for (const std::string& oid : asked.oids)
      if (asked.tag == 0xa0 && parse_oid(oid) == sore) return reply("", 5, 0);
    if (asked.oids.size() > most_objects) return reply("", 1, 0);
    if (asked.tag == 0xa5 && asked.repetitions > most_repetitions) return std::nullopt;
    std::string bindings;
    std::vector<std::string> cursors = asked.oids;
    for (int64_t round = 0; round < (asked.tag == 0xa5 ? asked.repetitions : 1); ++round)
      for (size_t i = 0; i < cursors.size(); ++i) {
        const auto found = asked.tag == 0xa0 ? objects.find(parse_oid(cursors[i]).value()) : after(cursors[i]);
        if (found == objects.end() && asked.version == 0) return reply("", 2, static_cast<int64_t>(i) + 1);
        if (found != objects.end()) cursors[i] = to_text(found->first);
        bindings +=
            binding(cursors[i], found != objects.end() ? found->second : tlv(asked.tag == 0xa0 ? 0x81 : 0x82, ""));
      }
    return reply(bindings);
  }

 private:
  std::map<Oid, std::string>::iterator after(const std::string& cursor) {
    const Oid at = parse_oid(cursor).value();
    return in_circles ? objects.lower_bound({1, 3, 6, 1, 2, 1, 2}) : objects.upper_bound(at);
  }
};

}  // namespace sonde::snmp::wire
