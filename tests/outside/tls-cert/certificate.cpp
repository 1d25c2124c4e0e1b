#include "certificate.hpp"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

namespace {

std::string text_of(const X509_NAME* name) {
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

int64_t nanoseconds(const ASN1_TIME* time) {
  tm utc{};
  if (!time || ASN1_TIME_to_tm(time, &utc) != 1) return 0;
  return int64_t{timegm(&utc)} * 1'000'000'000;
}

}  // namespace

Certificate describe(X509* certificate) {
  Certificate out;
  out.subject = text_of(X509_get_subject_name(certificate));
  out.issuer = text_of(X509_get_issuer_name(certificate));
  out.not_after = nanoseconds(X509_get0_notAfter(certificate));

  std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && out.names.size() < 100; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    out.names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                           static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
  }

  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) == 1)
    for (unsigned i = 0; i < size; ++i) {
      static constexpr char hex[] = "0123456789abcdef";
      out.sha256 += hex[digest[i] >> 4];
      out.sha256 += hex[digest[i] & 15];
    }
  return out;
}
