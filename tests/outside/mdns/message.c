#include "message.h"

#include <string.h>

enum { HEADER = 12, TYPE_PTR = 12, CLASS_IN = 1, MOST_RECORDS = 256, MOST_JUMPS = 16 };

/* _services._dns-sd._udp.local, PTR, IN */
static const uint8_t question[MDNS_QUESTION_SIZE - HEADER] = {
    9,   '_', 's', 'e', 'r', 'v', 'i', 'c', 'e', 's', 7,   '_', 'd', 'n', 's',      '-', 's',
    'd', 4,   '_', 'u', 'd', 'p', 5,   'l', 'o', 'c', 'a', 'l', 0,   0,   TYPE_PTR, 0,   CLASS_IN};

void mdns_question(uint8_t* out, uint16_t id) {
  memset(out, 0, HEADER);
  out[0] = (uint8_t)(id >> 8);
  out[1] = (uint8_t)(id & 0xff);
  out[5] = 1; /* one question */
  memcpy(out + HEADER, question, sizeof question);
}

static unsigned number(const uint8_t* at) {
  return (unsigned)at[0] << 8 | at[1];
}

/* The name at `at` into `out`, dots between its labels; 0 when it is malformed. *end is where the record goes on. */
static int read_name(const uint8_t* message, size_t size, size_t at, size_t* end, char out[MDNS_NAME_SIZE]) {
  size_t used = 0, i;
  int jumps = 0;
  *end = 0;
  while (at < size) {
    unsigned length = message[at];
    if (length == 0) {
      if (*end == 0) *end = at + 1;
      out[used] = '\0';
      return 1;
    }
    if ((length & 0xc0u) == 0xc0u) { /* the rest stands elsewhere */
      if (at + 1 >= size || ++jumps > MOST_JUMPS) return 0;
      if (*end == 0) *end = at + 2;
      at = (length & 0x3fu) << 8 | message[at + 1];
      continue;
    }
    if (length > 63 || at + 1 + length > size || used + length + 2 > MDNS_NAME_SIZE) return 0;
    if (used > 0) out[used++] = '.';
    for (i = 0; i < length; ++i) {
      uint8_t c = message[at + 1 + i];
      out[used++] = c > 0x20 && c < 0x7f ? (char)c : '?';
    }
    at += 1 + length;
  }
  return 0;
}

/* "_ipp._tcp.local" is "_ipp._tcp" for people. */
static int is_service(char* name) {
  size_t length = strlen(name);
  static const char suffix[] = ".local";
  if (length <= sizeof suffix - 1 || name[0] != '_') return 0;
  if (strcmp(name + length - (sizeof suffix - 1), suffix) != 0) return 0;
  name[length - (sizeof suffix - 1)] = '\0';
  return 1;
}

int mdns_services(const uint8_t* message, size_t size, uint16_t id, void (*found)(void*, const char*), void* context) {
  char owner[MDNS_NAME_SIZE], service[MDNS_NAME_SIZE];
  unsigned questions, answers, i;
  size_t at = HEADER, end, unused;
  int count = 0;
  if (size < HEADER || number(message) != id || !(message[2] & 0x80)) return -1;
  questions = number(message + 4);
  answers = number(message + 6);
  if (questions > MOST_RECORDS || answers > MOST_RECORDS) return -1;
  for (i = 0; i < questions; ++i) {
    if (!read_name(message, size, at, &end, owner) || end + 4 > size) return -1;
    at = end + 4;
  }
  for (i = 0; i < answers; ++i) {
    size_t length;
    if (!read_name(message, size, at, &end, owner) || end + 10 > size) return count;
    length = number(message + end + 8);
    if (end + 10 + length > size) return count;
    if (number(message + end) == TYPE_PTR && strcmp(owner, "_services._dns-sd._udp.local") == 0 &&
        read_name(message, size, end + 10, &unused, service) && is_service(service)) {
      found(context, service);
      ++count;
    }
    at = end + 10 + length;
  }
  return count;
}
