#include "hosts.h"

#include <arpa/inet.h>
#include <string.h>

static int is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first word of the text, which then begins behind it and its blanks. */
static size_t take_word(const char** text, size_t* size, const char** word) {
  size_t n = 0;
  while (*size > 0 && is_blank(**text)) ++*text, --*size;
  *word = *text;
  while (n < *size && !is_blank((*text)[n])) ++n;
  *text += n;
  *size -= n;
  while (*size > 0 && is_blank(**text)) ++*text, --*size;
  return n;
}

int read_host(const char* text, size_t size, host_line* out) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const char* word;
  char address[INET6_ADDRSTRLEN];
  const size_t n = take_word(&text, &size, &word);
  if (n == 0 || *word == '#') return LINE_BLANK;
  if (n >= sizeof address || memchr(word, 0, n)) return LINE_WRONG;
  memcpy(address, word, n);
  address[n] = '\0';
  memcpy(out->ip, mapped, sizeof mapped);
  if (inet_pton(AF_INET, address, out->ip + sizeof mapped) != 1 && inet_pton(AF_INET6, address, out->ip) != 1)
    return LINE_WRONG;
  out->name_size = take_word(&text, &size, &out->name);
  while (size > 0 && is_blank(text[size - 1])) --size;
  out->note = text;
  out->note_size = size;
  return LINE_HOST;
}
