// The table of ports, sorted: assignments of IANA and what is found on them in practice.
#include "ports.hpp"

#include <algorithm>
#include <iterator>

namespace sonde::tcp_banner {
namespace {

struct Range {
  uint16_t low, high;
  First first;
};

constexpr Range known[] = {
    {13, 13, First::server},          // daytime
    {17, 17, First::server},          // qotd
    {19, 19, First::server},          // chargen
    {21, 23, First::server},          // ftp, ssh, telnet
    {25, 25, First::server},          // smtp
    {53, 53, First::quiet},           // domain
    {80, 81, First::http},            //
    {88, 88, First::quiet},           // kerberos
    {102, 102, First::quiet},         // iso-tsap (S7 controllers)
    {110, 110, First::server},        // pop3
    {111, 111, First::quiet},         // sunrpc
    {119, 119, First::server},        // nntp
    {135, 135, First::quiet},         // epmap
    {139, 139, First::quiet},         // netbios-ssn
    {143, 143, First::server},        // imap
    {389, 389, First::quiet},         // ldap
    {443, 443, First::tls_http},      // https
    {445, 445, First::quiet},         // microsoft-ds
    {464, 464, First::quiet},         // kpasswd
    {465, 465, First::tls_server},    // submissions
    {502, 502, First::quiet},         // modbus
    {515, 515, First::quiet},         // printer: any byte may be a job
    {554, 554, First::quiet},         // rtsp
    {587, 587, First::server},        // submission
    {591, 591, First::http},          // http-alt
    {631, 631, First::http},          // ipp
    {636, 636, First::tls},           // ldaps
    {853, 853, First::tls},           // domain-s
    {873, 873, First::server},        // rsync
    {990, 990, First::tls_server},    // ftps
    {992, 993, First::tls_server},    // telnets, imaps
    {995, 995, First::tls_server},    // pop3s
    {1433, 1433, First::quiet},       // ms-sql-s
    {1521, 1521, First::quiet},       // oracle
    {1883, 1883, First::quiet},       // mqtt
    {2000, 2000, First::quiet},       // cisco-sccp
    {2049, 2049, First::quiet},       // nfs
    {2121, 2121, First::server},      // ftp
    {2222, 2222, First::server},      // ssh
    {2375, 2375, First::http},        // docker
    {2376, 2376, First::tls_http},    // docker-s
    {2404, 2404, First::quiet},       // iec-104
    {2525, 2525, First::server},      // smtp
    {3000, 3000, First::http},        //
    {3128, 3128, First::http},        // http proxies
    {3268, 3268, First::quiet},       // msft-gc
    {3269, 3269, First::tls},         // msft-gc-ssl
    {3306, 3306, First::server},      // mysql
    {3389, 3389, First::quiet},       // ms-wbt-server
    {3690, 3690, First::server},      // svn
    {4190, 4190, First::server},      // sieve
    {4443, 4443, First::tls_http},    //
    {4840, 4840, First::quiet},       // opcua-tcp
    {4949, 4949, First::server},      // munin
    {5000, 5000, First::http},        //
    {5038, 5038, First::server},      // asterisk manager
    {5060, 5060, First::quiet},       // sip
    {5061, 5061, First::tls},         // sips
    {5222, 5222, First::quiet},       // xmpp-client
    {5432, 5432, First::quiet},       // postgresql
    {5601, 5601, First::http},        // kibana
    {5671, 5671, First::tls},         // amqps
    {5672, 5672, First::quiet},       // amqp
    {5900, 5910, First::server},      // rfb
    {5985, 5985, First::http},        // wsman
    {5986, 5986, First::tls_http},    // wsmans
    {6379, 6379, First::quiet},       // redis
    {6443, 6443, First::tls_http},    // kubernetes
    {6514, 6514, First::tls},         // syslog-tls
    {6600, 6600, First::server},      // mpd
    {7547, 7547, First::http},        // cwmp
    {8000, 8000, First::http},        //
    {8006, 8006, First::tls_http},    // proxmox
    {8008, 8008, First::http},        //
    {8080, 8081, First::http},        // http-alt
    {8086, 8086, First::http},        // influxdb
    {8088, 8088, First::http},        //
    {8123, 8123, First::http},        // home-assistant
    {8443, 8443, First::tls_http},    //
    {8883, 8883, First::tls},         // secure-mqtt
    {8888, 8888, First::http},        //
    {9042, 9042, First::quiet},       // cassandra
    {9090, 9090, First::http},        // prometheus, cockpit
    {9100, 9107, First::quiet},       // pdl-datastream: a printer prints what it is sent
    {9200, 9200, First::http},        // elasticsearch
    {9443, 9443, First::tls_http},    //
    {10443, 10443, First::tls_http},  //
    {11211, 11211, First::quiet},     // memcache
    {20000, 20000, First::quiet},     // dnp
    {27017, 27017, First::quiet},     // mongodb
    {44818, 44818, First::quiet},     // EtherNet/IP
    {47808, 47808, First::quiet},     // bacnet
};

constexpr bool sorted_and_disjoint() {
  for (std::size_t i = 0; i < std::size(known); ++i) {
    if (known[i].low > known[i].high || (i > 0 && known[i - 1].high >= known[i].low)) return false;
  }
  return true;
}
static_assert(sorted_and_disjoint(), "first_to_speak() searches by halves");

}  // namespace

First first_to_speak(uint16_t port) {
  const auto* after =
      std::upper_bound(std::begin(known), std::end(known), port, [](uint16_t p, const Range& r) { return p < r.low; });
  if (after == std::begin(known)) return First::unknown;
  const Range& range = *std::prev(after);
  return port <= range.high ? range.first : First::unknown;
}

}  // namespace sonde::tcp_banner
