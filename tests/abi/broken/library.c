/* Ways to break what can be seen before an instance is made: the file, its constructors, entry, descriptor, schema. */
#include <time.h>
#include "state.h"

#if defined(BREAK_MORE_SYMBOLS)
__attribute__((visibility("default"))) int something_else(void);
int something_else(void) {
  return 1;
}
#elif defined(BREAK_FOREIGN_SYMBOL)
extern int BREAK_FOREIGN_SYMBOL(const char*);
#define ENTRY(index) ((index) == 77 && BREAK_FOREIGN_SYMBOL("") ? NULL : (index) == 0 ? &plugin : NULL)
#elif defined(BREAK_ENDLESS)
#define ENTRY(index) ((index) < 1000000 && (index) != 0 ? NULL : &plugin)
#elif defined(BREAK_CONSTRUCTOR_CRASHES)
__attribute__((constructor)) static void made(void) {
  raise(SIGSEGV);
}
#elif defined(BREAK_CONSTRUCTOR_HANGS)
__attribute__((constructor)) static void made(void) {
  for (;;) pause();
}
#elif defined(BREAK_CONSTRUCTOR_OPENS)
__attribute__((constructor)) static void made(void) {
  (void)!dup(0);
}
#elif defined(BREAK_CONSTRUCTOR_RECKONS)
__attribute__((constructor)) static void made(void) {
  struct timespec now = {0, 0};
  while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < CPU_MS) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
}
#elif defined(BREAK_DESCRIPTOR)
#define VERSION ""
#elif defined(BREAK_FIELD_NAME)
#define SAID_NAME "someone-else.said"
#elif defined(BREAK_WELL_KNOWN_FIELD)
#define SAID_NAME "hostname"
#define SAID_TYPE SONDE_U64
#elif defined(BREAK_SCHEMA)
#define SCHEMA "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"pattern\":\"x\"}}}"
#elif defined(BREAK_HELP)
#define SCHEMA "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"default\":\"hello\"}}}"
#elif defined(BREAK_TASK_TIME)
#define SCHEMA                                                                                                    \
  "{\"type\":\"object\",\"properties\":{\"greeting\":{\"type\":\"string\",\"default\":\"hello\",\"description\":" \
  "\"what to say\"}},\"x-sonde\":{\"cost\":{\"silent\":[1],\"alive\":[1],\"wait\":[2000000000]}}}"
#define TIMEOUT_MS 0
#elif defined(BREAK_TABLE)
#define CANCEL NULL
#elif defined(BREAK_NEEDS)
#define NEEDS SONDE_NEED_FILES
#endif

#include "probe.h"
