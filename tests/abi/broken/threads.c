/* Ways to leave the instance's thread, to keep it, and to change what belongs to the whole process. */
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include "state.h"

#if defined(BREAK_THREAD_CALLS)
static sonde_task last;
static void* put_elsewhere(void* self) {
  put_yes(self, last, ALIVE, SONDE_BOOL);
  return NULL;
}
static void call_from_thread(struct sonde_inst* self) {
  pthread_t thread;
  pthread_create(&thread, NULL, put_elsewhere, self);
  pthread_join(thread, NULL);
}
#define AT_TASK(self, t, slot) last = (t)->id
#define AFTER_START call_from_thread
#elif defined(BREAK_THREAD_HIDDEN)
static volatile int leave;
static pthread_t thread;
static int there;
static void* until_told(void* argument) {
  while (!leave) usleep(1000);
  return argument;
}
static void begin_thread(void) {
  leave = 0;
  if (!there) there = pthread_create(&thread, NULL, until_told, NULL) == 0;
}
static void end_thread(void) {
  leave = 1;
  if (there) pthread_join(thread, NULL);
  there = 0;
}
#define AFTER_START(self) begin_thread()
#define AT_DESTROY(self) end_thread()
#elif defined(BREAK_OPTION_LATE)
static sonde_err ask_late(struct sonde_inst* self) {
  sonde_value v;
  self->host->option(self->ctx, text("/greeting"), SONDE_TEXT, &v);
  return SONDE_OK;
}
#define AT_START ask_late
#elif defined(BREAK_BLOCKS)
static sonde_err sleep_a_little(void) {
  const struct timespec moment = {0, 2000000};
  nanosleep(&moment, NULL);
  return SONDE_OK;
}
#define AT_START(self) sleep_a_little()
#elif defined(BREAK_RECKONS)
static sonde_err reckon(void) {
  struct timespec before, now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  while ((now.tv_sec - before.tv_sec) * 1000 + (now.tv_nsec - before.tv_nsec) / 1000000 < CPU_MS);
  return SONDE_OK;
}
#define AT_START(self) reckon()
#elif defined(BREAK_HANGS_IN_SILENCE) /* an endless loop that most tests come to */
static void hang(void) {
  for (;;) pause();
}
#define AT_CANCEL(self, t, why) (hang(), 0)
#elif defined(BREAK_CLOSES_AND_HANGS) /* also the pipe of whoever watches it */
static void close_and_hang(void) {
  int i;
  for (i = 3; i < 1024; ++i) close(i);
  for (;;) pause();
}
#define BEFORE_CREATE() (close_and_hang(), SONDE_OK)
#elif defined(BREAK_CLOSES_OTHERS)
static void close_all(void) {
  int i;
  for (i = 3; i < 1024; ++i) close(i);
}
#define AT_DESTROY(self) close_all()
#elif defined(BREAK_WRITES_ANYWHERE) /* something that looks like a passed test, into every descriptor */
static sonde_err write_all(void) {
  static const char verdict[] = "{\"status\":0,\"why\":\"\"}";
  int i;
  for (i = 3; i < 64; ++i)
    if (fcntl(i, F_GETFD) >= 0 && write(i, verdict, sizeof verdict) > 0) continue;
  _exit(0);
}
#define AT_START(self) write_all()
#elif defined(BREAK_DAEMON) /* a process in a session of its own outlives the crash */
static sonde_err leave_daemon(void) {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) execlp("sleep", "sleep-of-sonde-check", "300", (char*)NULL);
    _exit(0);
  }
  usleep(100000);
  raise(SIGSEGV);
  return SONDE_OK;
}
#define BEFORE_CREATE leave_daemon
#elif defined(BREAK_PRINTS)
#define AT_CREATE(self) (printf("hello\n"), fflush(stdout), SONDE_OK)
#elif defined(BREAK_LOCALE)
#define AT_CREATE(self) (setlocale(LC_ALL, "C.UTF-8"), SONDE_OK)
#elif defined(BREAK_SIGNALS)
#define AT_CREATE(self) (signal(SIGUSR1, SIG_IGN), SONDE_OK)
#elif defined(BREAK_DIRECTORY)
#define AT_CREATE(self) (chdir("/") == 0 ? SONDE_OK : SONDE_E_IO)
#endif

#include "probe.h"
