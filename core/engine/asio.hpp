// The one door to Asio. <utility> comes first: Boost 1.74's awaitable.hpp uses std::exchange without including it,
// which C++20 with GCC 12 does not forgive.
#pragma once
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
