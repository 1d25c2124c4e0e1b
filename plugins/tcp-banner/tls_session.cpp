// OpenSSL 3, client side. The thread's error queue is cleared before each step: a leftover would be taken for this
// one's.
#include "tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <mutex>
#include <sonde/plugin.hpp>

namespace sonde::tcp_banner {
namespace {

// One step: some records, so that a flood of handshake messages cannot hold the loop.
constexpr std::size_t bytes_a_step = 32 * 1024;
constexpr long certificate_list_limit = 64 * 1024;

// No finite-field Diffie-Hellman: the server chooses its prime, and a hostile one costs us a third of a second.
constexpr const char* old_ciphers = "ALL:!kDHE:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0";

// In place of chain building, which would be work at the will of the peer.
int accept_any(X509_STORE_CTX*, void*) {
  return 1;
}

// "tlsv13 alert certificate required" without the version that OpenSSL puts in front of an alert's name;
// SSL_alert_desc_string_long() does not know those of TLS 1.3.
std::string alert_text(const char* reason, int number) {
  std::string_view text = reason != nullptr ? reason : "";
  for (std::string_view prefix : {"sslv3 ", "tlsv1 ", "tlsv13 ", "alert "}) {
    if (text.substr(0, prefix.size()) == prefix) text.remove_prefix(prefix.size());
  }
  return text.empty() ? "alert " + std::to_string(number) : std::string(text);
}

void initialise_library() {
  static std::once_flag once;
  // The machine's openssl.cnf raises the floor of versions and ciphers; it is meant for those who trust.
  std::call_once(once, [] { OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); });
}

}  // namespace

TlsContext::TlsContext() {
  initialise_library();
  ERR_clear_error();
  ctx_ = SSL_CTX_new(TLS_client_method());
  if (ctx_ == nullptr) throw Failure(SONDE_E_NOMEM, "OpenSSL could not make a TLS context");
  SSL_CTX_set_verify(ctx_, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx_, accept_any, nullptr);
  SSL_CTX_set_min_proto_version(ctx_, TLS1_VERSION);
  SSL_CTX_set_options(ctx_, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ctx_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_cert_list(ctx_, certificate_list_limit);
  if (SSL_CTX_set_cipher_list(ctx_, old_ciphers) != 1 ||
      SSL_CTX_set1_groups_list(ctx_, "X25519:P-256:P-384:P-521") != 1) {
    SSL_CTX_free(ctx_);
    throw Failure(SONDE_E_UNSUPPORTED, "this OpenSSL has not the ciphers that tcp-banner offers; set tls: false");
  }
}
TlsContext::~TlsContext() {
  SSL_CTX_free(ctx_);
}

TlsSession::TlsSession(const TlsContext& context, int fd, const std::string& name, bool http) : end_{fd, 0} {
  ERR_clear_error();
  ssl_ = SSL_new(context.get());
  BIO* bio = ssl_ != nullptr ? new_socket_bio(end_) : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl_);
    throw Failure(SONDE_E_NOMEM, "OpenSSL could not make a TLS session");
  }
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_connect_state(ssl_);
  if (!name.empty()) SSL_set_tlsext_host_name(ssl_, name.c_str());
  static constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  if (http) SSL_set_alpn_protos(ssl_, http_1_1, sizeof http_1_1);
}
TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

TlsSession::State TlsSession::after(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_NONE:
      return State::ready;
    case SSL_ERROR_WANT_READ:
      return State::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return State::wants_write;
    default:
      break;
  }
  const unsigned long error = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(error);
  // Reasons above the offset are alerts that the peer sent.
  if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255) {
    alert_ = alert_text(ERR_reason_error_string(error), reason - SSL_AD_REASON_OFFSET);
  }
  ERR_clear_error();
  return State::ended;
}

TlsSession::State TlsSession::handshake() {
  ERR_clear_error();
  end_.allowance = bytes_a_step;
  const State state = after(SSL_do_handshake(ssl_));
  established_ = established_ || state == State::ready;
  return state;
}

TlsSession::State TlsSession::read(char* buffer, std::size_t size, std::size_t& got) {
  ERR_clear_error();
  end_.allowance = bytes_a_step;
  got = 0;
  return after(SSL_read_ex(ssl_, buffer, size, &got));
}
bool TlsSession::pending() const {
  return SSL_pending(ssl_) > 0;
}

TlsSession::State TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t written = 0;
  return after(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written));
}

TlsSummary TlsSession::summary() const {
  TlsSummary out;
  out.alert = alert_;
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_)) {
    out.version = SSL_get_version(ssl_);
    out.cipher = SSL_CIPHER_get_name(cipher);
  }
  const unsigned char* alpn = nullptr;
  unsigned int alpn_length = 0;
  SSL_get0_alpn_selected(ssl_, &alpn, &alpn_length);
  if (alpn_length > 0) out.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_length);
  if (X509* x = SSL_get0_peer_certificate(ssl_)) {
    unsigned char* der = nullptr;
    const int n = i2d_X509(x, &der);
    if (n > 0) out.certificate = read_certificate({reinterpret_cast<const char*>(der), static_cast<std::size_t>(n)});
    OPENSSL_free(der);
  }
  ERR_clear_error();
  return out;
}

bool TlsSession::looks_like_tls(std::string_view bytes) {
  constexpr char alert = 21, handshake = 22, major = 3;
  return !bytes.empty() && (bytes[0] == alert || bytes[0] == handshake) && (bytes.size() < 2 || bytes[1] == major);
}

}  // namespace sonde::tcp_banner
