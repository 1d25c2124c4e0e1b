#include <cap-ng.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "engine/privileges.hpp"

namespace sonde::core {

namespace {
std::optional<uint32_t> number(const char* text) {
  if (!text) return std::nullopt;
  uint32_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  return error == std::errc() && stop == end && text != end ? std::optional(value) : std::nullopt;
}

auto refused(const std::string& what) {
  return failure("privileges", what + ": " + std::strerror(errno), "run it as the account that is to do the work");
}
}  // namespace

Result<std::optional<Account>> account_for(const std::string& name) {
  if (geteuid() != 0) {
    if (!name.empty()) return failure("privileges", "--user needs root", "run as root, or leave --user out");
    return std::optional<Account>();
  }
  if (name.empty()) {
    const auto uid = number(getenv("SUDO_UID")), gid = number(getenv("SUDO_GID"));
    if (uid && gid && *uid != 0) return std::optional(Account{*uid, *gid});
    return std::optional<Account>();
  }
  const auto uid = number(name.c_str());
  const passwd* entry = uid ? getpwuid(*uid) : getpwnam(name.c_str());
  if (entry) return std::optional(Account{entry->pw_uid, entry->pw_gid});
  if (uid) return std::optional(Account{*uid, *uid});
  return failure("privileges", "--user: there is no account '" + name + "'",
                 "name an account of this machine, or a uid");
}

ActingAs::ActingAs(const std::optional<Account>& account) : active_(account.has_value()) {
  ok_ = !active_ || (setegid(account->gid) == 0 && seteuid(account->uid) == 0);
}

ActingAs::~ActingAs() {
  if (active_ && (seteuid(0) != 0 || setegid(0) != 0)) std::abort();  // half a return would be worse
}

Result<void> drop_privileges(const std::optional<Account>& account, bool keep_net_raw) {
  const bool keep = keep_net_raw && has_net_raw();
  if (account) {
    if (keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return refused("PR_SET_KEEPCAPS");
    if (setgroups(0, nullptr) != 0 && errno != EPERM) return refused("setgroups");
    if (setresgid(account->gid, account->gid, account->gid) != 0) return refused("setresgid");
    if (setresuid(account->uid, account->uid, account->uid) != 0) return refused("setresuid");
  }
  capng_clear(CAPNG_SELECT_CAPS);
  if (keep)
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE),
                 CAP_NET_RAW);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return refused("dropping capabilities");
  // The child of a stage that needs it gets the capability through the ambient set.
  if (keep && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) != 0)
    return refused("PR_CAP_AMBIENT_RAISE");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no_new_privs");
  return {};
}

bool has_net_raw() {
  capng_get_caps_process();
  return capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW) == 1;
}

int64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised{limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur > 1'000'000 ? 1'000'000 : static_cast<int64_t>(limit.rlim_cur);
}

}  // namespace sonde::core
