/* For LD_PRELOAD: receive buffers of SMALL_BUFFER bytes, whatever a program asks for. The limit of the system
 * (net.core.rmem_max) is one for all namespaces, so a test must not touch it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  int (*real)(int, int, int, const void*, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
  int small = atoi(getenv("SMALL_BUFFER"));
  if (level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_RCVBUFFORCE))
    return real(fd, level, SO_RCVBUF, &small, sizeof small);
  return real(fd, level, name, value, size);
}
