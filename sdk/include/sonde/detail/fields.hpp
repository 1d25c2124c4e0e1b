// Typed handles of the fields that a plugin writes and reads: the index of the ABI with a type around it.
#ifndef SONDE_DETAIL_FIELDS_HPP
#define SONDE_DETAIL_FIELDS_HPP
#include <sonde/plugin.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace sonde {

// Types of fields that have no type of their own in C++: Scalar<Time>, List<Ip>.
struct Json {};   // one JSON value as text
struct Any {};    // any scalar: put what sonde::any<T>() makes
struct Bytes {};  // octets
struct Time {};   // ns since the epoch, UTC, as int64_t
struct Ip {};     // 16 octets in network order; IPv4 mapped (::ffff:a.b.c.d)

namespace detail {
template <class T> struct type_of;
template <> struct type_of<bool> { static constexpr uint32_t value = SONDE_BOOL; using put = bool; };
template <> struct type_of<int64_t> { static constexpr uint32_t value = SONDE_I64; using put = int64_t; };
template <> struct type_of<uint64_t> { static constexpr uint32_t value = SONDE_U64; using put = uint64_t; };
template <> struct type_of<double> { static constexpr uint32_t value = SONDE_F64; using put = double; };
template <> struct type_of<std::string_view> { static constexpr uint32_t value = SONDE_TEXT; using put = std::string_view; };
template <> struct type_of<Json> { static constexpr uint32_t value = SONDE_JSON; using put = std::string_view; };
template <> struct type_of<Bytes> { static constexpr uint32_t value = SONDE_BYTES; using put = std::string_view; };
template <> struct type_of<Time> { static constexpr uint32_t value = SONDE_TIME; using put = int64_t; };
template <> struct type_of<Ip> { static constexpr uint32_t value = SONDE_IP; using put = std::array<uint8_t, 16>; };
template <> struct type_of<Any> { static constexpr uint32_t value = SONDE_NULL; using put = sonde_value; };
}  // namespace detail

// A field of the host record. Index: its place in the array that fields() makes; checked at compile time there. Name and
// help are static texts. Constant, so usable on any thread.
template <class T, uint32_t Shape>
struct Field {
  uint32_t index;
  const char *name;
  const char *help;
  uint32_t flags = 0;  // SONDE_F_REQUIRED, SONDE_F_DETAIL
  constexpr sonde_field raw() const { return {name, detail::type_of<T>::value, Shape, flags, 0, help}; }
};
template <class T> using Scalar = Field<T, SONDE_SCALAR>;
template <class T> using List = Field<T, SONDE_LIST>;
template <class T> using Map = Field<T, SONDE_MAP>;

// The array for the descriptor: `inline constexpr auto outputs = sonde::fields(alive, ports);`
template <class... F>
consteval std::array<sonde_field, sizeof...(F)> fields(const F &...f) {
  uint32_t expected = 0;
  bool in_order = ((f.index == expected++) && ...);
  if (!in_order) throw "the index of a field is its place in fields(...)";
  return {f.raw()...};
}

}  // namespace sonde
#endif
