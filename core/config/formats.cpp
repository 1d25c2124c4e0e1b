// One function a format. Numbers are taken where they leave no doubt: a port and a size are numbers, a duration without
// its unit is not.
#include "config/formats.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "config/scalar.hpp"

namespace sonde::core {
namespace {

std::string shown_number(const Value& v) {
  return to_json(v);
}

tl::unexpected<Diagnostic> not_a(const Schema& schema, const char* id, const std::string& hint = {}) {
  return failure(id, "takes " + expectation(schema), hint);
}

Result<Value> duration(const Value& v, const Schema& schema) {
  if (const std::string* text = v.text()) {
    const auto ns = parse_duration(*text);
    if (!ns) return tl::unexpected(ns.error());
    return Value(*ns);
  }
  const auto n = natural(v);
  if (n && *n == 0) return Value(int64_t{0});
  if (v.integer() || v.unsigned_integer() || v.real()) {
    const std::string number = shown_number(v);
    return failure("bad-duration", fmt::format("takes {}, found {} without a unit", expectation(schema), number),
                   fmt::format("write {0}ms or {0}s", number));
  }
  return not_a(schema, "wrong-type");
}

Result<Value> bytes(const Value& v, const Schema& schema) {
  if (const auto n = natural(v)) return Value(*n);
  const std::string* text = v.text();
  if (text == nullptr) return not_a(schema, v.integer() || v.real() ? "bad-bytes" : "wrong-type");
  const auto size = parse_size(*text);
  if (!size) return tl::unexpected(size.error());
  return Value(*size);
}

Result<void> add_ports(const Value& v, const Schema& schema, std::set<uint64_t>& ports) {
  if (const std::string* text = v.text()) {
    const auto parsed = parse_ports(*text);
    if (!parsed) return tl::unexpected(parsed.error());
    ports.insert(parsed->begin(), parsed->end());
    return {};
  }
  if (v.integer() || v.unsigned_integer()) {
    const auto n = natural(v);
    if (!n || *n < 1 || *n > 65535) {
      return failure("bad-port", fmt::format("{} is not a port", shown_number(v)), "ports are 1 to 65535");
    }
    ports.insert(*n);
    return {};
  }
  return not_a(schema, "wrong-type");
}

Result<Value> ports(const Value& v, const Schema& schema) {
  std::set<uint64_t> wanted;
  if (const Value::Array* list = v.array()) {
    for (const Value& entry : *list) {
      if (auto added = add_ports(entry, schema, wanted); !added) {
        if (added.error().where.line == 0) added.error().where = entry.where;
        return tl::unexpected(added.error());
      }
    }
  } else if (auto added = add_ports(v, schema, wanted); !added) {
    return tl::unexpected(added.error());
  }
  if (wanted.empty()) return failure("bad-port", "names no port", "expected ports such as 22,80,8000-8010");
  Value::Array list;
  for (const uint64_t port : wanted) {
    list.emplace_back(port);
    list.back().where = v.where;
    list.back().origin = v.origin;
  }
  return Value(std::move(list));
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

Result<void> service(std::string_view text) {
  std::string_view address = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) {
      return failure("bad-address", fmt::format("'{}' has no closing bracket", printable(text)), "[2001:db8::1]:53");
    }
    address = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty()) port = rest.starts_with(':') ? rest.substr(1) : std::string_view{};
  } else if (text.find(':') != std::string_view::npos && text.find(':') == text.rfind(':')) {
    address = text.substr(0, text.find(':'));
    port = text.substr(text.find(':') + 1);
  }
  if (const auto parsed = IpAddress::parse(address); !parsed) return tl::unexpected(parsed.error());
  if (port && !is_port(*port)) {
    return failure("bad-port", fmt::format("'{}' ends in no port", printable(text)),
                   "192.168.1.1:53, [2001:db8::1]:53");
  }
  return {};
}

}  // namespace

Result<Value> convert_format(const Value& value, const Schema& schema, const std::string& path_base) {
  if (schema.format == Format::duration) return duration(value, schema);
  if (schema.format == Format::bytes) return bytes(value, schema);
  if (schema.format == Format::ports) return ports(value, schema);
  const std::string* text = value.text();
  if (text == nullptr) return not_a(schema, "wrong-type", "text that looks like a number goes in quotes");
  if (schema.format == Format::cidr) {
    if (const auto parsed = Cidr::parse(*text); !parsed) return tl::unexpected(parsed.error());
  }
  if (schema.format == Format::service) {
    if (const auto checked = service(*text); !checked) return tl::unexpected(checked.error());
  }
  if (schema.format == Format::path) {
    if (text->find('\0') != std::string::npos) return failure("bad-value", "holds a NUL character");
    // "-" is the standard output wherever a path is one.
    if (!path_base.empty() && !text->empty() && *text != "-" && text->front() != '/') {
      return Value(path_base + (path_base.back() == '/' ? "" : "/") + *text);
    }
  }
  return Value(*text);
}

}  // namespace sonde::core
