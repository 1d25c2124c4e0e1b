// The shapes of greetings. A row names the protocol by how the line begins and what it contains, and the product by a
// word; the version is what follows that word.
#include "recognise.hpp"

#include <algorithm>
#include <array>

#include "clean.hpp"
#include "http.hpp"
#include "telnet.hpp"

namespace sonde::tcp_banner {
namespace {

struct Shape {
  std::string_view service;
  std::string_view begins;    // of the line
  std::string_view contains;  // anywhere in it, case ignored; empty: always
  std::string_view product;   // empty: the protocol is clear, the product is not
};

// The first row that fits decides: products before the bare protocol.
constexpr std::array shapes = {
    Shape{"ssh", "SSH-", "OpenSSH_for_Windows_", "OpenSSH for Windows"},
    Shape{"ssh", "SSH-", "OpenSSH_", "OpenSSH"},
    Shape{"ssh", "SSH-", "dropbear_", "Dropbear"},
    Shape{"ssh", "SSH-", "dropbear", "Dropbear"},
    Shape{"ssh", "SSH-", "libssh_", "libssh"},
    Shape{"ssh", "SSH-", "libssh-", "libssh"},
    Shape{"ssh", "SSH-", "Cisco-", "Cisco SSH"},
    Shape{"ssh", "SSH-", "ROSSSH", "MikroTik RouterOS"},
    Shape{"ssh", "SSH-", "mod_sftp/", "ProFTPD mod_sftp"},
    Shape{"ssh", "SSH-", "", ""},
    Shape{"smtp", "220", "ESMTP Postfix", "Postfix"},
    Shape{"smtp", "220", "ESMTP Exim ", "Exim"},
    Shape{"smtp", "220", "ESMTP Sendmail ", "Sendmail"},
    Shape{"smtp", "220", "ESMTP OpenSMTPD", "OpenSMTPD"},
    Shape{"smtp", "220", "Microsoft ESMTP MAIL Service, Version: ", "Microsoft ESMTP"},
    Shape{"smtp", "220", "Microsoft ESMTP MAIL Service", "Microsoft ESMTP"},
    Shape{"smtp", "220", "SMTP", ""},
    Shape{"ftp", "220", "vsFTPd ", "vsftpd"},
    Shape{"ftp", "220", "ProFTPD ", "ProFTPD"},
    Shape{"ftp", "220", "Pure-FTPd", "Pure-FTPd"},
    Shape{"ftp", "220", "FileZilla Server ", "FileZilla Server"},
    Shape{"ftp", "220", "Microsoft FTP Service", "Microsoft FTP Service"},
    Shape{"ftp", "220", "MikroTik FTP server (MikroTik ", "MikroTik RouterOS"},
    Shape{"ftp", "220", "FTP", ""},
    Shape{"pop3", "+OK", "Dovecot", "Dovecot"},
    Shape{"pop3", "+OK", "Cyrus POP3 ", "Cyrus"},
    Shape{"pop3", "+OK", "", ""},
    Shape{"imap", "* OK", "Dovecot", "Dovecot"},
    Shape{"imap", "* OK", "Courier-IMAP", "Courier"},
    Shape{"imap", "* OK", "Cyrus IMAP ", "Cyrus"},
    Shape{"imap", "* OK", "Microsoft Exchange", "Microsoft Exchange"},
    Shape{"imap", "* OK", "IMAP", ""},
    Shape{"imap", "* PREAUTH", "", ""},
    Shape{"imap", "* BYE", "IMAP", ""},
    Shape{"nntp", "200", "NNTP", ""},
    Shape{"nntp", "201", "NNTP", ""},
    Shape{"rsync", "@RSYNCD:", "", ""},
    Shape{"rfb", "RFB ", "", ""},
    Shape{"svn", "( success ( ", "", ""},
    Shape{"mpd", "OK MPD ", "OK MPD ", "MPD"},
    Shape{"asterisk-ami", "Asterisk Call Manager/", "", "Asterisk"},
    Shape{"munin", "# munin node at ", "", "Munin node"},
    Shape{"sieve", "\"IMPLEMENTATION\"", "Dovecot Pigeonhole", "Dovecot Pigeonhole"},
    Shape{"sieve", "\"IMPLEMENTATION\"", "", ""},
};

std::size_t find_ignoring_case(std::string_view text, std::string_view word) {
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    if (begins_with_ignoring_case(text.substr(i), word)) return i;
  }
  return std::string_view::npos;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A version begins with a digit and runs on to what can no longer be part of one.
std::string version_at(std::string_view rest) {
  if (rest.empty()) return {};
  if (rest[0] == ' ' || rest[0] == '/' || rest[0] == 'v') rest.remove_prefix(1);
  if (rest.empty() || !is_digit(rest[0])) return {};
  std::size_t n = 0;
  while (n < rest.size() && n < 64 &&
         (is_digit(rest[n]) || (rest[n] >= 'a' && rest[n] <= 'z') || (rest[n] >= 'A' && rest[n] <= 'Z') ||
          std::string_view("._-+~").find(rest[n]) != std::string_view::npos)) {
    ++n;
  }
  while (n > 0 && std::string_view("._-+~").find(rest[n - 1]) != std::string_view::npos) --n;
  return std::string(rest.substr(0, n));
}

bool in(uint16_t port, std::initializer_list<uint16_t> ports) {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

// One complete or incomplete text line against the table.
bool match_line(std::string_view line, Service& service) {
  for (const Shape& shape : shapes) {
    if (line.substr(0, shape.begins.size()) != shape.begins) continue;
    const std::size_t at = shape.contains.empty() ? 0 : find_ignoring_case(line, shape.contains);
    if (at == std::string_view::npos) continue;
    service.name = shape.service;
    service.product = shape.product;
    if (!shape.product.empty() && !shape.contains.empty()) {
      service.version = version_at(line.substr(at + shape.contains.size()));
    }
    return true;
  }
  return false;
}

// SSH-protoversion-softwareversion SP comments (RFC 4253 4.2); RFB 003.008; @RSYNCD: 31.0
void add_extra(std::string_view line, Service& service) {
  if (service.name == "ssh") {
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos)
      service.extra = one_line(line.substr(blank + 1));
    else if (begins_with_ignoring_case(line, "SSH-1.") && !begins_with_ignoring_case(line, "SSH-1.99")) {
      service.extra = "protocol 1";
    }
  } else if (service.name == "rfb") {
    service.extra = one_line("protocol " + std::string(trimmed(line.substr(4))));
  } else if (service.name == "rsync") {
    service.extra = one_line("protocol " + std::string(trimmed(line.substr(8))));
  }
}

void recognise_http(std::string_view bytes, Service& service) {
  const auto head = parse_http_head(bytes);
  if (!head) return;
  service.name = "http";
  service.http_status = head->status;
  service.http_location = head->location;
  service.http_realm = head->realm;
  if (head->server.empty()) {
    service.banner = head->status_line;
    return;
  }
  service.banner = one_line("Server: " + head->server);
  // Server = product ["/" version] *( comment | product )
  const std::string_view server = head->server;
  const std::size_t end = std::min(server.find(' '), server.size());
  const std::string_view first = server.substr(0, end);
  const std::size_t slash = first.find('/');
  if (slash == std::string_view::npos) {
    service.product = server;  // "Microsoft IIS", "RomPager": the words belong together
  } else {
    service.product = first.substr(0, slash);
    service.version = first.substr(slash + 1);
    service.extra = trimmed(server.substr(end));
  }
}

// Protocol 10: length[3] sequence[1]=0 0x0a version NUL ...; an error packet instead has 0xff, code[2], text.
std::size_t mysql_packet(std::string_view bytes) {
  auto octet = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<uint8_t>(bytes[i])); };
  if (bytes.size() < 5 || octet(3) != 0) return 0;
  const std::size_t length = octet(0) | octet(1) << 8 | octet(2) << 16;
  if (length < 8 || length > 1024 || (octet(4) != 0x0a && octet(4) != 0xff)) return 0;
  return 4 + length;
}

bool recognise_mysql(std::string_view bytes, Service& service) {
  const std::size_t packet = mysql_packet(bytes);
  if (packet == 0) return false;
  bytes = bytes.substr(0, packet);
  if (static_cast<uint8_t>(bytes[4]) == 0xff) {
    const std::string text = one_line(bytes.substr(std::min<std::size_t>(7, bytes.size())));
    const bool maria = text.find("MariaDB") != std::string::npos;
    if (!maria && text.find("MySQL") == std::string::npos) return false;
    service.product = maria ? "MariaDB" : "MySQL";
    service.banner = text;
  } else {
    const std::size_t end = bytes.find('\0', 5);
    if (end == std::string_view::npos || end == 5 || !is_digit(bytes[5])) return false;
    const std::string text = one_line(bytes.substr(5, end - 5));
    const std::size_t maria = text.find("MariaDB");
    service.product = maria == std::string::npos ? "MySQL" : "MariaDB";
    // MariaDB puts "5.5.5-" before its own version, for clients of old.
    const bool prefixed = maria != std::string::npos && text.rfind("5.5.5-", 0) == 0;
    service.version = version_at(prefixed ? std::string_view(text).substr(6) : std::string_view(text));
    if (const std::size_t tail = service.version.find("-MariaDB"); tail != std::string::npos) {
      service.extra = service.version.substr(tail + 1);
      service.version.resize(tail);
    }
    service.banner = text;
  }
  service.name = "mysql";
  return true;
}

}  // namespace

Service recognise(uint16_t port, std::string_view bytes) {
  Service service;
  if (bytes.empty()) return service;
  if (recognise_mysql(bytes, service)) return service;
  recognise_http(bytes, service);
  if (!service.name.empty()) return service;
  if (begins_with_negotiation(bytes)) {
    service.name = "telnet";
    service.banner = one_line(without_negotiation(bytes));
    return service;
  }
  service.banner = one_line(bytes);
  // RFC 4253 lets an SSH server say other lines first.
  std::string_view greeting = bytes;
  if (const std::size_t ssh = bytes.find("\nSSH-"); ssh != std::string_view::npos) greeting = bytes.substr(ssh + 1);
  std::string_view line = greeting.substr(0, greeting.find_first_of("\r\n"));
  line = line.substr(0, 512);
  const std::string clean = one_line(line);
  if (match_line(line, service)) {
    add_extra(line, service);
    service.banner = clean;
  } else if (bytes.substr(0, 3) == "220") {
    // FTP and SMTP greet alike; the reply is the proof, the port only tells them apart.
    if (in(port, {21, 990, 2121}))
      service.name = "ftp";
    else if (in(port, {25, 465, 587, 2525}))
      service.name = "smtp";
  }
  return service;
}

bool greeting_complete(std::string_view bytes) {
  if (const std::size_t packet = mysql_packet(bytes)) return bytes.size() >= packet;
  if (bytes.substr(0, 4) == "RFB ") return bytes.size() >= 12;
  while (true) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    for (std::string_view sure : {"SSH-", "+OK", "-ERR", "* OK", "* PREAUTH", "* BYE", "@RSYNCD:", "OK MPD "}) {
      if (line.substr(0, sure.size()) == sure) return true;
    }
    const bool reply = line.size() > 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
    if (reply && line[3] == ' ') return true;
  }
}

}  // namespace sonde::tcp_banner
