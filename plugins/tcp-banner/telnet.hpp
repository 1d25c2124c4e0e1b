// Telnet negotiation (RFC 854, 855) taken out of what a server sent. It is never answered: an inventory has no
// terminal.
#pragma once
#include <string>
#include <string_view>

namespace sonde::tcp_banner {

/// Begins with a negotiation: IAC and WILL, WONT, DO, DONT or SB.
bool begins_with_negotiation(std::string_view bytes);
/// The bytes of the user's screen: commands and subnegotiations left out, IAC IAC as one byte, a command cut off at the
/// end left out.
std::string without_negotiation(std::string_view bytes);

}  // namespace sonde::tcp_banner
