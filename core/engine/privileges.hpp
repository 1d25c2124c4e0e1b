// Giving up what is not needed before the first packet: capabilities, root, and the way back to them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace sonde::core {

struct Account {
  uint32_t uid = 0, gid = 0;
};
/// The account to become when running as root: `name` (--user, a name or a number), else SUDO_UID/SUDO_GID, else none.
Result<std::optional<Account>> account_for(const std::string& name);
/// While it lives, files are made with the rights and in the name of the account. Only when running as root.
class ActingAs {
 public:
  explicit ActingAs(const std::optional<Account>&);
  ~ActingAs();
  /// False: the account could not be taken; nothing may be made then, root's rights are still there.
  bool ok() const { return ok_; }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool active_;
  bool ok_ = true;
};
/// Drops all capabilities (but CAP_NET_RAW when asked for by a stage that hands it to a child), becomes the account,
/// sets no_new_privs. Before any thread starts. Irreversible.
Result<void> drop_privileges(const std::optional<Account>&, bool keep_net_raw);
bool has_net_raw();
/// Raises the soft limit of descriptors to the hard one; returns how many may be open.
int64_t raise_descriptor_limit();

}  // namespace sonde::core
