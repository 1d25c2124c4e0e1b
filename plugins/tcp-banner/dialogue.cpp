// Server-first ports are listened to, client-first ones asked at once, unknown ones listened to for a moment and then
// asked: a server that greets late still greets, and its greeting is then what is read.
#include "dialogue.hpp"

#include <algorithm>

#include "http.hpp"
#include "recognise.hpp"
#include "tls_session.hpp"

namespace sonde::tcp_banner {

Step Dialogue::opened() {
  if (!manner_.banner) return {Act::finish};
  switch (first_) {
    case First::server:
      return {Act::listen, Wait::answer};
    case First::http:
      if (!manner_.probe) break;
      asked_http_ = true;
      return {Act::send_http, Wait::answer};
    case First::tls:
    case First::tls_server:
    case First::tls_http:
      if (!manner_.tls) break;
      return {Act::start_tls, Wait::answer};
    case First::unknown:
    case First::quiet:
      break;
  }
  return {Act::listen, Wait::idle};
}

Step Dialogue::secured(std::string_view alpn) {
  secured_ = true;
  if (first_ == First::tls_server) return {Act::listen, Wait::answer};
  if ((first_ == First::tls_http || alpn == "http/1.1") && manner_.probe) {
    asked_http_ = true;
    return {Act::send_http, Wait::answer};
  }
  return {Act::finish};
}

Step Dialogue::heard(std::string_view bytes) {
  bytes_.append(bytes.substr(0, std::min(bytes.size(), room())));
  if (room() == 0 || answered_by_tls()) return {Act::finish};
  const bool complete = looks_like_http(bytes_) ? head_complete(bytes_) : greeting_complete(bytes_);
  return complete ? Step{Act::finish} : Step{Act::listen, Wait::idle};
}

Step Dialogue::silence() {
  const bool may_ask = first_ == First::unknown && manner_.probe && !secured_;
  if (!may_ask || asked_http_ || !bytes_.empty()) return {Act::finish};
  asked_http_ = true;
  return {Act::send_http, Wait::answer};
}

bool Dialogue::answered_by_tls() const {
  // An alert record is 7 bytes long: type, version, length, level, description.
  return asked_http_ && !secured_ && bytes_.size() >= 7 && bytes_[0] == 21 && TlsSession::looks_like_tls(bytes_);
}

}  // namespace sonde::tcp_banner
