// One DNS server: a c-ares channel of its own on the host's event loop, asked once per call (retries are the probe's),
// and the pacer that knows how fast it may be asked.
#pragma once
#include <sonde/detail/context.hpp>

#include <memory>
#include <span>
#include <string>

#include "pacer.hpp"
#include "servers.hpp"

namespace sonde::rdns {

/// Names a lookup; a stale one is recognised by its generation.
struct Ticket {
  uint32_t slot = 0, generation = 0;
};

enum class ReplyKind : uint8_t {
  answer,  ///< NOERROR; the message may still hold no record that was asked for
  nxdomain,
  servfail,  ///< SERVFAIL, REFUSED, or a reply that makes no sense
  timeout,
  unreachable,  ///< the server's host said that nothing listens
  no_way,       ///< this machine has no route to the server or no address of its family, or may not send to it
  shortage,     ///< this machine lacks descriptors, ports or buffers now
  failure       ///< this machine or the library cannot ask
};

struct Reply {
  ReplyKind kind = ReplyKind::failure;
  std::span<const uint8_t> message;
  Loss loss = Loss::silence;  ///< of servfail, timeout, unreachable, no_way
  int error = 0;              ///< of no_way: the errno
};

/// Told of every reply. It must not destroy the resolver; it may not ask it either (c-ares is on the stack).
class ReplySink {
 public:
  virtual void on_reply(Ticket, const Reply&) = 0;

 protected:
  ~ReplySink() = default;
};

class Resolver {
 public:
  /// `user` marks this resolver's watches; the descriptor is in the lower half.
  Resolver(Context host, const Server& server, int64_t timeout, uint32_t index, ReplySink& sink);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  /// May call the sink before it returns. False: the question has not left this machine.
  bool ask(Ticket, const std::string& name, uint16_t type);
  void on_io(int fd, uint32_t events);
  /// Reads what has come, then expires what is due.
  void on_time();
  /// When on_time() is wanted; 0: nothing is open.
  int64_t due() const { return due_; }
  /// Has it failed so often in a row that another server should be asked first?
  bool down(int64_t now) const { return now < down_until_; }

  const Pacer& pacer() const { return pacer_; }
  const Server& server() const { return server_; }

  static uint32_t index_of(uint64_t user) { return static_cast<uint32_t>(user >> 32); }
  static int fd_of(uint64_t user) { return static_cast<int>(user & 0xffffffffu); }

 private:
  struct Channel;
  struct Query;
  void finish(const Query& query, int status, std::span<const uint8_t> message);
  void set_due();
  /// Once: that this server answers nobody.
  void complain();

  Context host_;
  Server server_;
  int64_t timeout_, due_ = 0, down_until_ = 0;
  uint32_t index_, failures_ = 0;
  bool warned_ = false, served_ = false;   ///< served: it has answered a question
  ReplyKind trouble_ = ReplyKind::answer;  ///< the last loss
  ReplySink& sink_;
  Pacer pacer_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace sonde::rdns
