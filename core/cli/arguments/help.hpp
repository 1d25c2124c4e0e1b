// How help is laid out.
#pragma once
#include <memory>
#include <string>

namespace CLI {
class App;
class FormatterBase;
}  // namespace CLI

namespace sonde::core::cli {

/// "sonde plugin new"
std::string full_name(const CLI::App&);
/// One line an option, and no types that nobody reads; fits a screen.
std::shared_ptr<CLI::FormatterBase> help_layout();

}  // namespace sonde::core::cli
