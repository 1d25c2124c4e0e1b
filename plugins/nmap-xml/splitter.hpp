// The bytes of a report cut into whole elements, as they come: one <host> at a time is in memory, however large the
// file is. What it hands out is bounded in size, depth and number of tags before a parser sees it. It expands nothing.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sonde::nmap_xml {

struct Piece {
  enum class Kind : uint8_t {
    root,       ///< the start tag <nmaprun ...>
    host,       ///< <host> to </host>
    run_stats,  ///< <runstats> to </runstats>: nmap came to its end
    refused     ///< a host beyond the bounds; text says which one
  } kind;
  std::string_view text;  ///< lives until the sink returns
  uint64_t offset = 0;    ///< of its '<' in the file
};

class Splitter {
 public:
  using Sink = std::function<void(const Piece&)>;
  static constexpr std::size_t max_element = 16u << 20;  ///< bytes: 65,535 ports with services and scripts
  static constexpr uint32_t max_depth = 48, max_tags = 600'000, max_attributes = 3'000'000;

  /// `base` is the offset of the first byte; inside: it lies behind the root's start tag.
  explicit Splitter(uint64_t base = 0, bool inside = false) : offset_(base), depth_(inside ? 1 : 0), begun_(inside) {}

  /// False from the first byte on that no report can have; error() says what was found.
  bool feed(std::string_view bytes, const Sink& sink);
  /// Whether the root was closed: false for a report that ends in the middle.
  bool whole() const { return closed_ && depth_ == 0 && state_ == State::text && error_.empty(); }
  const std::string& error() const { return error_; }
  uint64_t offset() const { return offset_; }

 private:
  enum class State : uint8_t { text, less, bang, comment, cdata, instruction, doctype, tag, end_tag };
  enum class Child : uint8_t { other, root, host, run_stats };

  bool fail(const std::string& what);
  bool check_first(unsigned char c);
  bool on_text(char c);
  bool on_less(char c);
  bool on_bang(char c);
  bool on_tag(char c);
  bool on_doctype(char c);
  bool open_element();
  bool close_element();
  void name_is_known();
  void refuse(const char* why);
  void finish_child();
  void keep(std::string_view bytes);

  uint64_t offset_;  ///< of the byte at hand
  uint32_t depth_;   ///< open elements
  bool begun_;       ///< the first byte was looked at
  bool closed_ = false;
  State state_ = State::text;
  char quote_ = 0;
  char before_[2] = {0, 0};  ///< the two bytes before, inside of a comment and its kin
  bool fresh_ = false;       ///< the byte at hand opens one of them, and cannot close it
  std::string name_;         ///< of the tag at hand
  bool name_open_ = false;
  Child child_ = Child::other;
  bool recording_ = false;
  std::string buffer_;
  uint64_t start_ = 0;  ///< where the recorded element begins
  uint32_t tags_ = 0, attributes_ = 0;
  const char* refused_ = nullptr;
  const Sink* sink_ = nullptr;
  std::string error_;
};

}  // namespace sonde::nmap_xml
