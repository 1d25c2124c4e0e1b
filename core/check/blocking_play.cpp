// Peers on a thread of their own, since run() keeps this one.
#include "check/blocking_play.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "check/process_state.hpp"
#include "check/worker_host.hpp"

namespace sonde::core::check {

namespace {

// Peers that never come to an end make a task use up its time: a short one. The others have enough on any machine.
constexpr int64_t short_time_ns = 150'000'000;
constexpr int64_t long_time_ns = 3'000'000'000;

bool ends_by_itself(Manner m) {
  return m == Manner::refusing || m == Manner::resetting || m == Manner::closing;
}

class PeersThread {
 public:
  PeersThread(Peers& peers, std::mutex& mutex, bool flooding)
      : peers_(peers), mutex_(mutex), flooding_(flooding), thread_([this] { run(); }) {}
  uint64_t peak_bytes() const { return peak_; }
  ~PeersThread() {
    stop_ = true;
    thread_.join();
  }
  PeersThread(const PeersThread&) = delete;
  PeersThread& operator=(const PeersThread&) = delete;

 private:
  void run() {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSYS);  // of the watch over system calls
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    while (!stop_) {
      bool moved = false;
      {
        std::lock_guard lock(mutex_);
        moved = peers_.pump(monotonic_ns());
      }
      if (flooding_) peak_ = std::max(peak_.load(), allocated_bytes());
      if (!moved) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  Peers& peers_;
  std::mutex& mutex_;
  const bool flooding_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> peak_{0};
  std::thread thread_;
};

struct Scene {
  explicit Scene(const Play& p) : play(p), peers(p.manner, p.seed, p.own_network) {}
  const Play play;
  Peers peers;
  std::mutex mutex;
  std::vector<std::unique_ptr<WorkerHost>> hosts;
};

Played run_scene(const Subject& subject, Scene& scene, Notes& notes) {
  const Play& play = scene.play;
  Peers& peers = scene.peers;
  std::mutex& mutex = scene.mutex;
  auto& hosts = scene.hosts;
  Played out;
  const uint64_t bytes_before = allocated_bytes();
  const PeersThread thread(peers, mutex, play.manner == Manner::flooding);
  const uint32_t instances = std::max(play.instances, 1u);
  for (uint32_t i = 0; i < instances; ++i) {
    hosts.push_back(std::make_unique<WorkerHost>(subject, notes, play, peers, mutex, i, instances));
    out.created = hosts.back()->create(play.from_the_future);
    if (out.created == SONDE_OK) continue;
    out.failure = hosts.back()->take_failure(0);
    for (auto& host : hosts) host->destroy();
    return out;
  }
  uint32_t most = play.batch != 0 ? play.batch : std::max(subject.most_in_a_call, 1u);
  if (subject.most_in_a_call != 0) most = std::min(most, subject.most_in_a_call);
  const int64_t time = ends_by_itself(play.manner) || play.manner == Manner::talking
                           ? std::min(subject.deadline, long_time_ns)
                           : std::min(subject.deadline, short_time_ns);
  const int64_t stop_in = play.stop_after >= 0 ? std::max(play.stop_after, 1) * int64_t{10'000'000} : 0;
  uint32_t next_host = 0;
  for (uint32_t i = 0; i < play.tasks;) {
    std::vector<IpAddress> batch;
    for (; i < play.tasks && batch.size() < std::max(most, 1u); ++i) batch.push_back(task_address(i));
    WorkerHost& host = *hosts[next_host++ % hosts.size()];
    const sonde_err e = host.run(batch, time, stop_in);
    if (e != SONDE_OK && out.failure.empty()) out.failure = "run() returned " + std::to_string(e);
    if (i >= play.tasks) play.midway();
  }
  for (auto& host : hosts) {
    host->destroy();
    out.rows.insert(out.rows.end(), host->rows().begin(), host->rows().end());
    out.late_ns = std::max(out.late_ns, host->late_ns());
    out.asked += host->asked();
    out.refused_asks += host->refused_asks();
  }
  std::sort(out.rows.begin(), out.rows.end(), [](const Row& a, const Row& b) { return a.ip < b.ip; });
  {
    std::lock_guard lock(mutex);
    out.connections = peers.connections();
    peers.close();
  }
  out.peak_bytes = std::max(thread.peak_bytes(), bytes_before) - bytes_before;
  play.midway();
  return out;
}

}  // namespace

Played play_blocking(const Subject& subject, const Play& play, Notes& notes) {
  const std::size_t threads = thread_count();
  auto scene = std::make_unique<Scene>(play);
  Played out = run_scene(subject, *scene, notes);
  // A thread that the plugin left behind may still call its host, which then is kept.
  static auto& kept = *new std::vector<std::unique_ptr<Scene>>;
  if (thread_count() > threads) kept.push_back(std::move(scene));
  return out;
}

}  // namespace sonde::core::check
