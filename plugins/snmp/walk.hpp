// A walk through columns of a table, several in step: which question comes next, and what an answer means. Pure state.
//
// Devices that choke on large GETBULKs are asked for half as much, then by GETNEXT. What does not increase, leaves its
// column or comes twice ends the column, so that no device leads in circles.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "message.hpp"

namespace sonde::snmp {

/// How a device likes to be asked; learned by one table, kept for the next.
struct Appetite {
  bool bulk = true;  ///< never with v1
  uint32_t repetitions = 10;
  /// After a question that stayed without an answer: half as much, in the end by GETNEXT. False: it is that already.
  bool less();
};

struct WalkLimits {
  size_t rows = 1000;         ///< of each column
  size_t bytes = 256 * 1024;  ///< of names and values, together
};

class Walk {
 public:
  Walk(std::vector<Oid> columns, WalkLimits limits);

  bool done() const { return open_.empty(); }
  /// Operation, oids and repetitions of the next question; its id is the caller's.
  Request next(const Appetite& appetite) const;
  void answered(const Request& request, const Reply& reply);
  void abandon(const std::string& why);

  /// By column as given: index below the column -> value, in order.
  using Cells = std::map<Oid, Value>;
  const std::vector<Cells>& cells() const { return cells_; }
  size_t bytes() const { return bytes_; }
  /// Why it ended before its end; empty: it did not.
  const std::string& incomplete() const { return incomplete_; }

 private:
  bool take(size_t column, const Binding& binding);
  void close(size_t column);
  void cut(const std::string& why);

  std::vector<Oid> columns_;
  WalkLimits limits_;
  std::vector<Cells> cells_;
  std::vector<Oid> cursor_;   ///< by column: the last name that came
  std::vector<size_t> open_;  ///< columns that go on
  size_t bytes_ = 0;
  std::string incomplete_;
};

}  // namespace sonde::snmp
