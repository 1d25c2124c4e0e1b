// Writing the lines by hand, since this stands in the way of every result, and cutting a file into lines again.
#include "inventory/journal_lines.hpp"

#include <fcntl.h>
#include <sonde/plugin.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"

namespace sonde::core::journal {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t line_target = 1u << 20;     // a result longer than this goes on in another line
constexpr std::size_t longest_quoted = 1u << 20;  // longer text is hex: twice its size at most, escapes take six times

void append_number(std::string& out, uint64_t n) {
  char text[20];
  out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

void append_hex(std::string& out, std::string_view bytes) {
  for (char c : bytes) {
    out += hex_digits[static_cast<uint8_t>(c) >> 4];
    out += hex_digits[static_cast<uint8_t>(c) & 15];
  }
}

void append_text(std::string& out, std::string_view text) {
  const bool ascii = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
  if (text.size() > longest_quoted || (!ascii && !is_valid_utf8(text))) {
    out += "{\"x\":\"";
    append_hex(out, text);
    out += "\"}";
    return;
  }
  out += '"';
  const auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<uint8_t>(c) >= 0x20; };
  for (auto at = text.begin(); at != text.end();) {
    const auto run = std::find_if_not(at, text.end(), plain);
    out.append(at, run);
    at = run;
    if (at == text.end()) break;
    if (const char c = *at++; static_cast<uint8_t>(c) >= 0x20) {
      out += '\\';
      out += c;
    } else {
      out += "\\u00";
      append_hex(out, std::string_view(&c, 1));
    }
  }
  out += '"';
}

template <class List>
void append_numbers(std::string& out, const List& numbers) {
  out += '[';
  bool first = true;
  for (const auto n : numbers) {
    if (!std::exchange(first, false)) out += ',';
    append_number(out, static_cast<uint64_t>(n));
  }
  out += ']';
}

void append_texts(std::string& out, std::span<const std::string> texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += ',';
    append_text(out, texts[i]);
  }
  out += ']';
}

/// As they go into lines of their own; at least one, which may be empty.
std::vector<std::span<const std::string>> in_lines(const std::vector<std::string>& texts) {
  std::vector<std::span<const std::string>> lines;
  std::size_t begin = 0, size = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    size += texts[i].size() + 3;
    if (size <= line_target) continue;
    lines.push_back(std::span(texts).subspan(begin, i + 1 - begin));
    begin = i + 1;
    size = 0;
  }
  if (lines.empty() || begin < texts.size()) lines.push_back(std::span(texts).subspan(begin));
  return lines;
}

void append_flag(std::string& out, bool flag) {
  out += flag ? "true" : "false";
}

/// For people alone, who want to know why two plans are not one.
void append_questions(std::string& out, const std::vector<JournalStage>& stages) {
  std::size_t size = 0;
  for (const JournalStage& stage : stages) size += stage.asks.size();
  if (size == 0 || size > longest_asks) return;
  std::vector<std::string> questions;
  for (const JournalStage& stage : stages) questions.push_back(stage.asks);
  out += ",\"asks\":";
  append_texts(out, questions);
}

/// What merging needs and resuming does not.
void append_header_details(std::string& out, const JournalHeader& header, std::span<const std::string> exclusions) {
  out += ",\"shard\":[";
  append_number(out, header.shard_index);
  out += ',';
  append_number(out, header.shard_count);
  out += "],\"exclusions\":";
  append_texts(out, exclusions);
  out += ",\"stage_details\":[";
  for (std::size_t i = 0; i < header.stage_details.size(); ++i) {
    const JournalStage& stage = header.stage_details[i];
    out += i == 0 ? "[" : ",[";
    append_text(out, stage.plugin);
    out += ',';
    append_text(out, stage.version);
    out += ',';
    append_text(out, stage.unavailable);
    for (const bool flag : {stage.enabled, stage.writes_alive, stage.adaptive}) {
      out += ',';
      append_flag(out, flag);
    }
    out += ']';
  }
  out += ']';
  append_questions(out, header.stage_details);
  out += ",\"own_fields\":[";
  for (std::size_t i = 0; i < header.own_fields.size(); ++i) {
    const Field& field = header.own_fields[i];
    out += i == 0 ? "[" : ",[";
    append_number(out, field.type);
    out += ',';
    append_number(out, field.shape);
    out += ',';
    append_flag(out, field.detail);
    out += ',';
    append_text(out, field.help);
    out += ']';
  }
  out += "],\"filled\":";
  append_numbers(out, header.filled);
}

/// The zone goes by number: its name may be gone when the journal is read.
void append_address(std::string& out, const IpAddress& ip) {
  out += '"';
  out += ip.zone() == 0 ? ip.to_string() : IpAddress(ip.bytes()).to_string();
  out += '"';
  if (ip.zone() == 0) return;
  out += ",\"z\":";
  append_number(out, ip.zone());
}

bool has_text(uint32_t type) {
  return type == SONDE_TEXT || type == SONDE_BYTES || type == SONDE_JSON || type == SONDE_IP;
}

void append_fact(std::string& out, const Fact& fact, uint8_t stage) {
  out += '[';
  append_number(out, fact.field);
  out += ',';
  append_number(out, fact.value.type);
  out += ',';
  if (has_text(fact.value.type))
    append_text(out, fact.value.text);
  else
    append_number(out, fact.value.number);
  if (!fact.key.empty() || fact.stage != stage) {
    out += ',';
    append_text(out, fact.key);
  }
  if (fact.stage != stage) {
    out += ',';
    append_number(out, fact.stage);
  }
  out += ']';
}

void append_result_head(std::string& out, const IpAddress& ip, uint8_t stage) {
  out += "{\"r\":";
  append_address(out, ip);
  out += ",\"s\":";
  append_number(out, stage);
}

void append_host_head(std::string& out, std::string_view kind, uint64_t position, const IpAddress& ip,
                      const std::vector<Outcome>& outcomes) {
  out.append("{\"").append(kind).append("\":");
  append_number(out, position);
  out += ",\"h\":";
  append_address(out, ip);
  out += ",\"o\":";
  append_numbers(out, outcomes);
}

void append_outcomes(std::string& out, const std::vector<OutcomeCounts>& stages) {
  out += ",\"t\":[";
  for (std::size_t stage = 0; stage < stages.size(); ++stage) {
    out += stage == 0 ? "[" : ",[";
    bool first = true;
    for (std::size_t outcome = 0; outcome < stages[stage].size(); ++outcome) {
      if (stages[stage][outcome] == 0) continue;
      out += first ? "[" : ",[";
      first = false;
      append_number(out, outcome);
      out += ',';
      append_number(out, stages[stage][outcome]);
      out += ']';
    }
    out += ']';
  }
  out += ']';
}

}  // namespace

void append_header(std::string& out, const JournalHeader& header) {
  const auto scope = in_lines(header.scope), exclusions = in_lines(header.exclusions);
  const std::size_t more = header.stage_details.empty() ? scope.size() - 1 : scope.size() + exclusions.size() - 2;
  out += header_begin;
  append_number(out, more == 0 ? 1 : 2);
  const auto text = [&](std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    append_text(out, value);
  };
  text("run_id", header.run_id);
  text("pipeline", header.pipeline);
  text("plan_hash", header.plan_hash);
  text("started", header.started);
  out += ",\"seed\":";
  append_number(out, header.seed);
  out += ",\"targets\":";
  append_number(out, header.targets);
  out += ",\"slice\":[";
  append_number(out, header.slice.start);
  out += ',';
  append_number(out, header.slice.count);
  out += "],\"scope\":";
  append_texts(out, scope.front());
  out += ",\"fields\":";
  append_texts(out, header.fields);
  out += ",\"stages\":";
  append_texts(out, header.stages);
  if (!header.stage_details.empty()) append_header_details(out, header, exclusions.front());
  if (more != 0) {
    out += ",\"more\":";
    append_number(out, more);
  }
  out += "}\n";
  const auto append_rest = [&](std::string_view name, const auto& lines) {
    for (std::size_t i = 1; i < lines.size(); ++i) {
      out.append("{\"").append(name).append("\":");
      append_texts(out, lines[i]);
      out += "}\n";
    }
  };
  append_rest("scope", scope);
  if (!header.stage_details.empty()) append_rest("exclusions", exclusions);
}

void append_result(std::string& out, const IpAddress& ip, uint8_t stage, Outcome outcome, std::span<const Fact> facts,
                   std::string_view why) {
  std::size_t line = out.size();
  append_result_head(out, ip, stage);
  bool open = false;
  for (const Fact& fact : facts) {
    if (out.size() - line > line_target) {
      out += open ? "]}\n" : "}\n";
      line = out.size();
      append_result_head(out, ip, stage);
      open = false;
    }
    out += open ? "," : ",\"f\":[";
    append_fact(out, fact, stage);
    open = true;
  }
  if (open) out += ']';
  out += ",\"o\":";
  append_number(out, static_cast<uint64_t>(outcome));
  if (!why.empty()) {
    out += ",\"w\":";
    append_text(out, why);
  }
  out += "}\n";
}

void append_settled(std::string& out, uint64_t position, const IpAddress& ip, const std::vector<Outcome>& outcomes) {
  append_host_head(out, "d", position, ip, outcomes);
  out += "}\n";
}

void append_failure(std::string& out, uint8_t stage, std::string_view why) {
  out += "{\"fail\":";
  append_number(out, stage);
  out += ",\"w\":";
  append_text(out, why);
  out += "}\n";
}

void append_unasked(std::string& out, uint64_t position, const IpAddress& ip, const std::vector<Outcome>& outcomes,
                    std::span<const uint8_t> stages) {
  append_host_head(out, "u", position, ip, outcomes);
  out += ",\"s\":";
  append_numbers(out, stages);
  out += "}\n";
}

void append_runs(std::string& out, const std::vector<Slice>& runs, const std::vector<OutcomeCounts>& outcomes) {
  if (runs.empty() && outcomes.empty()) return;
  out += "{\"p\":[";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    out += i == 0 ? "[" : ",[";
    append_number(out, runs[i].start);
    out += ',';
    append_number(out, runs[i].count);
    out += ']';
  }
  out += ']';
  if (!outcomes.empty()) append_outcomes(out, outcomes);
  out += "}\n";
}

void append_packets(std::string& out, uint64_t total) {
  out += "{\"n\":";
  append_number(out, total);
  out += "}\n";
}

void append_end(std::string& out, bool complete, std::string_view reason) {
  out += complete ? "{\"end\":true,\"complete\":true" : "{\"end\":true,\"complete\":false";
  if (!reason.empty()) {
    out += ",\"why\":";
    append_text(out, to_valid_utf8(reason.substr(0, 500)));
  }
  out += "}\n";
}

bool LineReader::fill() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  const std::ptrdiff_t got = append_block(descriptor_, buffer_);
  if (got < 0) error_ = errno;
  return got > 0;
}

bool LineReader::next(std::string_view& line) {
  for (;;) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      if (scanned_ - begin_ > longest_) {
        skipping_ = true;
        begin_ = scanned_;
      }
      if (fill()) continue;
      if (skipping_ || begin_ < buffer_.size()) ++torn_;
      skipping_ = false;
      begin_ = scanned_ = buffer_.size();
      return false;
    }
    line = std::string_view(buffer_).substr(begin_, end - begin_);
    begin_ = scanned_ = end + 1;
    ++number_;
    if (std::exchange(skipping_, false) || line.size() > longest_) {
      if (too_long_++ == 0) first_too_long_ = number_;
    } else if (!line.empty()) {
      return true;
    }
  }
}

std::optional<off_t> end_of_last_line(int descriptor, off_t size) {
  char buffer[4096];
  while (size > 0) {
    const off_t from = std::max<off_t>(0, size - static_cast<off_t>(sizeof buffer));
    const ssize_t got = ::pread(descriptor, buffer, static_cast<std::size_t>(size - from), from);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;  // it is shorter than it was said to be
    if (got <= 0) return std::nullopt;
    for (ssize_t i = got; i > 0; --i)
      if (buffer[i - 1] == '\n') return from + i;
    size = from;
  }
  return 0;
}

Result<int> open_journal(const std::string& path, int flags) {
  // Without O_NONBLOCK a FIFO put in the place of the journal would hold us up before fstat can tell.
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) {
    const int why = errno;
    return failure("journal-unreadable", "cannot open the journal " + path + ": " + std::strerror(why),
                   why == EACCES ? "journals have mode 0600: read it as the user whose run wrote it" : "");
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return failure(
        "journal-unreadable",
        path + (S_ISDIR(info.st_mode) ? " is a directory" : " is not a regular file") + ", so it is no journal",
        "name the output directory of a run, or a journal in it");
  }
  return fd;
}

}  // namespace sonde::core::journal
