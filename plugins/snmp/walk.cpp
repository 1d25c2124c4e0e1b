// The walk: bindings of an answer go round the columns of the question (RFC 3416, 4.2.3).
#include "walk.hpp"

#include <algorithm>
#include <utility>

namespace sonde::snmp {

bool Appetite::less() {
  if (!bulk) return false;
  if (repetitions > 1)
    repetitions /= 2;
  else
    bulk = false;
  return true;
}

Walk::Walk(std::vector<Oid> columns, WalkLimits limits)
    : columns_(std::move(columns)), limits_(limits), cells_(columns_.size()), cursor_(columns_) {
  for (size_t i = 0; i < columns_.size(); ++i) open_.push_back(i);
}

Request Walk::next(const Appetite& appetite) const {
  Request request;
  request.operation = appetite.bulk ? Operation::get_bulk : Operation::get_next;
  request.repetitions = appetite.repetitions;
  for (size_t column : open_) request.oids.push_back(cursor_[column]);
  return request;
}

void Walk::answered(const Request& request, const Reply& reply) {
  const std::vector<size_t> asked = open_;
  if (reply.error == error_no_such_name && reply.error_index >= 1 &&
      static_cast<size_t>(reply.error_index) <= asked.size()) {
    close(asked[static_cast<size_t>(reply.error_index) - 1]);  // v1 at the end of what it has
    return;
  }
  if (reply.error != 0) return cut("error " + std::to_string(reply.error));
  if (reply.bindings.empty()) return cut("an empty answer");
  const size_t most = request.operation == Operation::get_bulk ? asked.size() * request.repetitions : asked.size();
  for (size_t i = 0; i < std::min(most, reply.bindings.size()) && !open_.empty(); ++i) {
    const size_t column = asked[i % asked.size()];
    const bool open = std::find(open_.begin(), open_.end(), column) != open_.end();
    if (open && !take(column, reply.bindings[i])) close(column);
  }
}

bool Walk::take(size_t column, const Binding& binding) {
  const Oid& root = columns_[column];
  if (binding.value.kind == Value::Kind::end || !is_under(binding.name, root)) return false;
  if (binding.name <= cursor_[column]) {
    if (incomplete_.empty()) incomplete_ = "its objects do not increase";
    return false;
  }
  if (cells_[column].size() >= limits_.rows) {
    if (incomplete_.empty()) incomplete_ = "more than " + std::to_string(limits_.rows) + " rows";
    return false;
  }
  bytes_ += binding.name.size() + binding.value.octets.size() + binding.value.oid.size() + sizeof(uint64_t);
  if (bytes_ > limits_.bytes) {
    cut("more bytes than max_bytes");
    return true;
  }
  cursor_[column] = binding.name;
  if (binding.value.there())
    cells_[column].emplace(Oid(binding.name.begin() + static_cast<std::ptrdiff_t>(root.size()), binding.name.end()),
                           binding.value);
  return true;
}

void Walk::close(size_t column) {
  std::erase(open_, column);
}

void Walk::abandon(const std::string& why) {
  cut(why);
}

void Walk::cut(const std::string& why) {
  if (incomplete_.empty()) incomplete_ = why;
  open_.clear();
}

}  // namespace sonde::snmp
