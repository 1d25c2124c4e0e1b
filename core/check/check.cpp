// Which tests, in which order: a test that needs another waits for it, and is passed over when that one failed.
#include "check/check.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <regex>
#include <thread>

#include "base/text.hpp"
#include "check/own_network.hpp"
#include "check/sandbox.hpp"
#include "check/tests.hpp"
#include "plugins/file_checks.hpp"

namespace sonde::core::check {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t most_plugins = 64;

/// Removed at the end, whatever children left in it.
class Scratch {
 public:
  Scratch() {
    const char* base = ::getenv("TMPDIR");
    std::string name = (fs::path(base && *base ? base : "/tmp") / "sonde-check-XXXXXX").string();
    if (::mkdtemp(name.data())) path_ = name;
  }
  ~Scratch() {
    std::error_code ec;
    if (!path_.empty()) fs::remove_all(path_, ec);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }
  std::string make(const std::string& name) const {
    std::error_code ec;
    fs::create_directory(path_ + "/" + name, ec);
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

std::string verdict_text(const Verdict& v) {
  Value out{Value::Object{}};
  out.set("status", Value(static_cast<uint64_t>(v.status)));
  out.set("why", Value(v.why));
  return to_json(out);
}

/// What the child said last that it was doing: " in start()".
std::string during(const Ending& ending) {
  return ending.during.empty() ? "" : " in " + printable(ending.during);
}

Verdict verdict_of(const Ending& ending, std::chrono::milliseconds limit) {
  const std::size_t line = ending.said.find("ERROR: ");
  const std::string said =
      line == std::string::npos ? "" : "; " + printable(ending.said.substr(line, ending.said.find('\n', line) - line));
  switch (ending.how) {
    case Ending::How::crashed:
      return {Status::crash, std::string("it died of ") + strsignal(ending.number) + during(ending) + said};
    case Ending::How::timed_out:
      return {Status::timeout, fmt::format("it did not come back{} within {} s", during(ending), limit.count() / 1000)};
    case Ending::How::exited:
      return {Status::crash,
              fmt::format("it ended the process with exit code {}{}{}", ending.number, during(ending), said)};
    case Ending::How::threw:
      return {Status::crash, "an exception left it" + during(ending) + ": " + printable(ending.what)};
    case Ending::How::lost:
      return {Status::crash, "it closed a descriptor that is not its own: the test could not be reported"};
    case Ending::How::impossible:  // told by Check::run()
    case Ending::How::not_wanted:
    case Ending::How::reported:
      break;
  }
  const auto report = parse_json(ending.report);
  const Value* status = report ? report->find("status") : nullptr;
  const Value* why = report ? report->find("why") : nullptr;
  if (!status || !why || !why->text()) return {Status::crash, "its report cannot be read"};
  const uint64_t n = status->unsigned_integer() ? *status->unsigned_integer()
                     : status->integer()        ? static_cast<uint64_t>(*status->integer())
                                                : UINT64_MAX;
  return n <= static_cast<uint64_t>(Status::timeout) ? Verdict{static_cast<Status>(n), *why->text()}
                                                     : Verdict{Status::crash, "its report cannot be read"};
}

struct Found {
  std::string id;    ///< "plugin 0" where it is not known
  uint8_t kind = 0;  ///< 0: refused; only the tests of the descriptor fit
  std::string options_problem;
  bool wanted = true;
};

class Check {
 public:
  Check(const CheckRequest& request, std::string file, const std::regex& only)
      : request_(request), file_(std::move(file)), only_(only) {}

  Result<CheckReport> run() {
    if (scratch_.path().empty()) return failure("output-unwritable", "no temporary directory can be made");
    std::vector<Found> found = survey();
    for (const Found& f : found)
      if (!f.options_problem.empty())
        return failure("bad-argument", f.options_problem, "give options of the plugin with --set NAME=VALUE");
    if (std::none_of(found.begin(), found.end(), [](const Found& f) { return f.wanted; }))
      return failure("bad-argument", "--kind: the library has no " + request_.kind,
                     "leave it out to check all plugins of the library");
    plan(found);
    while (impossible_.empty() && !interrupted() && round()) {
    }
    // What this machine cannot do says nothing of the plugin, and is no pass either.
    if (!impossible_.empty())
      return failure("resources", "this machine did not give " + impossible_,
                     "raise the limits of processes and open files (ulimit -u, ulimit -n), or ask for the right "
                     "that is missing, and check again");
    CheckReport report{request_.file, request_.seed, {}};
    for (const Planned& p : planned_) {
      const bool wanted = std::regex_search(p.test->name.begin(), p.test->name.end(), only_);
      if (!wanted && !is_bad(p.verdict.status)) continue;
      TestResult r{p.plugin, std::string(p.test->name), p.verdict, {}};
      if (is_bad(p.verdict.status) || p.verdict.status == Status::warn) r.remedy = remedy(p);
      report.results.push_back(std::move(r));
    }
    if (report.results.empty())  // nothing was looked at: that is no pass
      return failure("bad-argument", "--only: no test here has a name with '" + printable(request_.only) + "'",
                     "`sonde plugin check --list` names them");
    return report;
  }

 private:
  struct Planned {
    const Test* test;
    std::string plugin;  ///< id, as reported
    uint32_t index = 0;
    bool asked_for = false, done = false;
    Verdict verdict;
  };

  /// A test's own remedy is for what the test looks at; what ends or keeps the process is another matter.
  std::string remedy(const Planned& p) const {
    const std::string again = "sonde plugin check " + request_.file + " --only '^" + std::string(p.test->name) + "$'";
    if (p.verdict.status == Status::timeout)
      return "nothing but run() may wait, and run() not behind its deadline: find the loop or the wait; `" + again +
             "` shows it alone, and a debugger on its child process where it stands";
    if (p.verdict.status == Status::crash)
      return "build it with -g, and see where: gdb -ex 'set follow-fork-mode child' -ex run --args " + again + "; " +
             std::string(p.test->remedy);
    return in_both_languages(*p.test);
  }

  Bench bench(uint32_t index) const { return {file_, {}, index, request_.sets, request_.seed, false}; }
  SandboxLimits limits() const {
    SandboxLimits l;
    l.time = request_.time_limit * (under_sanitizer() ? 3 : 1);
    return l;
  }

  /// Which plugins the library has, asked in a child: nothing of it is loaded here.
  std::vector<Found> survey() {
    const auto look = [this]() -> Report {
      Value::Array out;
      const auto entry = bench(0).load();
      for (uint32_t i = 0; entry && i < most_plugins && (*entry)(i); ++i) {
        std::string id;
        const auto checked = check_plugin((*entry)(i), file_, id);
        // One that is refused may be of any kind, and must not pass for it.
        const bool wanted = request_.kind.empty() || !checked || to_string(checked->kind) == request_.kind;
        Value one{Value::Object{}};
        one.set("id", Value(id.empty() ? "plugin " + std::to_string(i) : id));
        one.set("kind", Value(uint64_t{checked ? kind_bit(*checked) : uint8_t{0}}));
        one.set("wanted", Value(wanted));
        if (checked && wanted) {
          Subject s;
          s.plugin = *checked;
          if (auto set = set_options(s, request_.sets); !set) one.set("problem", Value(set.error().text));
        }
        out.push_back(std::move(one));
      }
      return {to_json(Value(std::move(out)))};
    };
    std::vector<Found> found;
    const Ending ending = run_in_children({look}, limits(), 1).front();
    note_impossible(ending);
    if (ending.how == Ending::How::timed_out) survey_hung_ = verdict_of(ending, limits().time);
    const auto list = ending.how == Ending::How::reported ? parse_json(ending.report) : Result<Value>(Value());
    if (list && list->array())
      for (const Value& one : *list->array()) {
        Found f;
        if (const Value* id = one.find("id"); id && id->text()) f.id = *id->text();
        if (const Value* kind = one.find("kind"))
          f.kind = static_cast<uint8_t>(kind->unsigned_integer() ? *kind->unsigned_integer()
                                        : kind->integer()        ? static_cast<uint64_t>(*kind->integer())
                                                                 : 0);
        if (const Value* wanted = one.find("wanted")) f.wanted = wanted->boolean() && *wanted->boolean();
        if (const Value* problem = one.find("problem"); problem && problem->text())
          f.options_problem = *problem->text();
        found.push_back(std::move(f));
      }
    if (found.empty()) found.push_back({"plugin 0", 0, {}, true});  // the tests say what is wrong with it
    return found;
  }

  void plan(const std::vector<Found>& found) {
    for (const Test& t : all_tests())
      if (t.applies == library) planned_.push_back({&t, "", 0, false, false, {}});
    for (uint32_t i = 0; i < found.size(); ++i)
      for (const Test& t : all_tests()) {
        if (!found[i].wanted) continue;
        const bool of_descriptor = t.applies == every_kind && found[i].kind == 0 && needs_no_instance(t);
        if ((t.applies & found[i].kind) != 0 || of_descriptor)
          planned_.push_back({&t, found[i].id, i, false, false, {}});
      }
    for (Planned& p : planned_)
      if (p.test->run == &load_now || (p.test->run == &descriptor_valid) ||
          std::regex_search(p.test->name.begin(), p.test->name.end(), only_))
        ask_for(p);
  }
  static bool needs_no_instance(const Test& t) {
    if (t.name == "create") return false;
    for (const Test& other : all_tests())
      if (names(t.needs, other.name) && !needs_no_instance(other)) return false;
    return true;
  }
  static bool names(std::string_view list, std::string_view name) {
    while (!list.empty()) {
      const std::size_t end = std::min(list.find(' '), list.size());
      if (list.substr(0, end) == name) return true;
      list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
  }

  void ask_for(Planned& p) {
    if (std::exchange(p.asked_for, true)) return;
    for (Planned* before : needed_by(p)) ask_for(*before);
  }
  std::vector<Planned*> needed_by(const Planned& p) {
    std::vector<Planned*> out;
    for (Planned& other : planned_)
      if (names(p.test->needs, other.test->name) && (other.test->applies == library || other.index == p.index))
        out.push_back(&other);
    return out;
  }

  void note_impossible(const Ending& ending) {
    if (ending.how == Ending::How::impossible) impossible_ = ending.what + ": " + std::strerror(ending.number);
  }

  /// The test that hung, of those whose hang keeps this one from coming to its end as well.
  const Planned* hang_before(const Planned& p) const {
    for (const Planned* hung : hung_)
      if (hung != &p && (hung->test->applies == library || (p.test->applies != library && hung->index == p.index)))
        return hung;
    return nullptr;
  }
  static Verdict not_judged(const Planned& hung) {
    return skip("not judged: it hangs (see " + std::string(hung.test->name) + ")");
  }
  static void settle(Planned& p, Verdict verdict) {
    p.verdict = std::move(verdict);
    p.done = true;
  }
  /// One hang is told once: whatever else would meet it says nothing new, and takes as long again.
  void settle(Planned& p, const Ending& ending) {
    note_impossible(ending);
    const bool hangs = ending.how == Ending::How::timed_out;
    if (const Planned* hung = hang_before(p); hung && hangs) return settle(p, not_judged(*hung));
    settle(p, verdict_of(ending, limits().time));
    if (hangs) hung_.push_back(&p);
  }

  /// Runs all tests that can be run now. False: there are none left.
  bool round() {
    std::vector<Planned*> now;
    bool open = false;
    for (Planned& p : planned_) {
      if (p.done || !p.asked_for) continue;
      if (p.test->run == &load_now && survey_hung_.status != Status::pass) {
        settle(p, survey_hung_);
        hung_.push_back(&p);
        return true;
      }
      bool waits = false;
      const Planned* bad = nullptr;
      for (const Planned* before : needed_by(p)) {
        waits |= !before->done;
        if (before->done && !bad && (is_bad(before->verdict.status) || before->verdict.status == Status::skip))
          bad = before;
      }
      const Planned* hung = hang_before(p);
      if (waits || bad || hung) open = true;
      if (hung)
        settle(p, not_judged(*hung));
      else if (bad)
        settle(p, skip("see " + std::string(bad->test->name)));
      else if (!waits)
        now.push_back(&p);
    }
    std::vector<Job> jobs;
    for (const Planned* p : now) jobs.push_back(job(*p));
    const unsigned parallel =
        request_.parallel != 0 ? request_.parallel : std::max(1u, std::thread::hardware_concurrency());
    run_in_children(jobs, limits(), parallel,
                    {[&](std::size_t i, const Ending& ending) { settle(*now[i], ending); },
                     [&](std::size_t i) { return impossible_.empty() && !hang_before(*now[i]); }});
    return !now.empty() || open;
  }

  Job job(const Planned& p) const {
    const std::string directory = scratch_.make(std::string(p.test->name) + "-" + std::to_string(p.index));
    return [this, test = p.test, index = p.index, directory]() -> Report {
      Bench b = bench(index);
      b.directory = directory;
      b.own_network = !needs_no_instance(*test) && enter_own_network();
      Verdict v;
      try {
        v = test->run(b);
      } catch (const TestRefusal& refusal) {
        v = fail(refusal.why);
      }
      return {verdict_text(v), test->ends_by_exit};
    };
  }

  const CheckRequest& request_;
  const std::string file_;
  const std::regex& only_;
  Scratch scratch_;
  std::vector<Planned> planned_;
  std::vector<const Planned*> hung_;
  Verdict survey_hung_;     ///< a timeout, when the library could not even be looked at
  std::string impossible_;  ///< what this machine did not give, and why
};

}  // namespace

bool CheckReport::passed() const {
  return std::none_of(results.begin(), results.end(), [](const TestResult& r) { return is_bad(r.verdict.status); });
}

Result<CheckReport> run_check(const CheckRequest& request) {
  std::error_code ec;
  const std::string file = fs::canonical(request.file, ec).string();
  if (ec)
    return failure("file-unreadable", printable(request.file) + ": " + ec.message(),
                   "name the library file of a plugin");
  if (auto allowed = check_library_path(file, false); !allowed) return tl::unexpected(allowed.error());
  try {
    const std::regex only(request.only.empty() ? "" : request.only);
    const Interruption held_back;  // a signal that came ends this process behind the check, and nobody reads its report
    return Check(request, file, only).run();
  } catch (const std::regex_error& e) {
    return failure("bad-argument", "--only: " + std::string(e.what()), "write a regular expression, such as 'peer-.*'");
  }
}

}  // namespace sonde::core::check
