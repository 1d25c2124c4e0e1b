// Reading what people write as targets. Nothing here asks the network but resolve_name().
#include "targets/target_spec.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "base/file.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_token = 300;       // longer than any name, range or zone
constexpr std::size_t max_file_errors = 50;  // of one @file; a wrong file is wrong in every line

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

bool is_name(std::string_view s) {
  if (!s.empty() && s.back() == '.') s.remove_suffix(1);
  if (s.empty() || s.size() > 253) return false;
  std::string_view label;
  while (true) {
    const auto dot = s.find('.');
    label = s.substr(0, dot);
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), fits)) return false;
    if (dot == std::string_view::npos) break;
    s.remove_prefix(dot + 1);
  }
  // "10.0.0" and "1.2.3.400" are addresses gone wrong, not names (no top-level domain is a number).
  return !std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

AddressRange hosts_of(const Cidr& c, bool all) {
  if (all || !c.network.is_v4() || c.length >= 31) return {c.first(), c.last()};
  return {IpAddress::from_number(c.first().number() + 1), IpAddress::from_number(c.last().number() - 1)};
}

class Reader {
 public:
  Reader(const std::string& base_dir, bool for_exclusion, Diagnostics& out, std::vector<TargetItem>& items)
      : base_dir_(base_dir), for_exclusion_(for_exclusion), out_(out), items_(items) {}

  void line(std::string_view text, const SourceSpan& where, bool in_file) {
    // A scalar of YAML is written plainly or in quotes; after interpolation its places are no longer known.
    const bool placed = in_file || where.length == text.size() || where.length == text.size() + 2;
    const std::size_t quote = !in_file && where.length == text.size() + 2 ? 1 : 0;
    for (std::size_t at = 0; at < text.size();) {
      if (is_blank(text[at])) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < text.size() && !is_blank(text[end])) ++end;
      SourceSpan place = where;
      if (placed && where.line > 0) {
        place.column = static_cast<uint32_t>(where.column + at + quote);
        place.length = static_cast<uint32_t>(end - at);
      }
      token(text.substr(at, end - at), place, in_file);
      at = end;
    }
  }

 private:
  void refuse(std::string_view id, const SourceSpan& where, std::string text, std::string hint = {}) {
    out_.error(id, where, std::move(text), std::move(hint));
  }

  void add(const AddressRange& range, const SourceSpan& where, bool in_file) {
    if (range.first.is_link_local() && range.first.zone() == 0 && !for_exclusion_) {
      refuse("bad-target", where, "link-local " + range.first.to_string() + " needs the interface it is on",
             "write it with its zone: " + range.first.to_string() + "%eth0");
      return;
    }
    // Long lists are mostly in order: consecutive lines of a file become one item.
    if (in_file && !items_.empty() && items_.back().where.file == where.file) {
      if (auto* last = std::get_if<AddressRange>(&items_.back().what);
          last != nullptr && last->last.zone() == range.first.zone() && last->last.is_v4() == range.first.is_v4() &&
          last->last.number() + 1 == range.first.number()) {
        last->last = range.last;
        return;
      }
    }
    items_.push_back({range, where});
  }

  void token(std::string_view text, const SourceSpan& where, bool in_file) {
    if (text.size() > max_token) {
      refuse("bad-target", where, "a target of " + std::to_string(text.size()) + " characters is none");
    } else if (text.front() == '@') {
      if (in_file) {
        refuse("bad-target", where, "a target file cannot name another one (" + std::string(text) + ")");
      } else {
        file(std::string(text.substr(1)), where);
      }
    } else if (text.find('/') != std::string_view::npos) {
      if (auto cidr = Cidr::parse(text)) {
        add(hosts_of(*cidr, for_exclusion_), where, in_file);
      } else {
        refuse("bad-cidr", where, cidr.error().text, cidr.error().hint);
      }
    } else if (auto address = IpAddress::parse(text)) {
      add({*address, *address}, where, in_file);
    } else if (!range(text, where, in_file)) {
      const bool like_address = text.find(':') != std::string_view::npos || text.find('%') != std::string_view::npos ||
                                text.find_first_not_of("0123456789.") == std::string_view::npos;
      if (like_address) {
        refuse("bad-address", where, address.error().text, address.error().hint);
      } else if (is_name(text)) {
        items_.push_back({TargetName{std::string(text)}, where});
      } else {
        refuse("bad-target", where, "'" + std::string(text) + "' is no target",
               "expected an address, CIDR, range a-b, host name or @file");
      }
    }
  }

  /// True when the text is a range, right or wrong. Names and zones have hyphens too: it is one if an address is left
  /// of the hyphen.
  bool range(std::string_view text, const SourceSpan& where, bool in_file) {
    for (auto dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
      const auto first = IpAddress::parse(text.substr(0, dash));
      if (!first) continue;
      const auto last = end_of_range(*first, text.substr(dash + 1));
      const std::string shown(text);
      if (!last) {
        refuse("bad-range", where, "the range '" + shown + "' has no valid end",
               "expected a second address, or its last number as in 10.0.0.1-50");
      } else if (last->is_v4() != first->is_v4() || last->zone() != first->zone()) {
        refuse("bad-range", where, "the range '" + shown + "' begins and ends in different networks",
               "both ends are IPv4, or both IPv6 with the same zone");
      } else if (last->number() < first->number()) {
        refuse("bad-range", where, "the range '" + shown + "' ends before it starts");
      } else {
        add({*first, *last}, where, in_file);
      }
      return true;
    }
    return false;
  }

  static std::optional<IpAddress> end_of_range(const IpAddress& first, std::string_view text) {
    unsigned octet = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octet);
    if (first.is_v4() && error == std::errc{} && end == text.data() + text.size() && octet <= 255)
      return IpAddress::v4((first.v4_number() & ~0xffu) | octet);
    auto last = IpAddress::parse(text);
    if (!last) return std::nullopt;
    if (last->is_link_local() && last->zone() == 0) return IpAddress(last->bytes(), first.zone());
    return *last;
  }

  void file(const std::string& name, const SourceSpan& where) {
    const std::string path = name.empty() || name.front() == '/' || base_dir_.empty() ? name : base_dir_ + "/" + name;
    const auto content = name.empty() ? failure("file-unreadable", "'@' names no file") : read_file(path);
    if (!content) {
      refuse(content.error().id, where, content.error().text);
      return;
    }
    SourceSpan here;
    here.file = path;
    here.column = 1;
    std::string_view rest = *content;
    if (rest.substr(0, 3) == "\xef\xbb\xbf") rest.remove_prefix(3);
    const std::size_t errors_before = out_.error_count();
    while (!rest.empty()) {
      ++here.line;
      const auto feed = rest.find('\n');
      std::string_view whole = rest.substr(0, feed);
      if (feed != std::string_view::npos && whole.ends_with('\r')) whole.remove_suffix(1);
      if (whole.find('\r') != std::string_view::npos) {
        // To some editors it ends a line, and behind a comment whole entries would be lost.
        refuse("bad-target", here, "a carriage return (0x0d) without a line feed stands here",
               "save the file with line ends LF or CR LF");
        break;
      }
      line(whole.substr(0, whole.find('#')), here, true);
      if (feed == std::string_view::npos) break;
      rest.remove_prefix(feed + 1);
      if (out_.error_count() - errors_before >= max_file_errors) {
        refuse("bad-target", here, "too many errors; the rest of " + path + " was not read");
        break;
      }
    }
  }

  const std::string& base_dir_;
  bool for_exclusion_;
  Diagnostics& out_;
  std::vector<TargetItem>& items_;
};

}  // namespace

std::vector<TargetItem> parse_targets(std::string_view text, const SourceSpan& where, const std::string& base_dir,
                                      bool for_exclusion, Diagnostics& out) {
  std::vector<TargetItem> items;
  Reader(base_dir, for_exclusion, out, items).line(text, where, false);
  return items;
}

Result<std::vector<IpAddress>> resolve_name(const std::string& name, Family family) {
  addrinfo hints{};
  hints.ai_family = family == Family::v4 ? AF_INET : family == Family::v6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // one entry an address, not one a protocol
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, [](addrinfo* a) {
    if (a != nullptr) ::freeaddrinfo(a);
  });
  if (error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY)
    return failure("unknown-host", "the host name '" + name + "' has no address");
  if (error != 0) {
    const char* why = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
    return failure("resolver-failed", "the host name '" + name + "' could not be resolved: " + why);
  }
  std::vector<IpAddress> found;
  for (const addrinfo* i = list; i != nullptr; i = i->ai_next) {
    if (i->ai_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, i->ai_addr, sizeof v4);
      found.push_back(IpAddress::v4(ntohl(v4.sin_addr.s_addr)));
    } else if (i->ai_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, i->ai_addr, sizeof v6);
      std::array<uint8_t, 16> bytes;
      std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
      const IpAddress plain(bytes);
      if (!plain.is_link_local()) {
        found.push_back(plain);
      } else if (v6.sin6_scope_id != 0) {
        found.emplace_back(bytes, v6.sin6_scope_id);
      }
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.empty()) return failure("unknown-host", "the host name '" + name + "' has no address that can be scanned");
  return found;
}

}  // namespace sonde::core
