// The fields of the host record that this plugin fills, and the one that it reads.
#pragma once
#include <sonde/plugin.hpp>

namespace sonde::tcp_banner {

inline constexpr Scalar<bool> alive{0, "alive", "true when a port is open or refuses"};
inline constexpr List<uint64_t> ports{1, "ports", "open TCP ports"};
inline constexpr Map<std::string_view> banners{2, "banners",
                                               "what the service on a port says first, as one clean line"};
inline constexpr Map<Json> services{3, "services", "per port: state, name, product, version, extra, http, tls"};
inline constexpr Scalar<Json> tcp{4, "tcp", "ports that are closed, silent, skipped or were not asked", SONDE_F_DETAIL};
inline constexpr List<uint64_t> found_before{0, "ports", "with ports: found, what is connected to"};
inline constexpr auto inputs = fields(found_before);

inline constexpr auto outputs = fields(alive, ports, banners, services, tcp);

}  // namespace sonde::tcp_banner
