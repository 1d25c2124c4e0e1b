#include "check/source_play.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/text.hpp"
#include "check/checking_host.hpp"
#include "check/play.hpp"
#include "engine/convert.hpp"

namespace sonde::core::check {

namespace {

class SourceHost final : public CheckingHost {
 public:
  SourceHost(const Subject& subject, Notes& notes) : CheckingHost(subject, notes, 0, 1, 1) {}

  Pulled run(const SourcePlay& play) {
    Pulled out;
    out.error = create(play.from_the_future);
    out.step = "create()";
    if (out.error == SONDE_OK) {
      while (!out.ended && out.error == SONDE_OK && out.wrong.empty() && out.targets.size() < play.most)
        pull(play, out);
      if (out.ended && out.error == SONDE_OK && out.wrong.empty()) {
        Pulled again;
        pull(play, again);
        if (!again.targets.empty()) out.wrong = "pull() returned 0, and then more targets";
      }
    }
    if (out.error != SONDE_OK) out.failure = take_failure(0);
    destroy();
    return out;
  }

  sonde_err put(sonde_task task, uint32_t output, std::string_view key, const sonde_value& value) override {
    const uint64_t i = (task & 0xffffffff) - 1;
    if (task == 0 || task >> 32 != serial_ || i >= facts_.size()) {
      notes_.add(Rule::stale, "put(), in pull(), about a target of an earlier pull()");
      return SONDE_E_STALE;
    }
    return put_checked(output, key, value, facts_[i], 0, indexes_[i]);
  }

 private:
  void pull(const SourcePlay& play, Pulled& out) {
    std::vector<sonde_target> targets(play.batch);
    std::vector<sonde_task> tasks(play.batch);
    ++serial_;
    facts_.assign(play.batch, {});
    indexes_.clear();
    indexes_.resize(play.batch);
    for (uint32_t i = 0; i < play.batch; ++i) {
      std::memset(&targets[i], 0, sizeof targets[i]);
      targets[i].size = sizeof(sonde_target);
      tasks[i] = serial_ << 32 | (i + 1);
    }
    int32_t k = 0;
    {
      const Callback here(*this, Where::worker, "pull()");
      k = subject_.plugin.source->pull(instance_, targets.data(), sizeof(sonde_target), tasks.data(), play.batch);
    }
    out.step = "pull()";
    if (k < 0) out.error = k;
    if (k == 0) out.ended = true;
    if (k > static_cast<int32_t>(play.batch))
      out.wrong = "pull() was asked for " + std::to_string(play.batch) + " targets and returned " + std::to_string(k);
    if (k < 0 || !out.wrong.empty()) return;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (i < static_cast<std::size_t>(k))
        add(targets[i], facts_[i], out);
      else if (!facts_[i].empty())
        notes_.add(Rule::partial, "put() about a target behind those that pull() returned");
    }
  }

  void add(const sonde_target& t, const std::vector<Fact>& facts, Pulled& out) const {
    Row row;
    row.ip = address_of(t);
    row.facts = facts;
    std::string text = in_words(row, subject_.fields);
    if (t.prefix != 0) text += " /" + std::to_string(t.prefix);
    if (t.name.ptr) text += " " + to_valid_utf8({t.name.ptr, t.name.len});
    if (t.prefix > 128 || (t.prefix != 0 && t.prefix < 96 && row.ip.is_v4()))
      out.wrong = "a target with a prefix of " + std::to_string(t.prefix) +
                  " bits (1 to 128; an IPv4 network has 96 more than its own)";
    if (row.ip == IpAddress() && !t.name.ptr) out.wrong = "a target without address and name";
    out.targets.push_back(std::move(text));
  }

  uint64_t serial_ = 0;
  std::vector<std::vector<Fact>> facts_;
  std::vector<std::unique_ptr<FactIndex>> indexes_;
};

}  // namespace

Pulled play_source(const Subject& subject, const SourcePlay& play, Notes& notes) {
  static auto& hosts = *new std::vector<std::unique_ptr<SourceHost>>;  // kept: a thread that is left behind may call
  hosts.push_back(std::make_unique<SourceHost>(subject, notes));
  return hosts.back()->run(play);
}

}  // namespace sonde::core::check
