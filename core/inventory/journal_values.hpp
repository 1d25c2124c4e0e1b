// Members of a journal's lines, hostile until checked. False: absent, of another type, or out of range; `out` may be
// changed then.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"
#include "base/value.hpp"
#include "inventory/record.hpp"
#include "targets/permutation.hpp"

namespace sonde::core::journal {

/// Non-negative integers come as either kind, by how the JSON reader types them.
bool read_number(const Value*, uint64_t& out, uint64_t most = UINT64_MAX);
/// Lower-case digits in pairs.
bool unhex(std::string_view hex, std::string& out);
/// UTF-8, or {"x":"hex"}.
bool read_text(const Value*, std::string& out);
bool read_texts(const Value*, std::vector<std::string>& out);
/// [first, second]
bool read_pair(const Value*, uint64_t& first, uint64_t& second);
/// [start, count], without overflow.
bool read_slice(const Value*, Slice& out);
/// Text without a zone; that goes by number, and may be absent.
bool read_address(const Value*, const Value* zone, IpAddress& out);
/// An outcome for each of so many stages.
bool read_outcomes(const Value*, std::size_t stages, std::vector<Outcome>& out);
/// At least one of so many stages.
bool read_stages(const Value*, std::size_t stages, std::vector<uint8_t>& out);

}  // namespace sonde::core::journal
