// One nmap over one group of targets: started, read while it runs, each host settled as soon as its element is whole.
#pragma once
#include <poll.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fields.hpp"
#include "process_linux.hpp"
#include "splitter.hpp"

namespace sonde::nmap_xml {

class NmapRun {
 public:
  struct Member {
    Task task;
    Address ip;
    bool open = true;
  };
  /// Starts it. Throws sonde::Failure when it cannot.
  NmapRun(const std::vector<std::string>& words, const std::string& targets, const std::string& exclusions,
          std::vector<Member> members);

  /// The descriptors that are still open, for poll().
  void add_to(std::vector<pollfd>& polled) const;
  /// Reads what is there. False: nmap has closed both.
  bool read_some();
  /// Whether every task that is left was cancelled.
  bool cancelled() const;
  std::size_t open_tasks() const;

  /// After the end of its output: settles whom the report does not name, by how nmap ended.
  void conclude();
  /// Kills it. What is whole is kept, the other tasks become errors with this reason, or cancelled when it is empty.
  void stop(const std::string& why);

 private:
  void take(const Piece& piece);
  void settle(Host&& host);
  void read_errors();
  void take_errors(std::string_view bytes);
  void take_error_line(std::string_view line);
  const std::string* unsent_to(const Address& ip) const;
  void fail_rest(const std::string& why);
  std::string last_words() const;

  std::vector<Member> members_;
  Process process_;
  Splitter splitter_;
  Head head_;
  RunStats stats_;
  bool output_open_ = true, errors_open_ = true;
  std::string errors_, trouble_;
  std::size_t errors_seen_ = 0;                          ///< of errors_, in whole lines
  std::vector<std::pair<Address, std::string>> unsent_;  ///< whom the system did not let it send to, and why
  bool unsent_omitted_ = false;                          ///< there were more than it told
};

}  // namespace sonde::nmap_xml
