// The options of a plugin as a struct. One list of names, members, defaults and descriptions; the JSON Schema of the
// descriptor is made from it while compiling, and the struct filled from what the host has checked. They cannot disagree.
//
//   struct Options { uint16_t port; std::chrono::nanoseconds wait; };
//   constexpr auto options = sonde::options<Options>(
//       sonde::Cost{.silent = "[1]", .alive = "[1]"},
//       sonde::option("port", &Options::port, 22, "TCP port to connect to", {.minimum = 1}),
//       sonde::option("wait", &Options::wait, "2s", "how long a banner may take"));
//
// `options.schema()` is for About::options_schema, `options.read(host)` for the constructor. Members may be bool, any
// integer or floating type, std::string, std::chrono::nanoseconds (a duration), std::vector of integers (a port list) or
// of std::string, and std::optional of one of the scalars (no default). What has no member of these types (nested
// objects) is for a schema written by hand and Context::option<T>("/pointer").
#ifndef SONDE_DETAIL_OPTIONS_HPP
#define SONDE_DETAIL_OPTIONS_HPP
#include <sonde/detail/context.hpp>

#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sonde {

// What one target costs: JSON of the words "silent", "alive", "wait" and "deadline" of x-sonde (docs/plugins.md, Options).
// All texts are static. Not given: the plugin sends nothing, and is not paced.
struct Cost {
  const char *silent = nullptr;    // packets to a target that never answers: R"(["tries"])"
  const char *alive = nullptr;     // packets to one that answers at once
  const char *wait = nullptr;      // ns that a silent target takes
  const char *deadline = nullptr;  // ns after which a task is over; not given: About::timeout_ms and the wait
};

// What a schema may say beyond the type. Bounds are in base units: ns, bytes. An integer has those of its type anyway.
struct Limits {
  std::optional<int64_t> minimum = {}, maximum = {};
  const char *format = nullptr;   // x-sonde: "path", "secret", "service", "cidr" of text; "bytes" of a uint64_t
  const char *choices = nullptr;  // the only values allowed, a JSON array: R"(["fast","thorough"])"
};

// For an option that must be given, or that a std::optional may lack.
struct NoDefault {};
inline constexpr NoDefault no_default{};

namespace detail {

struct Default {
  enum class Kind : uint8_t { none, boolean, number, text } kind = Kind::none;
  int64_t number = 0;
  const char *text = nullptr;  // of a real number too: "0.5"
  constexpr Default(NoDefault) {}
  constexpr Default(bool b) : kind(Kind::boolean), number(b ? 1 : 0) {}
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  constexpr Default(T n) : kind(Kind::number), number(static_cast<int64_t>(n)) {}
  constexpr Default(const char *t) : kind(Kind::text), text(t) {}
  Default(double) = delete;  // a real number is written as text: "0.5"
};

// Text of fixed capacity, written while compiling. Too long is an error of the compiler's.
template <size_t N> struct StaticText {
  char text[N] = {};
  size_t size = 0;
  constexpr StaticText &operator<<(std::string_view s) {
    for (char c : s) put(c);
    return *this;
  }
  constexpr StaticText &operator<<(int64_t n) {
    char digits[20] = {};
    size_t count = 0;
    auto rest = n < 0 ? uint64_t{0} - static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
    do digits[count++] = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (n < 0) put('-');
    while (count > 0) put(digits[--count]);
    return *this;
  }
  constexpr StaticText &quoted(std::string_view s) {
    put('"');
    for (char c : s) {
      if (c == '"' || c == '\\') put('\\');
      put(c == '\n' ? ' ' : c);
    }
    put('"');
    return *this;
  }
  constexpr void put(char c) {
    if (size + 1 >= N) throw "the schema is longer than its capacity: options<Options, 16384>(...)";
    text[size++] = c;
  }
};

template <class T> struct is_optional : std::false_type {};
template <class T> struct is_optional<std::optional<T>> : std::true_type { using value_type = T; };
template <class T> struct is_vector : std::false_type {};
template <class T> struct is_vector<std::vector<T>> : std::true_type { using value_type = T; };

// How a member is spelt in the schema, and read.
template <class T> struct option_traits {
  static constexpr bool whole = std::is_integral_v<T> && !std::is_same_v<T, bool>;
  static constexpr bool duration = std::is_same_v<T, std::chrono::nanoseconds>;
  static_assert(std::is_arithmetic_v<T> || duration || std::is_same_v<T, std::string>,
                "an option is a bool, a number, a std::string or std::chrono::nanoseconds");
  static constexpr const char *type = std::is_same_v<T, bool> ? "boolean" : whole ? "integer"
                                    : std::is_floating_point_v<T> ? "number" : "string";
  static T read(Context host, std::string_view pointer) {
    if constexpr (std::is_same_v<T, bool>) return host.option<bool>(pointer);
    else if constexpr (duration) return std::chrono::nanoseconds(host.option<int64_t>(pointer));
    else if constexpr (whole && std::is_signed_v<T>) return static_cast<T>(host.option<int64_t>(pointer));
    else if constexpr (whole) return static_cast<T>(host.option<uint64_t>(pointer));
    else if constexpr (std::is_floating_point_v<T>) return static_cast<T>(host.option<double>(pointer));
    else return host.option<std::string>(pointer);
  }
};

template <class S, class T> struct Option {
  const char *name;
  T S::*member;
  Default fallback;
  const char *help;
  Limits limits;

  template <size_t N> constexpr void describe(StaticText<N> &out) const {
    using V = typename unwrapped<T>::type;
    out.quoted(name) << ":{";
    if constexpr (is_vector<T>::value) {
      using E = typename is_vector<T>::value_type;
      if constexpr (option_traits<E>::whole) out << R"("type":"array","x-sonde":"ports")";
      else {
        out << R"("type":"array","items":{"type":)";
        out.quoted(option_traits<E>::type);
        if (limits.format) (out << R"(,"x-sonde":)").quoted(limits.format);
        out << "}";
      }
    } else {
      (out << R"("type":)").quoted(option_traits<V>::type);
      if constexpr (option_traits<V>::duration) out << R"(,"x-sonde":"duration")";
      if (limits.format) (out << R"(,"x-sonde":)").quoted(limits.format);
      auto minimum = limits.minimum, maximum = limits.maximum;
      if constexpr (option_traits<V>::whole) {
        if (!minimum && !std::is_same_v<V, int64_t>) minimum = static_cast<int64_t>(std::numeric_limits<V>::min());
        if (!maximum && sizeof(V) < sizeof(int64_t)) maximum = static_cast<int64_t>(std::numeric_limits<V>::max());
      }
      if (minimum) out << R"(,"minimum":)" << *minimum;
      if (maximum) out << R"(,"maximum":)" << *maximum;
      if (limits.choices) out << R"(,"enum":)" << limits.choices;
    }
    switch (fallback.kind) {
      case Default::Kind::none: break;
      case Default::Kind::boolean: out << R"(,"default":)" << (fallback.number ? "true" : "false"); break;
      case Default::Kind::number: out << R"(,"default":)" << fallback.number; break;
      case Default::Kind::text:
        out << R"(,"default":)";
        // Real numbers and lists are written as JSON; a port list is text as in a pipeline file.
        if constexpr (std::is_floating_point_v<V>) out << fallback.text;
        else if (is_vector<T>::value && fallback.text[0] == '[') out << fallback.text;
        else out.quoted(fallback.text);
    }
    (out << R"(,"description":)").quoted(help) << "}";
  }

  void read(Context host, S &to) const {
    const std::string pointer = std::string("/") + name;
    if constexpr (is_vector<T>::value) {
      using E = typename is_vector<T>::value_type;
      uint32_t n = host.host().option_count(host.raw_context(), str(pointer));
      for (uint32_t i = 0; i < n; ++i)
        (to.*member).push_back(option_traits<E>::read(host, pointer + "/" + std::to_string(i)));
    } else if constexpr (is_optional<T>::value) {
      sonde_value v{};
      if (host.host().option(host.raw_context(), str(pointer), SONDE_JSON, &v) == SONDE_OK)
        to.*member = option_traits<typename is_optional<T>::value_type>::read(host, pointer);
    } else {
      to.*member = option_traits<T>::read(host, pointer);
    }
  }
  constexpr bool required() const {
    return fallback.kind == Default::Kind::none && !is_optional<T>::value && !is_vector<T>::value;
  }

 private:
  template <class U> struct unwrapped { using type = U; };
  template <class U> struct unwrapped<std::optional<U>> { using type = U; };
};

template <class S, size_t N, class... T> class OptionSet {
 public:
  consteval OptionSet(Cost cost, Option<S, T>... all) : all_(all...) {
    text_ << R"({"type":"object","properties":{)";
    bool first = true;
    ((text_ << (std::exchange(first, false) ? "" : ","), all.describe(text_)), ...);
    text_ << "}";
    first = true;
    ((all.required() ? (text_ << (std::exchange(first, false) ? R"(,"required":[)" : ",")).quoted(all.name) : text_), ...);
    if (!first) text_ << "]";
    if (cost.silent || cost.alive || cost.wait || cost.deadline) {
      text_ << R"(,"x-sonde":{"cost":{)";
      first = true;
      add_cost(first, R"("silent":)", cost.silent);
      add_cost(first, R"("alive":)", cost.alive);
      add_cost(first, R"("wait":)", cost.wait);
      add_cost(first, R"("deadline":)", cost.deadline);
      text_ << "}}";
    }
    text_ << "}";
  }

  // For About::options_schema: static, ends in NUL. [any]
  constexpr const char *schema() const { return text_.text; }
  // What the host has checked and defaulted. [setup]; throws Failure only when the host and this schema disagree.
  S read(Context host) const {
    S out{};
    std::apply([&](const auto &...one) { (one.read(host, out), ...); }, all_);
    return out;
  }

 private:
  constexpr void add_cost(bool &first, const char *word, const char *json) {
    if (json) text_ << (std::exchange(first, false) ? "" : ",") << word << json;
  }
  StaticText<N> text_{};
  std::tuple<Option<S, T>...> all_;
};

}  // namespace detail

// One option: its name in a pipeline file, the member it fills, its default as it is written there ("2s" for a duration,
// "4KiB" for a size, "22,80" for ports, "0.5" for a real number; no_default), a sentence for people, and limits, in base
// units: {.minimum = 1'000'000} is 1 ms. All texts are static.
template <class S, class T>
consteval detail::Option<S, T> option(const char *name, T S::*member, detail::Default fallback, const char *help,
                                      Limits limits = {}) {
  return {name, member, fallback, help, limits};
}

// The set of them; `N` is the room for the schema's text.
template <class S, size_t N = 4096, class... T>
consteval detail::OptionSet<S, N, T...> options(Cost cost, detail::Option<S, T>... all) {
  return {cost, all...};
}
template <class S, size_t N = 4096, class... T>
consteval detail::OptionSet<S, N, T...> options(detail::Option<S, T>... all) {
  return {Cost{}, all...};
}

}  // namespace sonde
#endif
