// For tests: a key and a self-signed certificate made on the spot.
#pragma once
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace sonde::tcp_banner {

struct TestCertificate {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> x509{X509_new(), X509_free};

  explicit TestCertificate(const std::string& common_name = "box.example",
                           const char* san = "DNS:box.example,IP:192.0.2.7,IP:2001:db8::1") {
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 0x1234);
    ASN1_TIME_set_string(X509_getm_notBefore(x509.get()), "20260131120000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(x509.get()), "20360131120000Z");
    X509_NAME* name = X509_get_subject_name(x509.get());
    add(name, "O", "Example");
    add(name, "CN", common_name);
    X509_set_issuer_name(x509.get(), name);
    X509_set_pubkey(x509.get(), key.get());
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, san);
    X509_add_ext(x509.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(x509.get(), key.get(), EVP_sha256());
  }
  std::string der() const {
    unsigned char* out = nullptr;
    const int n = i2d_X509(x509.get(), &out);
    std::string bytes(reinterpret_cast<char*>(out), static_cast<std::size_t>(n));
    OPENSSL_free(out);
    return bytes;
  }
  /// A server's context with this certificate; free it by SSL_CTX_free.
  SSL_CTX* server() const {
    SSL_CTX* ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(ctx, x509.get());
    SSL_CTX_use_PrivateKey(ctx, key.get());
    return ctx;
  }

 private:
  static void add(X509_NAME* name, const char* field, const std::string& text) {
    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
  }
};

}  // namespace sonde::tcp_banner
