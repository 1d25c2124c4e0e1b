// Where in the reports each address is spoken of. 16 bytes an IPv4 host and 32 an IPv6 one, whatever is known of it:
// the hosts themselves are read again when a task asks. Built once and then constant.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "report_file.hpp"

namespace sonde::nmap_xml {

class Index {
 public:
  using Warn = std::function<void(const std::string&)>;
  /// Reads all files; throws sonde::Failure. What is merely incomplete goes to `warn`.
  Index(const std::vector<std::string>& files, const Warn& warn);

  /// One for all instances that name the same files and live at the same time: it is read once. `warn` hears of it when
  /// it is read here.
  static std::shared_ptr<const Index> shared(const std::vector<std::string>& files, const Warn& warn);

  /// What the reports say about this address, folded in their order; nothing when they do not know it. `zone` as in
  /// zone.hpp, of a link-local address: what they say of other links is not about it. `head`: of the report that spoke
  /// first. Throws sonde::Failure when a report has changed under us. Any thread.
  std::optional<Host> find(const Address&, uint32_t zone, Head& head) const;
  std::size_t size() const { return v4_.size() + v6_.size(); }

 private:
  struct V4 {
    uint32_t ip;
    uint32_t file;
    uint64_t offset;
  };
  struct V6 {
    Address ip;
    uint64_t place;  ///< the file in the upper 8 bits
    uint32_t zone;   ///< of a link-local one
  };
  void add(const Host&, std::size_t file, uint64_t offset);

  std::vector<std::unique_ptr<ReportFile>> files_;
  std::vector<V4> v4_;
  std::vector<V6> v6_;
};

}  // namespace sonde::nmap_xml
