// `sonde plugin check`: all tests that fit a library, each in a child of its own, and what they say.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/value.hpp"
#include "check/subject.hpp"
#include "check/verdict.hpp"

namespace sonde::core::check {

struct CheckRequest {
  std::string file;
  std::string only;  ///< regular expression (ECMAScript) over the names of tests; empty: all
  std::string kind;  ///< only plugins of that kind ("probe"); empty: all of the library
  Sets sets;
  uint64_t seed = 1;
  std::chrono::milliseconds time_limit{20'000};  ///< of one test
  unsigned parallel = 0;                         ///< children at once; 0: as many as there are processors
};

struct TestResult {
  std::string plugin;  ///< its id; empty: the library
  std::string test;
  Verdict verdict;
  std::string remedy;  ///< when it is bad or a warning
};

struct CheckReport {
  std::string file;
  uint64_t seed = 0;
  std::vector<TestResult> results;  ///< in the order of the table
  bool passed() const;
};

/// The Diagnostic: the check could not begin (no such file, a wrong expression, a required option without --set).
Result<CheckReport> run_check(const CheckRequest&);

/// A line a test, a remedy a failure, and the sum.
std::string in_text(const CheckReport&, bool colour);
Value in_value(const CheckReport&);
/// The table of the tests for the documentation, in Markdown.
std::string test_table();

}  // namespace sonde::core::check
