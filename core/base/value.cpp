// The tree itself: members, paths.
#include "base/value.hpp"

#include <algorithm>
#include <charconv>

namespace sonde::core {

Value::Value() = default;
Value::Value(bool b) : data_(b) {}
Value::Value(int64_t i) : data_(i) {}
Value::Value(uint64_t u) : data_(u) {}
Value::Value(double d) : data_(d) {}
Value::Value(std::string s) : data_(std::move(s)) {}
Value::Value(const char* s) : data_(std::string(s)) {}
Value::Value(Array a) : data_(std::move(a)) {}
Value::Value(Object o) : data_(std::move(o)) {}
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

const Value* Value::find(std::string_view key) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(), [&](const Member& m) { return m.key == key; });
  return found == members->end() ? nullptr : &found->value;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

void Value::set(std::string key, Value v) {
  if (is_null()) data_ = Object{};
  Object* members = object();
  if (members == nullptr) return;
  if (Value* there = find(key)) {
    *there = std::move(v);
  } else {
    members->push_back(Member{std::move(key), {}, std::move(v)});
  }
}

const Value* Value::at_pointer(std::string_view pointer) const {
  const Value* here = this;
  while (here != nullptr && !pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const auto slash = std::min(pointer.find('/'), pointer.size());
    const std::string_view token = pointer.substr(0, slash);
    pointer.remove_prefix(slash);

    if (const Array* items = here->array()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
      const bool number = error == std::errc{} && end == token.data() + token.size();
      const bool leading_zero = token.size() > 1 && token[0] == '0';
      here = number && !leading_zero && index < items->size() ? &(*items)[index] : nullptr;
      continue;
    }
    std::string key;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] != '~') {
        key += token[i];
        continue;
      }
      if (++i >= token.size() || (token[i] != '0' && token[i] != '1')) return nullptr;
      key += token[i] == '0' ? '~' : '/';
    }
    here = here->find(key);
  }
  return here;
}

}  // namespace sonde::core
