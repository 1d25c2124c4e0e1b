// What rdns writes into a record.
#pragma once
#include <sonde/detail/fields.hpp>

#include <string_view>

namespace sonde::rdns {

inline constexpr Scalar<std::string_view> reverse_dns{0, "reverse_dns", "the name that the address points back to"};
inline constexpr Scalar<Json> dns{1, "dns", "status, all names, and whether one of them leads back to the address",
                                  SONDE_F_DETAIL};
inline constexpr auto outputs = fields(reverse_dns, dns);

}  // namespace sonde::rdns
