// Where exceptions end: on the plugin's side of the edge, as a code and a text for the host.
#ifndef SONDE_DETAIL_GUARD_HPP
#define SONDE_DETAIL_GUARD_HPP
#include <sonde/detail/context.hpp>

#include <new>

namespace sonde::detail {

// This machine is short of something; the task is to be offered again. Thrown by Task::connect(port).
struct Postponed {};

// Runs f; an exception becomes its code, with the text told to the host.
template <class F> sonde_err guarded(Context host, sonde_task task, F &&f) noexcept {
  try {
    f();
    return SONDE_OK;
  } catch (const Failure &e) {
    if (*e.what() != '\0') host.explain(e.code(), e.what(), task);
    return e.code();
  } catch (const Postponed &) {
    return SONDE_E_AGAIN;
  } catch (const std::bad_alloc &) {
    host.explain(SONDE_E_NOMEM, "out of memory", task);
    return SONDE_E_NOMEM;
  } catch (const std::exception &e) {
    host.explain(SONDE_E_FATAL, e.what(), task);
    return SONDE_E_FATAL;
  } catch (...) {
    host.explain(SONDE_E_FATAL, "an exception that is no std::exception", task);
    return SONDE_E_FATAL;
  }
}

// The same for callbacks that cannot return an error: the text is logged, and the host settles what was left undone.
template <class F> void logged(Context host, sonde_task task, F &&f) noexcept {
  const auto tell = [&](const char *what) { host.log(SONDE_LOG_ERROR, what, task); };
  try {
    f();
  } catch (const std::exception &e) {
    tell(e.what());
  } catch (...) {
    tell("an exception that is no std::exception");
  }
}

}  // namespace sonde::detail
#endif
