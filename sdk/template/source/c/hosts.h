/* The parser, apart from files and hosts, so that a test can call it. Its input may be anything. */
#ifndef HOSTS_H
#define HOSTS_H
#include <stddef.h>
#include <stdint.h>

/* What a line says of a host. The texts point into the line; they may be empty. */
typedef struct host_line {
  uint8_t ip[16]; /* an IPv4 address is ::ffff:a.b.c.d */
  const char *name, *note;
  size_t name_size, note_size;
} host_line;

enum { LINE_BLANK, LINE_HOST, LINE_WRONG };

/* "ADDRESS [NAME [NOTE]]", or a comment after "#": one of the above. */
int read_host(const char* text, size_t size, host_line* out);

#endif
