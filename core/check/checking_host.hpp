// The host in a check: answers as the engine does, and notes every call that comes from a wrong thread, at a wrong
// time, or that is refused. Its table stands before the usual one; the subclasses are the kinds of instance.
#pragma once
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "check/notes.hpp"
#include "check/subject.hpp"
#include "engine/convert.hpp"
#include "inventory/put.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core::check {

/// The thread tags of plugin.h.
enum class Tag : uint8_t { any, setup, shard, shard_or_worker, task, worker };

class CheckingHost : public HostCalls {
 public:
  CheckingHost(const Subject& subject, Notes& notes, uint32_t index, uint32_t count, uint64_t seed)
      : HostCalls(&subject.options), subject_(subject), notes_(notes), index_(index), count_(count), seed_(seed) {}
  static CheckingHost& of(sonde_ctx* ctx) { return static_cast<CheckingHost&>(HostCalls::of(ctx)); }
  /// `longer`: of a host that knows calls which this plugin cannot.
  static const sonde_host* table(bool longer = false);

  /// create() and destroy().
  sonde_err create(bool from_the_future = false);
  void destroy();
  sonde_inst* instance() const { return instance_; }
  /// The k-th call of create() that a machine may refuse fails; 0: none. How many there were.
  void fail_call(uint32_t k) { fail_at_ = k; }
  uint32_t calls_that_may_fail() const { return may_fail_; }

  int log_enabled(int) override { return 1; }
  void log(sonde_task, int level, std::string_view message) override;
  sonde_err place(sonde_place* out) override;
  sonde_err document(std::string_view name, sonde_str* out) override;  ///< those that probes may ask for
  const std::string& logged_error() const { return logged_error_; }

 protected:
  enum class Where : uint8_t { outside, setup, shard, worker };
  /// Around every call into the plugin: whose turn it is, what it is called, how long it takes.
  class Callback {
   public:
    Callback(CheckingHost& host, Where where, const char* name);
    ~Callback();
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;

   private:
    CheckingHost& host_;
    const char* name_;
    int64_t cpu_before_;
  };
  bool on_own_thread() const { return std::this_thread::get_id() == owner_.load(); }
  /// count() and get() of an input among the facts that a task came with, with what is wrong noted.
  uint32_t count_known(sonde_task, uint32_t input, std::span<const Fact> known);
  sonde_err get_known(sonde_task, uint32_t input, uint32_t item, std::span<const Fact> known, sonde_str* key,
                      sonde_value* out);
  /// put(), with what is wrong noted.
  sonde_err put_checked(uint32_t output, std::string_view key, const sonde_value&, std::vector<Fact>& facts,
                        std::size_t first, std::unique_ptr<FactIndex>& index);
  /// Notes what done(SONDE_POSITIVE) left out.
  bool has_required(const std::vector<Fact>& facts, std::size_t first);
  static Outcome outcome_of(sonde_outcome);
  /// Whether the descriptor needs one of `any_of`, named `words`; else notes it, and refuses as a run does.
  bool may(sonde_task, uint32_t any_of, const char* call, std::string_view words);
  bool refuse_this_call();  ///< fault injection, for calls that a machine may refuse
  const char* callback() const { return callback_; }
  /// Notes a call that comes from where its tag does not allow it.
  void entering(const char* call, Tag tag);

  const Subject& subject_;
  Notes& notes_;
  sonde_inst* instance_ = nullptr;

 private:
  friend struct NotingTable;
  void refused(const char* call, sonde_err e);

  const uint32_t index_, count_;
  const uint64_t seed_;
  std::atomic<std::thread::id> owner_{};
  std::atomic<Where> where_{Where::outside};
  std::atomic<bool> destroyed_{false};
  const char* callback_ = "";
  bool creating_ = false;
  bool has_input(const char* call, uint32_t input);
  FieldItems items_;
  uint32_t fail_at_ = 0, may_fail_ = 0;
  std::string logged_error_;
};

}  // namespace sonde::core::check
