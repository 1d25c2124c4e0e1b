/* The part that meets hostile bytes, apart from sockets and from sonde, so that a test (and a fuzzer) can call it. */
#ifndef LINE_H
#define LINE_H
#include <stddef.h>

/* Octets of the first line in what has arrived, without its end; (size_t)-1 while it is not complete. A line is cut at
 * `longest`. */
size_t first_line(const char* arrived, size_t size, size_t longest);

#endif
