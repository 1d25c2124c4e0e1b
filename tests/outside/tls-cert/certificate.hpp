// What a certificate says, as plain values. Everything in it is the server's word.
#pragma once
#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <vector>

struct Certificate {
  std::string subject, issuer;     ///< RFC 2253
  int64_t not_after = 0;           ///< ns since the epoch; 0: none that could be read
  std::vector<std::string> names;  ///< DNS names of subjectAltName
  std::string sha256;              ///< of its DER form, in hex
};

Certificate describe(X509* certificate);
