// Sources are drained before a run: every target is then known, checked and counted before the first packet. The host
// that a source sees is small: its options, a log, and put() for what is known of a target already. That goes into a
// HostStore batch by batch: a report of a million hosts does not fit into memory with all that it says.
#include <fmt/format.h>
#include <sonde/source.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/text.hpp"
#include "inventory/put.hpp"
#include "plan/compilation.hpp"
#include "plan/source_quota.hpp"
#include "plugins/host_calls.hpp"
#include "plugins/option_reason.hpp"

namespace sonde::core {
namespace {

constexpr uint32_t batch = 64;
constexpr std::size_t most_warnings = 32;
constexpr std::size_t most_facts_a_target = 70'000;  // every port, and some more
constexpr std::size_t most_facts = std::size_t{1} << 28;
constexpr uint32_t uses_network = SONDE_NEED_CONNECT | SONDE_NEED_RAW | SONDE_NEED_EXEC | SONDE_NEED_SOCKETS;

std::string_view view(sonde_str s) {
  return s.ptr ? std::string_view(s.ptr, s.len) : std::string_view();
}

class SourceHost : public HostCalls {
 public:
  SourceHost(const Value* options, const std::vector<FieldId>& outputs, const FieldTable& fields, uint64_t seed)
      : HostCalls(options), outputs_(outputs), fields_(fields), seed_(seed) {}

  /// Before a run nobody listens to more than warnings; errors come by fail().
  void log(sonde_task, int level, std::string_view text) override {
    if (level > SONDE_LOG_WARN) return;
    std::lock_guard lock(warnings_mutex_);
    if (warnings_.size() < most_warnings) warnings_.push_back(printable(text));
  }
  int log_enabled(int level) override { return level <= SONDE_LOG_WARN; }
  std::vector<std::string> take_warnings() {
    std::lock_guard lock(warnings_mutex_);
    return std::exchange(warnings_, {});
  }

  sonde_err place(sonde_place* out) override {
    sonde_place p{};
    p.size = std::min<uint32_t>(out->size, sizeof p);
    p.count = 1;
    p.seed = seed_;
    std::memcpy(out, &p, p.size);
    return SONDE_OK;
  }

  sonde_err put(sonde_task task, uint32_t output, std::string_view key, const sonde_value& value) override {
    uint64_t index = (task & 0xffffffff) - 1;
    if (task >> 32 != generation_ || index >= facts_.size()) return SONDE_E_STALE;
    if (output >= outputs_.size()) return SONDE_E_INVALID;
    std::vector<Fact>& facts = facts_[index];
    if (facts.size() >= most_facts_a_target || total_facts_ >= most_facts) {
      if (!std::exchange(too_many_told_, true))
        log(task, SONDE_LOG_WARN,
            fmt::format("it states more than fits ({} facts of a target, {} in all); the rest is left out",
                        most_facts_a_target, most_facts));
      return SONDE_E_NOMEM;
    }
    const std::size_t before = facts.size();
    const sonde_err e =
        store_fact(fields_[outputs_[output]], outputs_[output], core_stage, key, value, facts, 0, indexes_[index]);
    total_facts_ += facts.size() - before;
    return e;
  }

  /// Ids for the next batch; those of the one before are stale from now on.
  std::vector<sonde_task> next_tasks(uint32_t n) {
    ++generation_;
    facts_.assign(n, {});
    indexes_.clear();
    indexes_.resize(n);
    std::vector<sonde_task> tasks(n);
    for (uint32_t i = 0; i < n; ++i) tasks[i] = (generation_ << 32) | (i + 1);
    return tasks;
  }
  /// What was put for the target at that place of the batch.
  std::vector<Fact>& facts(uint32_t i) { return facts_[i]; }

 private:
  const std::vector<FieldId>& outputs_;
  const FieldTable& fields_;
  uint64_t seed_;
  std::mutex warnings_mutex_;  // log() may come from a thread of the plugin
  std::vector<std::string> warnings_;
  uint64_t generation_ = 0;
  std::vector<std::vector<Fact>> facts_;
  std::vector<std::unique_ptr<FactIndex>> indexes_;
  std::size_t total_facts_ = 0;
  bool too_many_told_ = false;
};

/// Options checked, outputs bound, instance created, targets pulled, instance destroyed.
class SourceDrain {
 public:
  SourceDrain(Compilation& c, const TargetEntry& entry, const PluginEntry& plugin, std::vector<TargetPiece>& pieces)
      : c_(c), entry_(entry), plugin_(plugin), pieces_(pieces) {}

  void run() {
    std::size_t errors = c_.out.error_count();
    Value given = entry_.options;
    if (given.where.line == 0) given.where = entry_.where;
    options_ = check_options(
        given, plugin_.schema,
        {fmt::format("source '{}'", plugin_.id), fmt::format("sonde describe {}", plugin_.id), c_.plan.directory},
        c_.out);
    bind_outputs();
    if (c_.out.error_count() != errors) return;
    if (!c_.request.resolve_names && (plugin_.needs & uses_network) != 0) {
      ++c_.unresolved;
      return;
    }
    SourceHost host(&options_, outputs_, c_.plan.fields, c_.plan.seed);
    sonde_inst* instance = nullptr;
    sonde_err e = plugin_.plugin->create(host.context(), HostCalls::table(), &instance);
    if (e != SONDE_OK || !instance) return failed(host, e, "did not start");
    pull_all(host, instance);
    plugin_.plugin->destroy(instance);
    add_whole();
    for (const std::string& text : host.take_warnings())
      c_.out.warning("source-warning", entry_.where, fmt::format("source '{}': {}", plugin_.id, text));
  }

 private:
  void bind_outputs() {
    for (const FieldInfo& f : plugin_.outputs) {
      auto id =
          c_.plan.fields.bind_output(plugin_.id, f.name, f.type, f.shape, (f.flags & SONDE_F_DETAIL) != 0, f.help);
      if (!id) {
        Diagnostic why = id.error();
        why.where = entry_.where;
        c_.out.add(std::move(why));
        continue;
      }
      outputs_.push_back(*id);
      c_.written.insert(*id);
    }
  }

  void pull_all(SourceHost& host, sonde_inst* instance) {
    SourceQuota quota(c_.spec.limits.max_targets);
    for (;;) {
      std::vector<sonde_target> targets(batch);
      for (sonde_target& t : targets) t.size = sizeof t;
      std::vector<sonde_task> tasks = host.next_tasks(batch);
      int32_t n = plugin_.source->pull(instance, targets.data(), sizeof(sonde_target), tasks.data(), batch);
      if (n < 0) return failed(host, n, "failed");
      if (n == 0) return;
      if (static_cast<uint32_t>(n) > batch)
        return fail(fmt::format("said that it wrote {} targets where {} have room", n, batch));
      const auto outside = entry_.skip_outside ? std::count_if(targets.begin(), targets.begin() + n,
                                                               [&](const auto& t) { return may_be_outside(t); })
                                               : 0;
      if (const auto excess = quota.add(static_cast<uint64_t>(n), static_cast<uint64_t>(outside))) {
        c_.out.error("too-many-targets", entry_.where, fmt::format("the source '{}' {}", plugin_.id, excess->text),
                     excess->hint);
        return;
      }
      for (uint32_t i = 0; i < static_cast<uint32_t>(n); ++i)
        if (!add(targets[i], host.facts(i))) return;
      if (!store_has_room()) return;
    }
  }

  static IpAddress address_of(const sonde_target& t) {
    std::array<uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), t.ip, bytes.size());
    const IpAddress address(bytes);
    return address.is_link_local() ? IpAddress(bytes, t.scope_id) : address;
  }

  /// An address that may not be scanned, or a network: its parts are judged, and counted, when all is known.
  bool may_be_outside(const sonde_target& t) const {
    if (t.prefix != 0 && t.prefix != 128) return true;
    const Verdict verdict = c_.plan.scope.judge(address_of(t));
    return verdict == Verdict::forbidden || verdict == Verdict::needs_allow_public;
  }

  bool add(const sonde_target& t, std::vector<Fact>& facts) {
    const IpAddress address = address_of(t);
    if (t.prefix > 128 || (t.prefix != 0 && t.prefix < 96 && address.is_v4())) {
      fail(fmt::format("gave the target {} a prefix of {} bits (1 to 128; an IPv4 network has 96 more than its own)",
                       address.to_string(), t.prefix));
      return false;
    }
    std::string name = to_valid_utf8(view(t.name));
    if (t.prefix == 0 || t.prefix == 128) {
      if (!c_.request.keep_source_facts) std::erase_if(facts, [&](const Fact& f) { return !may_be_asked(f.field); });
      if (!facts.empty()) c_.plan.source_facts.add(address, facts);
      addresses_.add(address);
      if (!name.empty()) c_.names.emplace(address, std::move(name));
      return true;
    }
    uint128 host_bits = (uint128{1} << (128 - t.prefix)) - 1;
    uint128 first = address.number() & ~host_bits, last = first | host_bits;
    if (address.is_v4() && host_bits > 1) ++first, --last;  // as a CIDR in a file: its hosts
    addresses_.add(
        AddressRange{IpAddress::from_number(first, address.zone()), IpAddress::from_number(last, address.zone())});
    return true;
  }

  void add_whole() {
    addresses_.normalise();
    pieces_.push_back({std::move(addresses_), entry_.where, true, entry_.skip_outside ? plugin_.id : ""});
  }

  /// Whether a `when` may read the field: its text has the name in it.
  bool may_be_asked(FieldId field) const {
    const std::string& name = c_.plan.fields[field].name;
    return std::any_of(c_.spec.stages.begin(), c_.spec.stages.end(),
                       [&](const StageSpec& s) { return s.when.find(name) != std::string::npos; });
  }

  bool store_has_room() {
    auto healthy = c_.plan.source_facts.health();
    if (healthy) return true;
    healthy.error().where = entry_.where;
    c_.out.add(std::move(healthy.error()));
    return false;
  }

  void failed(SourceHost& host, sonde_err e, std::string_view how) {
    std::string why = host.take_failure(0);
    if (why.empty()) return fail(fmt::format("{} (error {}, without a reason)", how, e));
    for (const OptionReason& reason : place_reasons(why, options_, entry_.where))
      fail(fmt::format("{}: {}", how, printable(reason.text)), reason.where);
  }
  void fail(const std::string& how) { fail(how, entry_.where); }
  void fail(const std::string& how, const SourceSpan& where) {
    c_.out.error("source-failed", where, fmt::format("the source '{}' {}", plugin_.id, how),
                 fmt::format("sonde describe {} lists its options", plugin_.id));
  }

  Compilation& c_;
  const TargetEntry& entry_;
  const PluginEntry& plugin_;
  std::vector<TargetPiece>& pieces_;
  Value options_;
  std::vector<FieldId> outputs_;
  AddressSet addresses_;
};

}  // namespace

void drain_source(Compilation& c, const TargetEntry& entry, std::vector<TargetPiece>& pieces) {
  const PluginEntry* plugin = c.registry.find(PluginKind::source, entry.use);
  if (!plugin) {
    refuse_plugin(c, PluginKind::source, entry.use, entry.where);
    return;
  }
  SourceDrain(c, entry, *plugin, pieces).run();
}

}  // namespace sonde::core
