#include "splitter.hpp"

#include <algorithm>
#include <cstring>

namespace sonde::nmap_xml {

namespace {
constexpr std::size_t longest_name = 64;

bool blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
}  // namespace

bool Splitter::fail(const std::string& what) {
  error_ = what + ", at byte " + std::to_string(offset_);
  recording_ = false;
  std::string().swap(buffer_);
  return false;
}

/// Other things that people hold for the XML file are told by what they are.
bool Splitter::check_first(unsigned char c) {
  begun_ = true;
  switch (c) {
    case 0x1f:
      return fail("it is compressed (gzip): unpack it first, gunzip -k FILE");
    case 'B':
      return fail("it may be compressed (bzip2), and XML it is not: unpack it first");
    case 0xfd:
    case 0x28:
      return fail("it is compressed (xz or zstd): unpack it first");
    case 0x00:
    case 0xfe:
    case 0xff:
      return fail("it is UTF-16: convert it first, iconv -f UTF-16 -t UTF-8");
    case '{':
    case '[':
      return fail("it is JSON, not XML: nmap writes XML with -oX, masscan as well");
    case '#':
    case 'S':
    case 'N':
      return fail("it is no XML but another of nmap's formats: write it with -oX");
    default:
      return true;
  }
}

void Splitter::keep(std::string_view bytes) {
  if (!recording_ || refused_) return;
  if (buffer_.size() + bytes.size() > max_element) return refuse("is larger than 16 MiB");
  buffer_.append(bytes);
}

void Splitter::refuse(const char* why) {
  refused_ = why;
  std::string().swap(buffer_);
}

bool Splitter::feed(std::string_view bytes, const Sink& sink) {
  if (!error_.empty()) return false;
  sink_ = &sink;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (!begun_ && !check_first(static_cast<unsigned char>(c))) return false;
    // Long stretches that cannot end anything are passed over at once.
    const char awaited = state_ == State::text && depth_ > 0               ? '<'
                         : state_ == State::tag && quote_ != 0 && c != '<' ? quote_
                                                                           : '\0';
    if (awaited != '\0' && c != awaited) {
      const void* found = std::memchr(bytes.data() + i, awaited, bytes.size() - i);
      std::size_t end = found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) : bytes.size();
      if (state_ == State::tag)  // a bare '<' inside of quotes is an error, and must be seen
        if (const void* less = std::memchr(bytes.data() + i, '<', end - i))
          end = static_cast<std::size_t>(static_cast<const char*>(less) - bytes.data());
      keep(bytes.substr(i, end - i));
      offset_ += end - i;
      i = end - 1;
      continue;
    }
    bool good = true;
    const bool recorded = recording_;
    if (state_ != State::text || c == '<') {
      if (state_ == State::text && depth_ <= 1) {  // what begins here may be worth keeping
        recording_ = true;
        refused_ = nullptr;
        buffer_.clear();
        start_ = offset_;
        tags_ = attributes_ = 0;
      }
      keep(bytes.substr(i, 1));
    } else if (recorded) {
      keep(bytes.substr(i, 1));
    }
    switch (state_) {
      case State::text:
        good = on_text(c);
        break;
      case State::less:
        good = on_less(c);
        break;
      case State::bang:
        good = on_bang(c);
        break;
      case State::comment:
        if (c == '>' && before_[0] == '-' && before_[1] == '-') state_ = State::text;
        break;
      case State::cdata:
        if (c == '>' && before_[0] == ']' && before_[1] == ']') state_ = State::text;
        break;
      case State::instruction:
        if (c == '>' && before_[1] == '?') state_ = State::text;
        break;
      case State::doctype:
        good = on_doctype(c);
        break;
      case State::tag:
      case State::end_tag:
        good = on_tag(c);
        break;
    }
    if (!good) return false;
    before_[0] = before_[1];
    before_[1] = fresh_ ? '\0' : c;
    fresh_ = false;
    ++offset_;
  }
  return true;
}

bool Splitter::on_text(char c) {
  if (c == '<') {
    state_ = State::less;
    return true;
  }
  const bool byte_order_mark = offset_ < 3 && static_cast<unsigned char>(c) >= 0xbb;
  if (depth_ == 0 && !blank(c) && !byte_order_mark) return fail("it is no XML: text outside of any element");
  return true;
}

bool Splitter::on_less(char c) {
  name_.clear();
  name_open_ = true;
  quote_ = 0;
  if (depth_ <= 1 && (c == '!' || c == '?')) recording_ = false;
  if (c == '!') {
    state_ = State::bang;
  } else if (c == '?') {
    state_ = State::instruction;
    fresh_ = true;  // "<?>" is no whole instruction
  } else if (c == '/') {
    state_ = State::end_tag;
    if (depth_ <= 1) recording_ = false;
  } else {
    if (blank(c) || c == '<' || c == '>' || c == '=') return fail("it is no XML: a '<' without a name");
    state_ = State::tag;
    name_ = c;
  }
  return true;
}

bool Splitter::on_bang(char c) {
  name_ += c;
  if (name_ == "-" || std::string_view("[CDATA[").starts_with(name_) ||
      std::string_view("DOCTYPE").starts_with(name_)) {
    if (name_ == "[CDATA[") state_ = State::cdata;
    if (name_ == "DOCTYPE") state_ = State::doctype;
  } else if (name_ == "--") {
    state_ = State::comment;
    fresh_ = true;  // neither "<!-->" nor "<!--->" is a whole comment
    name_.clear();
    return true;
  } else {
    return fail("it is no XML that nmap writes: '<!" + name_ + "'");
  }
  if (state_ == State::cdata && depth_ == 0) return fail("it is no XML: CDATA outside of any element");
  if (state_ == State::doctype && depth_ != 0) return fail("it is no XML: DOCTYPE inside of an element");
  return true;
}

bool Splitter::on_doctype(char c) {
  if (quote_ != 0) {
    if (c == quote_) quote_ = 0;
  } else if (c == '"' || c == '\'') {
    quote_ = c;
  } else if (c == '[') {
    return fail("its DOCTYPE declares something of its own, which nmap never does; entities are not expanded");
  } else if (c == '>') {
    state_ = State::text;
  }
  return true;
}

bool Splitter::on_tag(char c) {
  if (quote_ != 0) {
    if (c == '<') return fail("it is damaged: a '<' inside of quotes");
    if (c == quote_) quote_ = 0;
    return true;
  }
  if (name_open_ && (blank(c) || c == '>' || c == '/')) {
    name_open_ = false;
    name_is_known();
  }
  if (name_open_) {
    name_ += c;
    if (name_.size() > longest_name) return fail("it is no XML that nmap writes: a name longer than 64 characters");
  } else if (c == '"' || c == '\'') {
    quote_ = c;
    if (recording_ && ++attributes_ > max_attributes && !refused_) refuse("has more than 3,000,000 attributes");
  }
  if (c == '<') return fail("it is damaged: a tag inside of a tag");
  if (c != '>') return true;
  const bool ends = state_ == State::end_tag, empty = !ends && before_[1] == '/';
  state_ = State::text;
  if (ends) return close_element();
  if (!open_element()) return false;
  return !empty || close_element();
}

/// At depth 0 the root, at depth 1 its children; deeper ones belong to what is recorded.
void Splitter::name_is_known() {
  if (state_ != State::tag || depth_ > 1) return;
  if (depth_ == 0)
    child_ = Child::root;
  else
    child_ = name_ == "host" ? Child::host : name_ == "runstats" ? Child::run_stats : Child::other;
  if (child_ != Child::other) return;
  recording_ = false;
  buffer_.clear();
}

bool Splitter::open_element() {
  if (depth_ == 0) {
    if (name_ != "nmaprun") return fail("it is no report of nmap: its first element is <" + name_ + ">, not <nmaprun>");
    closed_ = false;
    if (!refused_) (*sink_)({Piece::Kind::root, buffer_, start_});
    recording_ = false;
    buffer_.clear();
  } else if (depth_ > 1 && name_ == "host" && child_ == Child::host) {
    return fail("it is damaged: a <host> inside of another");
  }
  ++depth_;
  if (recording_ && !refused_) {
    if (depth_ > max_depth + 1) refuse("is nested deeper than 48 levels");
    if (++tags_ > max_tags) refuse("has more than 600,000 elements");
  }
  return true;
}

bool Splitter::close_element() {
  if (depth_ == 0) return fail("it is no XML: an end tag without its element");
  if (--depth_ == 1) finish_child();
  if (depth_ == 0) closed_ = true;
  return true;
}

void Splitter::finish_child() {
  if (recording_) {
    if (refused_)
      (*sink_)({Piece::Kind::refused, refused_, start_});
    else
      (*sink_)({child_ == Child::host ? Piece::Kind::host : Piece::Kind::run_stats, buffer_, start_});
  }
  recording_ = false;
  refused_ = nullptr;
  if (buffer_.capacity() > (1u << 20)) std::string().swap(buffer_);
  buffer_.clear();
}

}  // namespace sonde::nmap_xml
