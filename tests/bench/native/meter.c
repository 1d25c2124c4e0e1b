/* bench_meter REPORT COMMAND [ARGUMENT...]
 * Runs the command and writes one line of JSON: wall, user and system seconds, peak resident memory, and how it ended.
 * A program of its own, because the peak of a child counts what its parent had in use when it forked: here almost
 * nothing, in Python tens of megabytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: bench_meter REPORT COMMAND [ARGUMENT...]\n");
    return 2;
  }
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  const pid_t child = fork();
  if (child < 0) {
    fprintf(stderr, "bench_meter: fork: %s\n", strerror(errno));
    return 2;
  }
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[2], argv + 2);
    fprintf(stderr, "bench_meter: %s: %s\n", argv[2], strerror(errno));
    _exit(127);
  }
  int status = 0;
  struct rusage use;
  while (wait4(child, &status, 0, &use) < 0) {
    if (errno != EINTR) return 2;
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  FILE* report = fopen(argv[1], "w");
  if (!report) {
    fprintf(stderr, "bench_meter: %s: %s\n", argv[1], strerror(errno));
    return 2;
  }
  const double wall = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  fprintf(report, "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak_kib\": %ld, \"code\": %d}\n", wall,
          seconds(use.ru_utime), seconds(use.ru_stime), use.ru_maxrss, code);
  return fclose(report) == 0 ? 0 : 2;
}
