// Greetings to services: input, literal name, product, version, extra, banner.
#include "recognise.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {
using namespace std::string_view_literals;

struct Row {
  uint16_t port;
  std::string_view bytes;
  const char *name, *product, *version, *extra, *banner;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.banner;
}

class Greetings : public testing::TestWithParam<Row> {};
TEST_P(Greetings, AreRecognised) {
  const Service s = recognise(GetParam().port, GetParam().bytes);
  EXPECT_EQ(s.name, GetParam().name);
  EXPECT_EQ(s.product, GetParam().product);
  EXPECT_EQ(s.version, GetParam().version);
  EXPECT_EQ(s.extra, GetParam().extra);
  EXPECT_EQ(s.banner, GetParam().banner);
}
INSTANTIATE_TEST_SUITE_P(
    All, Greetings,
    testing::Values(
        Row{22, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "ssh", "OpenSSH", "9.2p1", "Debian-2+deb12u3",
            "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"},
        Row{22, "SSH-2.0-OpenSSH_for_Windows_8.1\r\n", "ssh", "OpenSSH for Windows", "8.1", "",
            "SSH-2.0-OpenSSH_for_Windows_8.1"},
        Row{22, "SSH-2.0-dropbear_2022.83\r\n", "ssh", "Dropbear", "2022.83", "", "SSH-2.0-dropbear_2022.83"},
        Row{22, "SSH-1.5-1.2.33\n", "ssh", "", "", "protocol 1", "SSH-1.5-1.2.33"},
        Row{2022, "Keep out!\r\nSSH-2.0-Go\r\n", "ssh", "", "", "", "SSH-2.0-Go"},
        Row{21, "220 (vsFTPd 3.0.3)\r\n", "ftp", "vsftpd", "3.0.3", "", "220 (vsFTPd 3.0.3)"},
        Row{21, "220 Welcome\r\n", "ftp", "", "", "", "220 Welcome"},
        Row{25, "220 mx.example ESMTP Postfix (Debian/GNU)\r\n", "smtp", "Postfix", "", "",
            "220 mx.example ESMTP Postfix (Debian/GNU)"},
        Row{25, "220 mx.example ESMTP Exim 4.96 Sat\r\n", "smtp", "Exim", "4.96", "",
            "220 mx.example ESMTP Exim 4.96 Sat"},
        Row{7777, "220 Welcome\r\n", "", "", "", "", "220 Welcome"},
        Row{110, "+OK Dovecot (Debian) ready.\r\n", "pop3", "Dovecot", "", "", "+OK Dovecot (Debian) ready."},
        Row{143, "* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", "imap", "Dovecot", "", "",
            "* OK [CAPABILITY IMAP4rev1] Dovecot ready."},
        Row{5900, "RFB 003.008\n", "rfb", "", "", "protocol 003.008", "RFB 003.008"},
        Row{873, "@RSYNCD: 31.0\n", "rsync", "", "", "protocol 31.0", "@RSYNCD: 31.0"},
        Row{80, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1 (Ubuntu)\r\n\r\n", "http", "nginx", "1.22.1", "(Ubuntu)",
            "Server: nginx/1.22.1 (Ubuntu)"},
        Row{80, "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", "http", "nginx", "", "", "Server: nginx"},
        Row{80, "HTTP/1.0 404 Not Found\r\n\r\n", "http", "", "", "", "HTTP/1.0 404 Not Found"},
        Row{23, "\xff\xfd\x18\xff\xfb\x01\r\nrouter login: "sv, "telnet", "", "", "", "router login:"},
        Row{3306,
            "\x18\0\0\0\x0a"
            "5.5.5-10.11.6-MariaDB\0xy"sv,
            "mysql", "MariaDB", "10.11.6", "MariaDB", "5.5.5-10.11.6-MariaDB"},
        Row{3306,
            "\x10\0\0\0\x0a"
            "8.0.36\0abcdefgh"sv,
            "mysql", "MySQL", "8.0.36", "", "8.0.36"},
        Row{3306, "\x29\0\0\0\xff\x6a\x04Host 'a' may not use this MySQL server"sv, "mysql", "MySQL", "", "",
            "Host 'a' may not use this MySQL server"},
        Row{9999, "\x01\x02\x03\xff\xfe"sv, "", "", "", "", "\\x01\\x02\\x03\\xff\\xfe"},
        Row{9999, "hello\n", "", "", "", "", "hello"}, Row{22, "", "", "", "", "", ""}));

TEST(GreetingComplete, KnowsTheEnds) {
  EXPECT_TRUE(greeting_complete("SSH-2.0-x\r\n"));
  EXPECT_FALSE(greeting_complete("SSH-2.0-x"));
  EXPECT_TRUE(greeting_complete("Keep out!\r\nSSH-2.0-x\r\n"));
  EXPECT_FALSE(greeting_complete("220-one\r\n220-two\r\n"));
  EXPECT_TRUE(greeting_complete("220-one\r\n220 two\r\n"));
  EXPECT_TRUE(greeting_complete("RFB 003.008\n"));
  EXPECT_FALSE(greeting_complete("hello\r\n"));
  EXPECT_FALSE(
      greeting_complete("\x10\0\0\0\x0a"
                        "8.0.36\0"sv));
  EXPECT_TRUE(
      greeting_complete("\x08\0\0\0\x0a"
                        "8.0.36\0"sv));
  EXPECT_FALSE(greeting_complete(""));
}
TEST(Recognise, KeepsWhatHttpSays) {
  const Service s = recognise(80, "HTTP/1.1 301 Moved\r\nLocation: https://a/\r\n\r\n");
  EXPECT_EQ(s.http_status, 301);
  EXPECT_EQ(s.http_location, "https://a/");
}

}  // namespace
}  // namespace sonde::tcp_banner
