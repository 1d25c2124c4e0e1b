// Standard output and standard error: who looks at them, and how wide they are.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sonde::core::cli {

bool stdout_is_terminal();
/// A terminal that understands cursor movement (TERM is not "dumb").
bool stderr_is_terminal();
/// A terminal, and NO_COLOR is not set (https://no-color.org).
bool colour_on_stdout();
bool colour_on_stderr();
/// Columns of the terminal behind the descriptor; 80 when there is none.
std::size_t terminal_width(int fd);

/// To stdout; what cannot be written is noticed by finish_output().
void print(std::string_view);
/// printable(), but line feeds stay.
std::string printable_lines(std::string_view);
/// To stderr, unbuffered.
void print_error(std::string_view);
/// Flushes stdout. False, with a message, when something was lost (a full disk; a reader that left is no loss).
bool finish_output();

}  // namespace sonde::core::cli
