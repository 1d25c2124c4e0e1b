// Faults of an option, told at its place in the pipeline file.
#pragma once
#include <sonde/plugin.hpp>
#include <string>

namespace sonde::nmap_xml {

/// Runs f; what it finds wrong with the configuration is about the option at that JSON pointer.
template <class F>
void at_option(const std::string& pointer, F&& f) {
  std::string why;
  try {
    return f();
  } catch (const Failure& e) {
    if (e.code() != SONDE_E_CONFIG) throw;
    why = e.what();
  }
  throw OptionFailure(pointer, why);
}

}  // namespace sonde::nmap_xml
