// Parsing of server texts and of resolv.conf.
#include "servers.hpp"

#include <arpa/inet.h>
#include <sonde/detail/context.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace sonde::rdns {
namespace {

constexpr size_t servers_max = 8;

std::optional<Address> parse_address(std::string_view text) {
  std::string terminated(text);
  Address out{};
  if (inet_pton(AF_INET6, terminated.c_str(), out.data()) == 1) return out;
  out = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, terminated.c_str(), out.data() + 12) == 1) return out;
  return std::nullopt;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<Server> parse(std::string_view text) {
  std::string_view address = text, port;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    address = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return std::nullopt;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    address = text.substr(0, text.find(':'));
    port = text.substr(text.find(':') + 1);
    if (port.empty()) return std::nullopt;
  }
  auto parsed = parse_address(address);
  auto number = port.empty() ? std::optional<uint16_t>(53) : parse_port(port);
  if (!parsed || !number) return std::nullopt;
  return Server{*parsed, *number, std::string(text)};
}

}  // namespace

Server parse_server(std::string_view text, size_t entry) {
  if (auto server = parse(text)) return *server;
  std::string why = text.find('%') != std::string_view::npos ? " (a zone is not supported here)" : "";
  throw OptionFailure(
      "/servers/" + std::to_string(entry),
      "expected an address like 10.0.0.1, 10.0.0.1:5353 or [2001:db8::1]:53, found '" + std::string(text) + "'" + why);
}

std::vector<Server> parse_resolv_conf(std::string_view text) {
  std::vector<Server> out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    constexpr std::string_view blanks = " \t\r", keyword = "nameserver";
    if (!line.starts_with(keyword)) continue;
    line.remove_prefix(keyword.size());
    size_t from = line.find_first_not_of(blanks);
    if (from == 0 || from == std::string_view::npos) continue;
    line = line.substr(from);
    line = line.substr(0, line.find_first_of(" \t\r#;"));
    auto address = parse_address(line);
    if (address && out.size() < servers_max) out.push_back({*address, 53, std::string(line)});
  }
  return out;
}

std::vector<Server> choose_servers(const std::vector<std::string>& option, const std::string& resolv_conf) {
  std::vector<Server> out;
  OptionFailures wrong;
  for (size_t i = 0; i < option.size(); ++i) wrong.collect([&] { out.push_back(parse_server(option[i], i)); });
  wrong.throw_all();
  if (!out.empty()) return out;
  const std::string remedy = "; name a DNS server in the option servers, for example servers: [10.0.0.1]";
  std::ifstream in(resolv_conf, std::ios::binary);
  if (!in) throw Failure(SONDE_E_UNSUPPORTED, "cannot read " + resolv_conf + ": " + std::strerror(errno) + remedy);
  out = parse_resolv_conf(std::string(std::istreambuf_iterator<char>(in), {}));
  if (out.empty()) throw Failure(SONDE_E_UNSUPPORTED, resolv_conf + " names no DNS server" + remedy);
  return out;
}

}  // namespace sonde::rdns
