// CLI11's own layout is too wide for a screen.
#include "cli/arguments/help.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace sonde::core::cli {
namespace {

class Layout : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string out = app->get_description() + "\n\nUsage: " + full_name(*app);
    const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
      const std::string name = option->get_name(true) + (option->get_expected_max() > 1 ? "..." : "");
      out += option->get_required() ? " " + name : " [" + name + "]";
    }
    out += commands.empty() ? " [OPTION...]\n" : " COMMAND ...\n\nCommands:\n";
    for (const CLI::App* command : commands)
      out += line("  " + command->get_name(), 14,
                  command->get_description().substr(0, command->get_description().find('\n')));
    out += "\nOptions:\n";
    for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->nonpositional(); }))
      out += line(
          "  " + option->get_name(false, true) + (option->get_type_size() == 0 ? "" : " " + option->get_option_text()),
          30, option->get_description());
    return out + app->get_footer() + "\n";
  }

 private:
  static std::string line(std::string left, std::size_t width, const std::string& right) {
    left.resize(std::max(left.size() + 2, width), ' ');
    return left + right + "\n";
  }
};

}  // namespace

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::shared_ptr<CLI::FormatterBase> help_layout() {
  return std::make_shared<Layout>();
}

}  // namespace sonde::core::cli
