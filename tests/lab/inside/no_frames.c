/* For LD_PRELOAD: a link that takes no IP frame, as one that has just gone down. What the kernel itself sends still
 * leaves. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int is_ip_frame(const struct msghdr* message) {
  const struct sockaddr_ll* to = message->msg_name;
  if (!to || to->sll_family != AF_PACKET) return 0;
  if (to->sll_protocol == htons(ETH_P_IP)) return 1;
  /* ICMPv6 but for Neighbour Discovery, and TCP. */
  const unsigned char* frame = message->msg_iov[0].iov_base;
  return to->sll_protocol == htons(ETH_P_IPV6) && (frame[20] != 58 || frame[54] == 128);
}

int sendmmsg(int fd, struct mmsghdr* messages, unsigned count, int flags) {
  int (*real)(int, struct mmsghdr*, unsigned, int) = dlsym(RTLD_NEXT, "sendmmsg");
  if (count > 0 && is_ip_frame(&messages[0].msg_hdr)) {
    errno = ENETDOWN;
    return -1;
  }
  return real(fd, messages, count, flags);
}
