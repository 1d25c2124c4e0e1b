// What an inventory keeps of a server's certificate. Nothing is verified: a scanner reports, it does not trust.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::tcp_banner {

struct Certificate {
  std::string subject, issuer;        ///< "C=DE, O=Example, CN=host"
  std::vector<std::string> san;       ///< "DNS:a.example", "IP:192.0.2.1", "email:..", "URI:.."; at most 64
  std::string not_before, not_after;  ///< "2026-01-31T12:00:00Z"; empty: unreadable
  bool self_signed = false;           ///< issuer is the subject, by name and key identifier; no signature is computed
  std::string key;                    ///< "RSA 2048", "EC 256", "ED25519 256"
  std::string signature;              ///< "RSA-SHA256", "ecdsa-with-SHA256"
  std::string serial;                 ///< hex
  std::string sha256;                 ///< of the DER, hex
};

/// From DER, as it comes in the handshake.
std::optional<Certificate> read_certificate(std::string_view der);

}  // namespace sonde::tcp_banner
