// What an instance does with its options, with a machine that refuses, and when it is gone.
#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "check/export_play.hpp"
#include "check/probe_host.hpp"
#include "check/process_state.hpp"
#include "check/source_play.hpp"
#include "check/tests.hpp"
#include "config/overrides.hpp"

namespace sonde::core::check {
namespace {

constexpr uint32_t most_failing_calls = 64;
constexpr int cycles = 50;
constexpr uint64_t bytes_a_cycle = 24;  // the smallest block of the heap: less than one a cycle is no leak

/// Only creates and destroys; for every kind of plugin.
class Bare {
 public:
  Bare(const Subject& subject, Notes& notes, const Bench& bench, uint32_t fail_at = 0)
      : stage_(subject, bench.scene(Manner::silent)), host_(subject, notes, stage_, 0, 1) {
    host_.fail_call(fail_at);
    error = host_.create();
    failure = host_.take_failure(0);
  }
  ~Bare() { host_.end(); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  uint32_t calls_that_may_fail() const { return host_.calls_that_may_fail(); }
  bool has_instance() const { return host_.instance() != nullptr; }

  sonde_err error = SONDE_OK;
  std::string failure;

 private:
  Stage stage_;
  ProbeHost host_;
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& p : parts) out += (out.empty() ? "" : "; ") + p;
  return out;
}

/// Texts that a schema lets through and a parser may stumble over.
std::vector<Value> samples(const Schema& s) {
  std::vector<Value> out;
  if (!s.choices.empty()) return s.choices;
  switch (s.format) {
    case Format::duration:
      for (const double bound : {s.minimum.value_or(0), std::min(s.maximum.value_or(1e15), 1e15)})
        out.emplace_back(std::to_string(static_cast<int64_t>(bound / 1e6) + (s.minimum ? 1 : 0)) + "ms");
      return out;
    case Format::bytes:
      for (const double bound : {s.minimum.value_or(0), std::min(s.maximum.value_or(1e12), 1e12)})
        out.emplace_back(std::to_string(static_cast<uint64_t>(bound)));
      return out;
    case Format::ports:
      return {Value("1"), Value("65535"), Value("1-1024"), Value("22,80,22")};
    case Format::cidr:
      return {Value("127.0.0.1"), Value("127.0.0.0/8"), Value("::1")};
    case Format::path:
      return {Value("does/not/exist"), Value("/dev/null"), Value(".")};
    case Format::service:
      return {Value("127.0.0.1"), Value("127.0.0.1:1"), Value("[::1]:65535"), Value("::1")};
    case Format::secret:
    case Format::none:
      break;
  }
  switch (s.type) {
    case SchemaType::boolean:
      return {Value(true), Value(false)};
    case SchemaType::integer:
      return {Value(static_cast<int64_t>(s.minimum.value_or(-9e15))),
              Value(static_cast<int64_t>(s.maximum.value_or(9e15)))};
    case SchemaType::number:
      return {Value(s.minimum.value_or(-1e308)), Value(s.maximum.value_or(1e308))};
    case SchemaType::text:
      return {Value(""), Value("%s%n${HOME}"), Value("\xc3\xa9\xe2\x80\xae"), Value(std::string(65536, 'x'))};
    case SchemaType::array:
      out.emplace_back(Value::Array{});
      if (s.items)
        for (const Value& item : samples(*s.items)) out.emplace_back(Value::Array{item, item});
      return out;
    default:
      return out;
  }
}

/// Calls `visit` with the options changed in one place at a time.
void vary(const Schema& schema, const Value& base, const std::string& path,
          const std::function<void(const std::string&, const Value&)>& visit) {
  for (const Schema::Property& p : schema.properties) {
    const std::string name = path.empty() ? p.name : path + "." + p.name;
    if (p.schema.type == SchemaType::object) {
      const Value* nested = base.find(p.name);
      vary(p.schema, nested ? *nested : Value(Value::Object{}), name,
           [&](const std::string& where, const Value& changed) {
             Value whole = base.object() ? base : Value(Value::Object{});
             whole.set(p.name, changed);
             visit(where, whole);
           });
      continue;
    }
    for (const Value& sample : samples(p.schema)) {
      Value whole = base.object() ? base : Value(Value::Object{});
      whole.set(p.name, sample);
      visit(name, whole);
    }
  }
}

}  // namespace

Verdict create(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const Bare bare(subject, notes, bench);
  if (std::string what = notes.about(Rule::needs); !what.empty()) return fail(std::move(what));
  if (bare.error == SONDE_OK) return pass();
  const std::string why = bare.failure.empty() ? "without a reason by fail()" : "saying: " + printable(bare.failure);
  if (bare.error == SONDE_E_DENIED && subject.needs(SONDE_NEED_RAW) && !bench.own_network)
    return skip("create() needs a right that this user lacks (" + printable(bare.failure) + "); run the check as root");
  return fail("create() returned " + std::to_string(bare.error) + ", " + why);
}

Verdict create_refused(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const ProcessState before = ProcessState::now();
  for (uint32_t k = 1; k <= most_failing_calls; ++k) {
    uint32_t calls = 0;
    {
      const Bare bare(subject, notes, bench, k);
      calls = bare.calls_that_may_fail();
      if (bare.error != SONDE_OK && bare.failure.empty())
        return fail("create() failed because a host call was refused, and gave no reason by fail()");
    }
    const auto left = before.left_behind(ProcessState::now());
    if (!left.empty())
      return fail("with its host call " + std::to_string(k) + " refused, create() left behind: " + joined(left));
    if (calls < k) return k == 1 ? skip("create() makes no call that a machine can refuse") : pass();
  }
  return pass();
}

Verdict create_destroy(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const auto cycle = [&] {
    for (int i = 0; i < cycles; ++i) const Bare bare(subject, notes, bench);
  };
  cycle();
  const ProcessState before = ProcessState::now();
  const uint64_t grown = steady_growth(cycle, cycles * bytes_a_cycle);
  const auto left = before.left_behind(ProcessState::now());
  if (!left.empty()) return fail("after some hundred times create() and destroy(): " + joined(left));
  if (grown >= cycles * bytes_a_cycle)
    return fail(std::to_string(cycles) + " times create() and destroy() left " + std::to_string(grown) +
                " octets on the heap");
  return pass();
}

Verdict option_values(const Bench& bench) {
  Subject subject = bench.subject();
  const Subject as_set = subject;
  Notes notes;
  std::string wrong;
  Value base{Value::Object{}};
  for (const auto& [name, text] : bench.sets) set_option(base, name, text, {});
  unsigned tried = 0;
  vary(subject.plugin.schema, base, "", [&](const std::string& name, const Value& options) {
    if (!wrong.empty() || ++tried > 2000) return;
    subject = as_set;
    if (!use_options(subject, options)) return;  // the host refuses it, so the plugin never sees it
    const Bare bare(subject, notes, bench);
    if (bare.error == SONDE_OK || !bare.failure.empty()) return;
    wrong = "with another value of '" + name + "' create() returned " + std::to_string(bare.error) +
            " without a reason by fail()";
  });
  return wrong.empty() ? pass() : fail(wrong);
}

Verdict exit_clean(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  // Once before: what libraries make on their first use belongs to the process.
  if (subject.plugin.kind == PluginKind::probe) play(subject, bench.scene(Manner::talking), notes);
  const ProcessState before = ProcessState::now();
  work_out(bench, subject, notes);
  if (const std::string left = notes.about(Rule::left_over); !left.empty()) return fail(left);
  const auto left = before.left_behind(ProcessState::now());
  return left.empty() ? pass() : fail("behind destroy(): " + joined(left));
}

Verdict process_manners(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const Value* path = subject.options.find("path");
  const bool prints = subject.plugin.kind == PluginKind::exporter && path && path->text() && *path->text() == "-";
  const ProcessState before = ProcessState::now();
  ProcessState after;
  work_out(bench, subject, notes, [&] { after = ProcessState::now(); });
  auto changed = before.changed_manners(after, prints);
  for (std::string& late : before.changed_manners(ProcessState::now(), prints))
    if (std::find(changed.begin(), changed.end(), late) == changed.end()) changed.push_back(std::move(late));
  return changed.empty() ? pass() : fail(joined(changed));
}

}  // namespace sonde::core::check
