// What a check has found, for people, programs and the documentation.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "check/check.hpp"
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

constexpr std::array<std::string_view, 6> words = {"pass", "warn", "skip", "fail", "crash", "timeout"};

std::string painted(Status s, bool colour) {
  const std::string word = fmt::format("{:<7}", to_string(s));
  if (!colour) return word;
  const char* code = is_bad(s) ? "31" : s == Status::warn ? "33" : s == Status::skip ? "2" : "32";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, word);
}

std::string kinds(uint8_t applies) {
  if (applies == library) return "library";
  if (applies == every_kind) return "all";
  std::string out;
  for (const auto& [bit, name] : {std::pair{uint8_t{probes}, "probes"}, {exporter, "exporters"}, {source, "sources"}})
    if ((applies & bit) == bit) out += (out.empty() ? "" : ", ") + std::string(name);
  if ((applies & probes) == async_probe) out = "asynchronous probes" + (out.empty() ? "" : ", " + out);
  if ((applies & probes) == blocking_probe) out = "blocking probes" + (out.empty() ? "" : ", " + out);
  return out;
}

}  // namespace

std::string_view to_string(Status s) {
  return words[static_cast<std::size_t>(s)];
}

std::string in_text(const CheckReport& report, bool colour) {
  std::string out;
  std::array<std::size_t, words.size()> count{};
  const std::string* plugin = nullptr;
  for (const TestResult& r : report.results) {
    ++count[static_cast<std::size_t>(r.verdict.status)];
    if (!plugin || *plugin != r.plugin)
      out += r.plugin.empty() ? printable(report.file) + "\n" : printable(r.plugin) + "\n";
    plugin = &r.plugin;
    out += "  " + painted(r.verdict.status, colour) + " " +
           (r.verdict.why.empty() ? r.test : fmt::format("{:<17} {}", r.test, printable(r.verdict.why))) + "\n";
    if (!r.remedy.empty()) out += fmt::format("          {:<17} remedy: {}\n", "", r.remedy);
  }
  std::string sum;
  for (const Status s : {Status::pass, Status::warn, Status::skip, Status::fail, Status::crash, Status::timeout})
    if (const std::size_t n = count[static_cast<std::size_t>(s)]; n > 0 || s == Status::pass)
      sum += fmt::format("{}{} {}", sum.empty() ? "" : ", ", n, to_string(s));
  return out + fmt::format("{} (--seed {})\n", sum, report.seed);
}

Value in_value(const CheckReport& report) {
  Value out{Value::Object{}};
  out.set("file", Value(report.file));
  out.set("seed", Value(report.seed));
  out.set("passed", Value(report.passed()));
  Value::Array results;
  for (const TestResult& r : report.results) {
    Value one{Value::Object{}};
    one.set("plugin", r.plugin.empty() ? Value() : Value(r.plugin));
    one.set("test", Value(r.test));
    one.set("status", Value(std::string(to_string(r.verdict.status))));
    if (!r.verdict.why.empty()) one.set("why", Value(r.verdict.why));
    if (!r.remedy.empty()) one.set("remedy", Value(r.remedy));
    results.push_back(std::move(one));
  }
  out.set("results", Value(std::move(results)));
  return out;
}

std::string test_table() {
  std::string out = "| test | of | proves | when it fails |\n|---|---|---|---|\n";
  for (const Test& t : all_tests())
    out += fmt::format("| `{}` | {} | {} | {} |\n", t.name, kinds(t.applies), t.proves, in_both_languages(t));
  return out;
}

}  // namespace sonde::core::check
