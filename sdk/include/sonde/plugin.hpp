// sonde/plugin.hpp - the C ABI made comfortable for C++20. Header-only, no dependency, and not part of the ABI: what a
// plugin compiles in here stays inside it.
//
// A probe is a class with one method, asynchronous or blocking, and a struct of options:
//
//   struct Options { uint16_t port; };
//   constexpr auto options = sonde::options<Options>(
//       sonde::Cost{.silent = "[1]", .alive = "[1]"},
//       sonde::option("port", &Options::port, 22, "TCP port to connect to", {.minimum = 1}));
//
//   class Greeter {
//    public:
//     explicit Greeter(sonde::Context host) : options_(options.read(host)) {}
//     sonde::Async run(sonde::Task task);           // a coroutine on the shard's loop: never blocks, serves thousands
//     // or:  sonde_outcome run(sonde::Task task);   // a call on a worker thread: may block until the deadline
//   };
//   SONDE_PROBE(Greeter, about)                      // about: a constexpr sonde::About
//
// Probes that send batches or share sockets between targets have the four functions of the ABI instead: size_t
// start(std::span<const sonde_task>), on_io(id, user, events), on_timer(id, user), cancel(sonde::Task, user, why).
// A blocking run() may also return nothing and call task.done() itself, or take a std::span of tasks.
//
// A source has `uint32_t pull(const sonde::Pull &)`, which returns how many targets it set; 0 at the end.
// A library with several plugins writes sonde_plugin_v0() itself, out of detail::ProbePlugin<Class, about>::plugin and
// its kin.
//
// Errors    Exceptions end at the edge: sonde::Failure becomes its code and text, every other one SONDE_E_FATAL and
//           what(). From the constructor they refuse the stage, from run() they make that task an error.
// Threads   As the tags of plugin.h say; nothing here adds any. Memory likewise: views live until the callback returns.
// Units     Times are monotonic nanoseconds, ports are in host order, addresses 16 octets in network order.
#ifndef SONDE_PLUGIN_HPP
#define SONDE_PLUGIN_HPP
#include <sonde/detail/async.hpp>
#include <sonde/detail/connection.hpp>
#include <sonde/detail/context.hpp>
#include <sonde/detail/descriptor.hpp>
#include <sonde/detail/entry.hpp>
#include <sonde/detail/fields.hpp>
#include <sonde/detail/options.hpp>
#include <sonde/detail/stream.hpp>
#endif
