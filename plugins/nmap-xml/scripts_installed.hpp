// The scripts that an nmap has installed, out of its script.db: names and categories.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace sonde::nmap_xml {

class InstalledScripts {
 public:
  /// Of the nmap at this path: PREFIX/bin/nmap has them in PREFIX/share/nmap/scripts. Without a script.db there is
  /// none.
  static InstalledScripts of_program(const std::string& program);
  static InstalledScripts parse(std::string_view script_db);

  bool empty() const { return categories_.empty(); }
  bool has(std::string_view name) const { return categories_.count(std::string(name)) != 0; }
  static bool is_category(std::string_view name);
  /// Whether the script asks others than the targets: category broadcast or external.
  bool leaves_the_targets(std::string_view name) const;
  /// The installed name that was perhaps meant, or empty.
  std::string near(std::string_view name) const;

 private:
  std::map<std::string, std::set<std::string>> categories_;  ///< by name without .nse
};

}  // namespace sonde::nmap_xml
