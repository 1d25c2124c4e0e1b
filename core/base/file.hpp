// Files: read with a bound, written beside and renamed, so that a reader never sees half of one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sonde::core {

/// The whole file, refused beyond `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = 64u << 20);
/// Writes a file beside it, fsyncs, renames over PATH. `mode` as in open(2).
Result<void> write_file_atomically(const std::string& path, std::string_view content, uint32_t mode = 0644);
/// A new, empty file .NAME.RANDOM.tmp beside `path`. What is there already is never taken nor removed: on a shared
/// volume it may be the live file of another writer, and what killed ones left must not use up the names. Process
/// numbers tell neither apart: they repeat from container to container. The descriptor, or -1 with errno.
int create_beside(const std::string& path, uint32_t mode, std::string& temporary);
/// The name of a file is durable once its directory is. A file system that cannot do that has still the whole file.
void sync_directory_of(const std::string& path);
/// All of it, however often the kernel takes a part. False with errno.
bool write_all(int fd, std::string_view content);
/// Appends what one read() gives, 256 KiB at most. The bytes, 0 at the end; negative with errno.
std::ptrdiff_t append_block(int fd, std::string& to);
/// mkdir -p.
Result<void> make_directories(const std::string& path, uint32_t mode = 0755);

}  // namespace sonde::core
