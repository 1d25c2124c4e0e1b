/* The two messages of DNS service discovery (RFC 6763 section 9) over multicast DNS (RFC 6762), sent to one host alone:
 * the question which kinds of services it offers, and what it answers. Knows neither sockets nor sonde. */
#ifndef MDNS_MESSAGE_H
#define MDNS_MESSAGE_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MDNS_QUESTION_SIZE = 46, MDNS_NAME_SIZE = 256 };

/* Writes the question, all of MDNS_QUESTION_SIZE octets. */
void mdns_question(uint8_t* out, uint16_t id);

/* Calls found() with each service of an answer to the question of that id, such as "_ipp._tcp"; the text ends in NUL
 * and holds printable ASCII alone. Returns how many, or -1 when the message is no answer to it. Each octet may be
 * hostile. */
int mdns_services(const uint8_t* message, size_t size, uint16_t id, void (*found)(void*, const char*), void* context);

#ifdef __cplusplus
}
#endif
#endif
