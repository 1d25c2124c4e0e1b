// What is asked of net-snmp: keys as RFC 3414 prints them, and no trace of the library outside.
#include "library.hpp"

#include <gtest/gtest.h>
#include <sonde/json_writer.hpp>

namespace sonde::snmp {
namespace {

std::string hex(const std::string& octets) {
  std::string out;
  json::append_hex(out, octets);
  return out;
}

TEST(Keys, OfPassPhrases) {  // RFC 3414, A.3.1 and A.3.2
  EXPECT_EQ(hex(library::key_of(library::auth_algorithm("MD5"), "maplesyrup")), "9faf3283884e92834ebc9847d8edd963");
  EXPECT_EQ(hex(library::key_of(library::auth_algorithm("SHA"), "maplesyrup")),
            "9fb5cc0381497b3793528939ff788d5d79145211");
}
TEST(Keys, OfEveryDigest) {  // RFC 7860: as long as the digest
  const std::pair<const char*, size_t> digests[] = {{"SHA-224", 28}, {"SHA-256", 32}, {"SHA-384", 48}, {"SHA-512", 64}};
  for (const auto& [name, size] : digests)
    EXPECT_EQ(library::key_of(library::auth_algorithm(name), "maplesyrup").size(), size) << name;
}
TEST(Ciphers, OfEveryName) {
  for (const char* name : {"DES", "AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C"})
    EXPECT_NE(library::priv_algorithm(name).number, 0) << name;
  EXPECT_EQ(library::priv_algorithm("ROT13").number, 0);
  EXPECT_EQ(library::auth_algorithm("CRC").number, 0);
}

}  // namespace
}  // namespace sonde::snmp
