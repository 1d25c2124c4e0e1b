// The one file with a JSON library in it.
#include "service_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sonde::tcp_banner {
namespace {

using Json = nlohmann::ordered_json;

void add(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// http inside TLS has a name of its own; so have the protocols of mail.
std::string name_inside_tls(const std::string& name) {
  if (name.empty()) return "tls";
  if (name == "http" || name == "imap" || name == "pop3" || name == "ftp" || name == "telnet" || name == "nntp") {
    return name + "s";
  }
  return name == "smtp" ? "submissions" : name;
}

Json tls_json(const TlsSummary& tls) {
  Json out = Json::object();
  add(out, "version", tls.version);
  add(out, "cipher", tls.cipher);
  add(out, "alpn", tls.alpn);
  add(out, "alert", tls.alert);
  if (const auto& certificate = tls.certificate) {
    add(out, "subject", certificate->subject);
    add(out, "issuer", certificate->issuer);
    if (!certificate->san.empty()) out["san"] = certificate->san;
    add(out, "not_before", certificate->not_before);
    add(out, "not_after", certificate->not_after);
    out["self_signed"] = certificate->self_signed;
    add(out, "key", certificate->key);
    add(out, "signature", certificate->signature);
    add(out, "serial", certificate->serial);
    add(out, "sha256", certificate->sha256);
  }
  return out;
}

Json sorted(std::vector<uint16_t> ports) {
  std::sort(ports.begin(), ports.end());
  return ports;
}

}  // namespace

std::string service_json(const Service& service, const TlsSummary* tls) {
  Json out = {{"state", "open"}};
  add(out, "name", tls != nullptr ? name_inside_tls(service.name) : service.name);
  add(out, "product", service.product);
  add(out, "version", service.version);
  add(out, "extra", service.extra);
  if (service.http_status != 0) {
    Json http = {{"status", service.http_status}};
    add(http, "location", service.http_location);
    add(http, "realm", service.http_realm);
    out["http"] = std::move(http);
  }
  if (tls != nullptr) out["tls"] = tls_json(*tls);
  return dump(out);
}

std::string tcp_json(const OtherPorts& ports) {
  Json out = {{"closed", sorted(ports.closed)}, {"silent", sorted(ports.silent)}};
  if (!ports.skipped.empty()) out["skipped"] = sorted(ports.skipped);
  if (!ports.unasked.empty()) out["unasked"] = sorted(ports.unasked);
  return dump(out);
}

}  // namespace sonde::tcp_banner
