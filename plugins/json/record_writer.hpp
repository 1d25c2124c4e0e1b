// One record as one JSON object on one line. What never changes between records (order, nesting, quoted names) is
// worked out once.
#pragma once
#include <sonde/columns.hpp>

#include <string>
#include <vector>

namespace sonde::json_exporter {

class RecordWriter {
 public:
  RecordWriter() = default;
  /// Columns in their order; own fields "tls.subject", "tls.issuer" become one member "tls" at the first one's place.
  /// A map field of the same name ("snmp" beside "snmp.engine") shares that object.
  explicit RecordWriter(const std::vector<Column>& columns);
  /// Absent fields are left out, and so is a member without any.
  void append(std::string& out, Context host, sonde_task record) const;

 private:
  struct Leaf {
    Column column;
    std::string name;    ///< inside its member; empty for a field that is the member itself
    std::string quoted;  ///< "\"name\":"
    int decimals = -1;
  };
  struct Member {
    std::string name, quoted;
    bool nested = false;
    std::vector<Leaf> leaves;
  };
  static bool append_value(std::string& out, const Leaf& leaf, Context host, sonde_task record);
  static bool append_nested(std::string& out, const Member& member, Context host, sonde_task record);

  std::vector<Member> members_;
};

}  // namespace sonde::json_exporter
