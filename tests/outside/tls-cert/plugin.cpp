// tls-cert: the certificate that a TLS server shows, and how long it is still valid. OpenSSL speaks on the descriptor
// that the host has opened; whenever it would block, the coroutine waits for what it wants.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sonde/plugin.hpp>

#include <memory>

#include "certificate.hpp"

namespace {

constexpr sonde::Scalar<bool> alive{0, "alive", "the host answered, be it with a refusal"};
constexpr sonde::Scalar<std::string_view> subject{1, "tls-cert.subject", "whom it names", SONDE_F_REQUIRED};
constexpr sonde::Scalar<std::string_view> issuer{2, "tls-cert.issuer", "who signed it"};
constexpr sonde::Scalar<sonde::Time> not_after{3, "tls-cert.not_after", "the end of its validity"};
constexpr sonde::List<std::string_view> names{4, "tls-cert.names", "the DNS names that it is for"};
constexpr sonde::Scalar<std::string_view> sha256{5, "tls-cert.sha256", "its fingerprint", SONDE_F_DETAIL};
constexpr sonde::Scalar<std::string_view> protocol{6, "tls-cert.protocol", "the version of TLS that was agreed on"};
constexpr auto outputs = sonde::fields(alive, subject, issuer, not_after, names, sha256, protocol);

struct Options {
  uint16_t port;
  std::string sni;
};
constexpr auto options = sonde::options<Options>(
    sonde::Cost{.silent = "[1]", .alive = "[1]"},
    sonde::option("port", &Options::port, 443, "TCP port to connect to", {.minimum = 1}),
    sonde::option("sni", &Options::sni, "", "server name to ask for; empty: the name that the target was given as"));

constexpr sonde::About about = {.id = "tls-cert",
                                .version = "1.0.0",
                                .summary = "reads the certificates of TLS servers",
                                .license = "Apache-2.0",
                                .options_schema = options.schema(),
                                .outputs = outputs,
                                .needs = SONDE_NEED_CONNECT,
                                .max_in_flight = 128,
                                .timeout_ms = 5000};

using ContextPointer = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

class TlsCert {
 public:
  explicit TlsCert(sonde::Context host)
      : options_(options.read(host)), tls_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    if (!tls_) throw sonde::Failure(SONDE_E_FATAL, "OpenSSL cannot be set up");
    SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_NONE, nullptr);  // to read it, whoever signed it
    SSL_CTX_set_security_level(tls_.get(), 0);
  }

  sonde::Async run(sonde::Task task) {
    sonde::Connection server = co_await task.open(options_.port);
    if (server.answered()) task.put(alive, true);
    if (!server) co_return server.outcome();

    Session session(SSL_new(tls_.get()), SSL_free);
    BIO* socket = session ? BIO_new_socket(server.fd(), BIO_NOCLOSE) : nullptr;
    if (!socket) throw sonde::Failure(SONDE_E_NOMEM, "OpenSSL is out of memory");
    SSL_set_bio(session.get(), socket, socket);  // owns it from here
    const std::string name = options_.sni.empty() ? std::string(sonde::view(task.target().name)) : options_.sni;
    if (!name.empty()) SSL_set_tlsext_host_name(session.get(), name.c_str());

    for (;;) {
      ERR_clear_error();
      int result = SSL_connect(session.get());
      if (result == 1) break;
      int wants = SSL_get_error(session.get(), result);
      if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) co_return SONDE_NEGATIVE;  // it speaks no TLS
      int error = co_await server.ready(wants == SSL_ERROR_WANT_READ ? SONDE_IO_READ : SONDE_IO_WRITE);
      if (error == ETIMEDOUT) co_return SONDE_NO_ANSWER;
      if (error != 0) co_return SONDE_NEGATIVE;
    }
    co_return put(task, session.get());
  }

 private:
  static sonde_outcome put(sonde::Task task, SSL* session) {
    std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session), X509_free);
    if (!shown) return SONDE_NEGATIVE;
    const Certificate certificate = describe(shown.get());
    task.put(subject, certificate.subject);
    task.put(issuer, certificate.issuer);
    if (certificate.not_after != 0) task.put(not_after, certificate.not_after);
    for (const std::string& one : certificate.names) task.put(names, one);
    task.put(sha256, certificate.sha256);
    task.put(protocol, SSL_get_version(session));
    return SONDE_POSITIVE;
  }

  Options options_;
  ContextPointer tls_;
};

}  // namespace

SONDE_PROBE(TlsCert, about)
