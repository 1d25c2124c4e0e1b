// What a plugin instance may ask of the core, as one class per kind of instance. The C table of the ABI forwards to it;
// calls that a kind does not have answer SONDE_E_UNSUPPORTED, so a table is always complete.
#pragma once
#include <sonde/plugin.h>

#include <mutex>
#include <string>

#include "base/value.hpp"

namespace sonde::core {

/// Monotonic clock of the ABI: CLOCK_MONOTONIC, ns.
int64_t monotonic_ns();

class HostCalls {
 public:
  explicit HostCalls(const Value* options) : options_(options) {}
  HostCalls(const HostCalls&) = delete;
  HostCalls& operator=(const HostCalls&) = delete;
  virtual ~HostCalls() = default;

  sonde_ctx* context() { return reinterpret_cast<sonde_ctx*>(this); }
  static HostCalls& of(sonde_ctx* ctx) { return *reinterpret_cast<HostCalls*>(ctx); }
  /// The table to hand to create(). Constant, shared by all instances.
  static const sonde_host* table();

  /// The table behind get_extension(), or null.
  virtual const void* extension(std::string_view id);
  virtual int log_enabled(int level);
  virtual void log(sonde_task, int level, std::string_view message) = 0;
  virtual void fail(sonde_task, sonde_err, std::string_view why);
  virtual int64_t now();
  virtual sonde_err place(sonde_place* out);
  virtual sonde_err target(sonde_task, sonde_target* out);
  virtual int64_t deadline(sonde_task);
  virtual int cancelled(sonde_task);
  virtual sonde_err attach(sonde_task, uint64_t user);
  virtual uint32_t count(sonde_task, uint32_t input);
  virtual sonde_err get(sonde_task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out);
  virtual sonde_err put(sonde_task, uint32_t output, std::string_view key, const sonde_value&);
  virtual sonde_err done(sonde_task, sonde_outcome);
  virtual sonde_err dial(sonde_task, const sonde_target&, uint32_t events, uint64_t user, sonde_conn* out);
  virtual sonde_err hangup(uint64_t id, bool reset);
  virtual sonde_err connect(sonde_task, const sonde_target&, int* fd);
  virtual sonde_err admit(sonde_task, const sonde_target&);
  virtual sonde_err raw(int family, int proto, uint32_t ifindex, int* fd);
  virtual uint32_t pace(uint32_t packets, int64_t* again);
  virtual sonde_err watch(int fd, uint32_t events, uint64_t user, uint64_t* id);
  virtual sonde_err rewatch(uint64_t id, uint32_t events);
  virtual sonde_err unwatch(uint64_t id);
  virtual sonde_err timer(int64_t at, uint64_t user, uint64_t* id);
  virtual sonde_err untimer(uint64_t* id);
  virtual sonde_err wake(uint64_t user);
  virtual sonde_err document(std::string_view name, sonde_str* out);

  /// The text of the last fail() for this task (0: the instance), once.
  std::string take_failure(sonde_task);

 protected:
  /// DENIED, with its reason for the task, unless `rights` (SONDE_NEED_* of the stage, as `plan` shows them) have one
  /// of `any_of`, whose names are `words`.
  sonde_err check_right(sonde_task, uint32_t rights, uint32_t any_of, std::string_view call, std::string_view words);

 private:
  friend struct HostTable;
  sonde_err option(std::string_view pointer, uint32_t type, sonde_value* out);
  uint32_t option_count(std::string_view pointer);
  sonde_err option_key(std::string_view pointer, uint32_t item, sonde_str* out);

  const Value* options_;
  std::string option_text_;  ///< what the last SONDE_JSON option pointed to
  std::mutex failure_mutex_;
  sonde_task failure_task_ = 0;
  std::string failure_text_;
};

}  // namespace sonde::core
