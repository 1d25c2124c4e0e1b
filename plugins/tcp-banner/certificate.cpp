// OpenSSL parses, this file takes out and cleans: names in certificates are as hostile as banners.
#include "certificate.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>

#include "clean.hpp"

namespace sonde::tcp_banner {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

constexpr int max_names = 64;

std::string name_text(const X509_NAME* name) {
  BioPtr out(BIO_new(BIO_s_mem()));
  // UTF-8 as it is; control characters and what RFC 2253 reserves escaped.
  constexpr unsigned long style =
      (XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB)) |
      ASN1_STRFLGS_UTF8_CONVERT;
  if (!out || X509_NAME_print_ex(out.get(), name, 0, style) < 0) return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length > 0 ? one_line({text, static_cast<std::size_t>(length)}) : std::string();
}

std::string time_text(const ASN1_TIME* time) {
  std::tm tm{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &tm) != 1) return {};
  char text[40];
  const int n = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                              tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
  return {text, static_cast<std::size_t>(n)};
}

std::string hex(const unsigned char* bytes, std::size_t n) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < n; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

std::string_view octets(const ASN1_STRING* s) {
  const int n = ASN1_STRING_length(s);
  return n > 0 ? std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(n))
               : std::string_view();
}

std::string address_text(std::string_view bytes) {
  char text[64];
  auto octet = [&](std::size_t i) { return static_cast<unsigned>(static_cast<uint8_t>(bytes[i])); };
  if (bytes.size() == 4) {
    std::snprintf(text, sizeof text, "IP:%u.%u.%u.%u", octet(0), octet(1), octet(2), octet(3));
    return text;
  }
  if (bytes.size() != 16) return {};
  std::string out = "IP:";
  for (std::size_t i = 0; i < 16; i += 2) {
    std::snprintf(text, sizeof text, "%s%x", i > 0 ? ":" : "", octet(i) << 8 | octet(i + 1));
    out += text;
  }
  return out;
}

std::vector<std::string> alternative_names(const X509* x) {
  std::vector<std::string> out;
  NamesPtr names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && i < max_names; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    std::string text;
    switch (name->type) {
      case GEN_DNS:
        text = "DNS:" + one_line(octets(name->d.dNSName));
        break;
      case GEN_EMAIL:
        text = "email:" + one_line(octets(name->d.rfc822Name));
        break;
      case GEN_URI:
        text = "URI:" + one_line(octets(name->d.uniformResourceIdentifier));
        break;
      case GEN_IPADD:
        text = address_text(octets(name->d.iPAddress));
        break;
      default:
        break;
    }
    if (!text.empty()) out.push_back(std::move(text));
  }
  return out;
}

std::string key_text(const X509* x) {
  const EVP_PKEY* key = X509_get0_pubkey(x);
  if (key == nullptr) return {};
  const char* type = EVP_PKEY_get0_type_name(key);
  std::string out = type != nullptr ? type : "";
  return out.empty() ? out : out + " " + std::to_string(EVP_PKEY_get_bits(key));
}

std::string serial_text(const X509* x) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x);
  const std::string_view bytes = octets(serial).substr(0, 32);
  return hex(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace

std::optional<Certificate> read_certificate(std::string_view der) {
  ERR_clear_error();
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr x(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x) {
    ERR_clear_error();
    return std::nullopt;
  }
  Certificate out;
  out.subject = name_text(X509_get_subject_name(x.get()));
  out.issuer = name_text(X509_get_issuer_name(x.get()));
  out.san = alternative_names(x.get());
  out.not_before = time_text(X509_get0_notBefore(x.get()));
  out.not_after = time_text(X509_get0_notAfter(x.get()));
  out.self_signed = X509_self_signed(x.get(), 0) == 1;
  out.key = key_text(x.get());
  const int algorithm = X509_get_signature_nid(x.get());
  if (algorithm != NID_undef) out.signature = OBJ_nid2sn(algorithm);
  out.serial = serial_text(x.get());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  if (EVP_Digest(der.data(), der.size(), digest, &n, EVP_sha256(), nullptr) == 1) out.sha256 = hex(digest, n);
  ERR_clear_error();
  return out;
}

}  // namespace sonde::tcp_banner
