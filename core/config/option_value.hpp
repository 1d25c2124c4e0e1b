// One value as somebody wrote it: how messages name it, and as what it may be read.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/value.hpp"
#include "config/schema.hpp"

namespace sonde::core {

/// Printable, and no longer than a message bears.
std::string shortened(std::string_view text);
/// "the text 'x'", "a list", "the number 7": what stands where something else was expected.
std::string described(const Value&);
bool same_scalar(const Value& a, const Value& b);
/// Place, origin and quotes of what was written go to what was made of it.
void carry_place(const Value& from, Value& to);
/// "a, b" out of a variable, where a list is wanted.
Value split_text(const Value&);
/// `version: 3` where "3" is one of the words. No other number: 1.10 is 1.1 by the time it comes here.
std::optional<Value> whole_number_as_choice(const Value&, const Schema&);
/// Text whose type nobody has chosen, as YAML would type it.
Value retyped(const Value&);
/// Nothing when it is of another type.
std::optional<Value> typed_as(const Value&, SchemaType);
/// "did you mean 'x'?" of the words that the schema lists, or empty.
std::string near_choice(const Value&, const Schema&);

}  // namespace sonde::core
