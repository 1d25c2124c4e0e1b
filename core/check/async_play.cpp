// The loop of a scene: offers tasks, moves what can move, and turns the clock when nothing can.
#include "check/async_play.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "check/probe_host.hpp"
#include "check/process_state.hpp"

namespace sonde::core::check {

namespace {

constexpr int most_turns = 400'000;
constexpr int turns_behind_the_end = 200;
constexpr int64_t offer_again_ns = 10'000'000;

class Scene {
 public:
  Scene(const Subject& subject, const Play& play, Notes& notes)
      : play_(play), stage_(std::make_unique<Stage>(subject, play)) {
    for (uint32_t i = 0; i < std::max(play.instances, 1u); ++i)
      hosts_.push_back(std::make_unique<ProbeHost>(subject, notes, *stage_, i, std::max(play.instances, 1u)));
  }

  Played run() {
    Played out;
    bytes_before_ = allocated_bytes();
    for (auto& host : hosts_) {
      out.created = host->create(play_.from_the_future);
      if (out.created != SONDE_OK) {
        out.failure = host->take_failure(0);
        destroy_all();
        return out;
      }
    }
    for (uint32_t i = 0; i < play_.tasks; ++i) hosts_[i % hosts_.size()]->add_task(task_address(i));
    out.settled = turn_until_settled();
    if (!midway_) play_.midway();
    // What comes late comes now: late done(), timers that were forgotten, answers to nobody.
    const int64_t end = stage_->now + 2 * hosts_.front()->task_time();
    for (int i = 0; i < turns_behind_the_end && stage_->now < end; ++i)
      if (!turn() && !turn_the_clock()) break;
    destroy_all();
    for (std::size_t i = 0; i < play_.tasks; ++i) out.rows.push_back(hosts_[i % hosts_.size()]->row(i / hosts_.size()));
    for (auto& host : hosts_) {
      out.partial_starts += host->partial_starts();
      if (out.failure.empty()) out.failure = host->start_failure();
    }
    out.asked = stage_->asked;
    out.refused_asks = stage_->refused_asks;
    out.tokens = stage_->tokens;
    out.losses = stage_->losses;
    out.connections = stage_->peers.connections();
    out.peak_bytes = peak_bytes_;
    stage_->peers.close();
    play_.midway();
    return out;
  }

 private:
  bool turn_until_settled() {
    for (int turns = 0; turns < most_turns; ++turns) {
      if (std::all_of(hosts_.begin(), hosts_.end(), [](const auto& h) { return h->settled(); })) return true;
      if (play_.stop_after >= 0 && turns >= play_.stop_after) {
        for (auto& host : hosts_) host->stop();
        continue;
      }
      bool moved = false;
      for (auto& host : hosts_) moved |= host->offer(play_.batch);
      if (!midway_ && turns > 0) {
        midway_ = true;
        play_.midway();
      }
      moved |= turn();
      if (!moved && !turn_the_clock()) return false;
    }
    return false;
  }

  bool turn() {
    bool moved = stage_->peers.pump(stage_->now);
    for (auto& host : hosts_) moved |= host->turn(0);
    if (play_.manner == Manner::flooding)
      peak_bytes_ = std::max(peak_bytes_, allocated_bytes() - std::min(allocated_bytes(), bytes_before_));
    if (moved) stage_->now += play_.manner == Manner::flooding ? 1'000'000 : 20'000;
    return moved;
  }

  /// To the next thing that will happen; first a moment for what is on its way through the kernel or through a thread.
  bool turn_the_clock() {
    for (auto& host : hosts_)
      if (host->turn(host->patience_ns())) return true;
    if (stage_->peers.pump(stage_->now)) return true;
    int64_t next = stage_->peers.next();
    for (const auto& host : hosts_) {
      next = std::min(next, host->next());
      if (host->waiting()) next = std::min(next, stage_->now + offer_again_ns);
    }
    if (next == INT64_MAX) return false;
    stage_->now = std::max(stage_->now + 1, next);
    return true;
  }

  void destroy_all() {
    for (auto& host : hosts_) host->end();
  }

  const Play play_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::unique_ptr<ProbeHost>> hosts_;
  bool midway_ = false;
  uint64_t bytes_before_ = 0, peak_bytes_ = 0;
};

}  // namespace

Played play_async(const Subject& subject, const Play& scene, Notes& notes) {
  const std::size_t threads = thread_count();
  auto scene_run = std::make_unique<Scene>(subject, scene, notes);
  Played out = scene_run->run();
  // A thread that the plugin left behind may still call its host, which then is kept.
  static auto& kept = *new std::vector<std::unique_ptr<Scene>>;
  if (thread_count() > threads) kept.push_back(std::move(scene_run));
  return out;
}

}  // namespace sonde::core::check
