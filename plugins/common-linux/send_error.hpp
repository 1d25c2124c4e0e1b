// A packet that this machine did not let out, in the words of what a user can do about it.
#pragma once
#include <string>
#include <string_view>

#include "common-linux/ip.hpp"

namespace sonde::net {

// `what`: "the echo request"; `error`: an errno that is no shortage.
std::string explain_send_error(std::string_view what, int error, const Ip& to);

}  // namespace sonde::net
