// A strict walk through BER (X.690) with definite lengths. It copies nothing but the few values that it hands out.
#include "envelope.hpp"

namespace sonde::snmp {
namespace {

constexpr uint8_t tag_integer = 0x02, tag_octets = 0x04, tag_oid = 0x06, tag_sequence = 0x30;
constexpr size_t longest_engine_id = 32, longest_user = 32;
constexpr int64_t highest_id = 0x7fffffff;

using Octets = std::span<const uint8_t>;

class Reader {
 public:
  explicit Reader(Octets octets) : left_(octets) {}
  bool at_end() const { return left_.empty(); }

  /// The next element: its tag and what it holds.
  bool next(uint8_t& tag, Octets& content) {
    if (left_.size() < 2 || (left_[0] & 0x1f) == 0x1f) return false;
    tag = left_[0];
    size_t header = 2, length = left_[1];
    if (length >= 0x80) {
      const size_t count = length & 0x7f;
      if (count == 0 || count > 4 || left_.size() < 2 + count) return false;
      length = 0;
      for (size_t i = 0; i < count; ++i) length = length << 8 | left_[2 + i];
      header += count;
    }
    if (length > left_.size() - header) return false;
    content = left_.subspan(header, length);
    left_ = left_.subspan(header + length);
    return true;
  }
  bool expect(uint8_t wanted, Octets& content) {
    uint8_t tag = 0;
    return next(tag, content) && tag == wanted;
  }
  bool integer(int64_t lowest, int64_t highest, int64_t& out) {
    Octets content;
    if (!expect(tag_integer, content) || content.empty() || content.size() > 8) return false;
    uint64_t value = (content[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
    for (uint8_t octet : content) value = value << 8 | octet;
    out = static_cast<int64_t>(value);
    return out >= lowest && out <= highest;
  }
  bool text(size_t longest, std::string& out) {
    Octets content;
    if (!expect(tag_octets, content) || content.size() > longest) return false;
    out.assign(content.begin(), content.end());
    return true;
  }

 private:
  Octets left_;
};

/// Sub-identifiers end, are no more than 128, and fit 32 bits.
bool is_oid(Octets content) {
  size_t numbers = 0;
  uint64_t value = 0;
  for (uint8_t octet : content) {
    value = value << 7 | (octet & 0x7f);
    if (value > 0xffffffff) return false;
    if ((octet & 0x80) != 0) continue;
    value = 0;
    if (++numbers > 127) return false;
  }
  return content.empty() || (content.back() & 0x80) == 0;
}

bool read_bindings(Octets list) {
  Reader reader(list);
  for (size_t count = 0; !reader.at_end(); ++count) {
    Octets binding, name, value;
    uint8_t tag = 0;
    if (count == most_bindings || !reader.expect(tag_sequence, binding)) return false;
    Reader inside(binding);
    if (!inside.expect(tag_oid, name) || !is_oid(name) || !inside.next(tag, value) || !inside.at_end()) return false;
    if (tag == tag_oid && !is_oid(value)) return false;
  }
  return true;
}

bool read_pdu(uint8_t tag, Octets content, Envelope& out) {
  out.pdu = tag;
  Reader reader(content);
  int64_t ignored = 0;
  Octets bindings;
  return (tag == tag_response || tag == tag_report) && reader.integer(-highest_id - 1, highest_id, out.request_id) &&
         reader.integer(-highest_id - 1, highest_id, ignored) && reader.integer(-highest_id - 1, highest_id, ignored) &&
         reader.expect(tag_sequence, bindings) && reader.at_end() && read_bindings(bindings);
}

/// UsmSecurityParameters (RFC 3414, 2.4).
bool read_usm(Octets parameters, Envelope& out) {
  Reader outside(parameters);
  Octets content;
  if (!outside.expect(tag_sequence, content) || !outside.at_end()) return false;
  Reader reader(content);
  int64_t boots = 0, time = 0;
  std::string ignored;
  if (!reader.text(longest_engine_id, out.engine_id) || !reader.integer(0, highest_id, boots) ||
      !reader.integer(0, highest_id, time) || !reader.text(longest_user, out.user) || !reader.text(64, ignored) ||
      !reader.text(64, ignored) || !reader.at_end())
    return false;
  out.boots = static_cast<uint32_t>(boots);
  out.time = static_cast<uint32_t>(time);
  return true;
}

bool read_v3(Reader& reader, Envelope& out) {
  constexpr int64_t smallest_message = 484, user_based = 3;
  Octets header, parameters, data;
  if (!reader.expect(tag_sequence, header)) return false;
  Reader inside(header);
  int64_t ignored = 0;
  std::string flags;
  if (!inside.integer(0, highest_id, out.message_id) || !inside.integer(smallest_message, highest_id, ignored) ||
      !inside.text(1, flags) || flags.size() != 1 || !inside.integer(user_based, user_based, ignored) ||
      !inside.at_end())
    return false;
  out.flags = static_cast<uint8_t>(flags[0]);
  if (out.encrypted() && !out.authenticated()) return false;
  if (!reader.expect(tag_octets, parameters) || !read_usm(parameters, out)) return false;
  if (out.encrypted()) return reader.expect(tag_octets, data);
  if (!reader.expect(tag_sequence, data)) return false;
  Reader scoped(data);
  std::string context;
  uint8_t tag = 0;
  Octets pdu;
  return scoped.text(longest_engine_id, context) && scoped.text(255, context) && scoped.next(tag, pdu) &&
         scoped.at_end() && read_pdu(tag, pdu, out);
}

}  // namespace

std::optional<Envelope> read_envelope(std::span<const uint8_t> message) {
  Reader outside(message);
  Octets content;
  if (!outside.expect(tag_sequence, content) || !outside.at_end()) return std::nullopt;
  Reader reader(content);
  Envelope out;
  int64_t version = 0;
  if (!reader.integer(0, 3, version) || version == 2) return std::nullopt;
  out.version = static_cast<Envelope::Version>(version);
  if (out.version == Envelope::Version::v3) {
    if (!read_v3(reader, out) || !reader.at_end()) return std::nullopt;
    return out;
  }
  std::string community;
  uint8_t tag = 0;
  Octets pdu;
  if (!reader.text(255, community) || !reader.next(tag, pdu) || !reader.at_end() || !read_pdu(tag, pdu, out))
    return std::nullopt;
  return out;
}

}  // namespace sonde::snmp
