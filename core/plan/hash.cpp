// The hash of a plan: two runs with the same one ask the same questions of the same targets in the same order, so that
// a journal of the one can be resumed by the other. Limits and outputs do not matter for that. The id leaves the order
// out: it is the same however often a file is planned.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "plan/compilation.hpp"

namespace sonde::core {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    good_ = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }
  /// One line a statement; texts are quoted, so that no two different plans give the same lines.
  void line(const std::string& text) {
    good_ = good_ && EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1 &&
            EVP_DigestUpdate(context_.get(), "\n", 1) == 1;
  }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!good_ || EVP_DigestFinal_ex(context_.get(), digest, &size) != 1) return {};
    std::string out;
    for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
  bool good_ = false;
};

void add_addresses(Sha256& sha, std::string_view what, const AddressSet& set) {
  for (const AddressRange& range : set.ranges()) sha.line(fmt::format("{} {}", what, range.to_string()));
}

void add_names(Sha256& sha, const TargetSet& targets) {
  std::vector<std::pair<IpAddress, std::string>> names(targets.names().begin(), targets.names().end());
  std::sort(names.begin(), names.end());
  for (const auto& [address, name] : names) sha.line(fmt::format("name {} {}", address.to_string(), json_quote(name)));
}

std::string hash_of(const Plan& plan, bool with_seed) {
  Sha256 sha;
  sha.line("sonde plan 1");
  if (with_seed) sha.line(fmt::format("seed {}", plan.seed));
  add_addresses(sha, "target", plan.targets.addresses());
  add_addresses(sha, "exclude", plan.scope.exclusions());
  add_names(sha, plan.targets);
  sha.line(fmt::format("assume_up {}", plan.assume_up));
  for (const StagePlan& stage : plan.stages) {
    const Value asks = questions_of(stage);
    const auto text = [&](std::string_view member) { return to_json(*asks.find(member)); };
    sha.line(fmt::format("stage {} {} {} enabled {} optional {} deadline {}", json_quote(stage.name), stage.plugin->id,
                         json_quote(stage.plugin->version), stage.enabled, text("optional"), text("deadline")));
    sha.line(fmt::format("when {}", text("when")));
    sha.line(fmt::format("options {}", text("options")));
  }
  return sha.hex();
}

}  // namespace

Value questions_of(const StagePlan& stage) {
  Value out{Value::Object{}};
  out.set("when", Value(stage.when_text));
  out.set("deadline", Value(stage.deadline));
  out.set("optional", Value(stage.optional));
  out.set("options", without_secrets(stage.options, stage.plugin->schema));
  return out;
}

void set_hashes(Plan& plan) {
  plan.id = hash_of(plan, false);
  plan.hash = hash_of(plan, true);
}

}  // namespace sonde::core
