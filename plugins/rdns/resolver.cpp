// Resolver: c-ares 1.18 on watches and timers. Its sockets are opened through hooks, so that a shortage of this machine
// is told from a server that does not answer; c-ares itself reports both as "connection refused".
#include "resolver.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include "common-linux/socket.hpp"

namespace sonde::rdns {
namespace {

constexpr int64_t ms = 1000000, second = 1000 * ms;
constexpr uint32_t failures_until_down = 8;
constexpr int64_t down_for = 10 * second;

bool is_shortage(int code) {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM || code == EADDRNOTAVAIL ||
         code == EAGAIN;
}

bool is_no_way(int code) {
  return code == ENETUNREACH || code == EHOSTUNREACH || code == ENETDOWN || code == EACCES || code == EPERM;
}

}  // namespace

struct Resolver::Query {
  Resolver* resolver;
  Ticket ticket;
  int64_t sent_at;
};

// The channel with its sockets. c-ares tells by the state callback which to watch.
struct Resolver::Channel {
  struct Socket {
    int fd;
    uint64_t watch;
  };
  explicit Channel(Resolver& resolver) : owner(resolver) {
    static std::once_flag once;
    static int library = ARES_SUCCESS;
    std::call_once(once, [] { library = ares_library_init(ARES_LIB_INIT_ALL); });
    check(library);
    ares_options options{};
    options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.timeout = static_cast<int>(std::max<int64_t>(1, resolver.timeout_ / ms));
    options.tries = 1;
    char lookups[] = "b";
    options.lookups = lookups;
    options.sock_state_cb = on_state;
    options.sock_state_cb_data = this;
    check(ares_init_options(&channel, &options,
                            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS |
                                ARES_OPT_SOCK_STATE_CB));
    static constexpr ares_socket_functions hooks = {open_socket, close_socket, connect_socket, receive, send};
    ares_set_socket_functions(channel, &hooks, this);
    set_server(resolver.server_);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    closing = true;
    if (channel) ares_destroy(channel);
  }

  static void check(int status) {
    if (status == ARES_SUCCESS) return;
    throw Failure(status == ARES_ENOMEM ? SONDE_E_NOMEM : SONDE_E_FATAL,
                  std::string("c-ares: ") + ares_strerror(status));
  }

  void set_server(const Server& server) {
    ares_addr_port_node node{};
    node.udp_port = node.tcp_port = server.port;
    if (is_v4(server.address)) {
      node.family = AF_INET;
      std::copy_n(server.address.begin() + 12, 4, reinterpret_cast<uint8_t*>(&node.addr.addr4));
    } else {
      node.family = AF_INET6;
      std::copy_n(server.address.begin(), 16, reinterpret_cast<uint8_t*>(&node.addr.addr6));
    }
    int status = ares_set_servers_ports(channel, &node);
    if (status != ARES_SUCCESS) {
      ares_destroy(channel);
      channel = nullptr;
      check(status);
    }
  }

  static void on_state(void* data, ares_socket_t fd, int readable, int writable) {
    auto& self = *static_cast<Channel*>(data);
    const sonde_host& host = self.owner.host_.host();
    sonde_ctx* ctx = self.owner.host_.raw_context();
    uint32_t events = (readable ? uint32_t{SONDE_IO_READ} : 0u) | (writable ? uint32_t{SONDE_IO_WRITE} : 0u);
    auto it = std::find_if(self.sockets.begin(), self.sockets.end(), [&](const Socket& s) { return s.fd == fd; });
    if (it == self.sockets.end()) {
      if (events == 0) return;
      uint64_t id = 0, user = uint64_t{self.owner.index_} << 32 | static_cast<uint32_t>(fd);
      if (host.watch(ctx, fd, events, user, &id) == SONDE_OK)
        self.sockets.push_back({fd, id});
      else
        self.local_error = ENOMEM;  // its queries will time out, and are then not held against the server
    } else if (events) {
      host.rewatch(ctx, it->watch, events);
    } else {
      host.unwatch(ctx, it->watch);
      self.sockets.erase(it);
    }
  }

  // EADDRNOTAVAIL: of a connection, no port is free; of datagrams, no address of this machine leads to the server, for
  // good unless one is still looked for duplicates of.
  static bool lacks_address(int fd, int error) {
    int type = 0;
    socklen_t size = sizeof type;
    return error == EADDRNOTAVAIL && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM &&
           net::classify_send_error(error) == net::SendFault::local;
  }

  void note(int error) {
    if (is_shortage(error)) local_error = error;
    if (is_no_way(error)) no_way = error;
  }

  static ares_socket_t open_socket(int domain, int type, int protocol, void* data) {
    int fd = ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
      // What is no shortage stays so (a kernel without IPv6): another server may be asked all the same.
      auto& self = *static_cast<Channel*>(data);
      (is_shortage(errno) ? self.local_error : self.no_way) = errno;
      return ARES_SOCKET_BAD;
    }
    int one = 1, room = 1 << 20;  // a window of replies in one go
    if (type == SOCK_DGRAM)
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    else
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
  }
  static int close_socket(ares_socket_t fd, void*) { return ::close(fd); }
  static int connect_socket(ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void* data) {
    int result = ::connect(fd, to, size);
    if (result != 0) {
      const int error = errno;
      auto& self = *static_cast<Channel*>(data);
      if (lacks_address(fd, error))
        self.no_way = error;
      else
        self.note(error);
      errno = error;  // c-ares goes by it
    }
    return result;
  }
  static ares_ssize_t receive(ares_socket_t fd, void* buffer, size_t size, int flags, sockaddr* from,
                              ares_socklen_t* length, void*) {
    return ::recvfrom(fd, buffer, size, flags, from, length);
  }
  static ares_ssize_t send(ares_socket_t fd, const iovec* parts, int count, void* data) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = static_cast<size_t>(count);
    ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    // What a router or the server's host has said of an earlier question is told once, by whichever call comes next,
    // with the same errnos as what this machine says itself. That is said again.
    if (n < 0 && !is_shortage(errno)) n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    auto& self = *static_cast<Channel*>(data);
    if (n < 0)
      self.note(errno);
    else
      self.sent = true;
    return n;
  }

  Resolver& owner;
  ares_channel channel = nullptr;
  std::vector<Socket> sockets;
  int local_error = 0;  ///< a shortage
  int no_way = 0;
  bool sent = false;  ///< since it was set to false
  bool closing = false;
};

Resolver::Resolver(Context host, const Server& server, int64_t timeout, uint32_t index, ReplySink& sink)
    : host_(host),
      server_(server),
      timeout_(timeout),
      index_(index),
      sink_(sink),
      pacer_(timeout),
      channel_(std::make_unique<Channel>(*this)) {}

// A run too short for a server to count as down must not keep its user in the dark about why there are no names.
Resolver::~Resolver() {
  if (!served_ && failures_ > 0) complain();
}

void Resolver::complain() {
  if (std::exchange(warned_, true)) return;
  const char* what = trouble_ == ReplyKind::servfail ? " refuses its service"
                     : trouble_ == ReplyKind::no_way ? " cannot be reached from here"
                                                     : " does not answer";
  host_.log(SONDE_LOG_WARN, "DNS server " + server_.text + what + "; names it should know are missing");
}

bool Resolver::ask(Ticket ticket, const std::string& name, uint16_t type) {
  int64_t now = host_.now();
  auto query = std::make_unique<Query>(Query{this, ticket, now});
  pacer_.sent(now);
  channel_->local_error = channel_->no_way = 0;
  channel_->sent = false;
  if (due_ == 0) due_ = now + timeout_ + ms;
  ares_query(
      channel_->channel, name.c_str(), ns_c_in, type,
      [](void* arg, int status, int, unsigned char* data, int size) {
        std::unique_ptr<Query> done(static_cast<Query*>(arg));
        size_t length = data && size > 0 ? static_cast<size_t>(size) : 0;
        if (!done->resolver->channel_->closing) done->resolver->finish(*done, status, {data, length});
      },
      query.release());
  return channel_->sent;
}

void Resolver::finish(const Query& query, int status, std::span<const uint8_t> message) {
  int64_t now = host_.now();
  Reply reply;
  reply.message = message;
  switch (status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
      reply.kind = ReplyKind::answer;
      break;
    case ARES_ENOTFOUND:
      reply.kind = ReplyKind::nxdomain;
      break;
    case ARES_ETIMEOUT:
      reply.kind = ReplyKind::timeout;
      break;
    case ARES_ECONNREFUSED:
      reply.kind = channel_->local_error ? ReplyKind::shortage
                   : channel_->no_way    ? ReplyKind::no_way
                                         : ReplyKind::unreachable;
      reply.error = channel_->no_way;
      // They are of this query alone: others that fail in the same turn have causes of their own.
      channel_->local_error = channel_->no_way = 0;
      break;
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_EFORMERR:
    case ARES_ENOTIMP:
    case ARES_EBADRESP:
      reply.kind = ReplyKind::servfail;
      break;
    default:
      reply.kind = ReplyKind::failure;
  }
  bool answered = reply.kind == ReplyKind::answer || reply.kind == ReplyKind::nxdomain;
  if (answered) {
    failures_ = 0;
    down_until_ = 0;
    served_ = true;
    pacer_.answered(query.sent_at, now);
  } else if (reply.kind == ReplyKind::shortage || reply.kind == ReplyKind::failure) {
    pacer_.withdrawn(query.sent_at);
  } else {
    trouble_ = reply.kind;
    reply.loss = pacer_.lost(query.sent_at, now);
    if (reply.loss == Loss::silence && ++failures_ >= failures_until_down) {
      down_until_ = now + down_for;
      complain();
    }
  }
  sink_.on_reply(query.ticket, reply);
}

void Resolver::on_io(int fd, uint32_t events) {
  bool read = events & (SONDE_IO_READ | SONDE_IO_ERROR), write = events & (SONDE_IO_WRITE | SONDE_IO_ERROR);
  channel_->local_error = channel_->no_way = 0;
  ares_process_fd(channel_->channel, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
  set_due();
}

void Resolver::on_time() {
  // Copied: processing may open and close sockets.
  std::vector<Channel::Socket> open = channel_->sockets;
  channel_->local_error = channel_->no_way = 0;
  for (const auto& socket : open) {
    bool still = std::any_of(channel_->sockets.begin(), channel_->sockets.end(),
                             [&](const Channel::Socket& s) { return s.watch == socket.watch; });
    if (still) ares_process_fd(channel_->channel, socket.fd, ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  due_ = 0;
  set_due();
}

// c-ares looks through all open queries to tell when the next one is due; asked only when the last due time has passed.
void Resolver::set_due() {
  if (pacer_.in_flight() == 0) due_ = 0;
  if (pacer_.in_flight() == 0 || due_ != 0) return;
  timeval left{};
  if (ares_timeout(channel_->channel, nullptr, &left) == nullptr) return;
  due_ = host_.now() + static_cast<int64_t>(left.tv_sec) * second + static_cast<int64_t>(left.tv_usec) * 1000 + ms;
}

}  // namespace sonde::rdns
