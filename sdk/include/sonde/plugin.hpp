// sonde/plugin.hpp - the C ABI made comfortable for C++20. Header-only, no dependency, and not part of the ABI: what a
// plugin compiles in here stays inside it.
//
// A probe is a class:
//
//   class Greeter {
//    public:
//     explicit Greeter(sonde::Context host) : host_(host), timeout_(host.duration("/timeout")) {}
//     size_t start(std::span<const sonde_task> tasks);            // asynchronous: takes the first k, returns k
//     void on_io(uint64_t id, uint64_t user, uint32_t events);
//     void on_timer(uint64_t id, uint64_t user);
//     void cancel(sonde::Task task, uint64_t user, uint32_t why);
//     // or, blocking:  void run(sonde::Task task);
//   };
//   SONDE_PROBE(Greeter, descriptor)
//
// A source has `uint32_t pull(const sonde::Pull &)`, which returns how many targets it set; 0 at the end.
// A library with several plugins writes sonde_plugin_v0() itself, out of detail::ProbePlugin<Class, about>::plugin and
// its kin.
//
// Exceptions end at the edge: sonde::Failure becomes its code and text, every other one SONDE_E_FATAL and what().
// Threads: as the tags of plugin.h say; nothing here adds any.
#ifndef SONDE_PLUGIN_HPP
#define SONDE_PLUGIN_HPP
#include <sonde/detail/context.hpp>
#include <sonde/detail/descriptor.hpp>
#include <sonde/detail/entry.hpp>
#include <sonde/detail/fields.hpp>
#endif
