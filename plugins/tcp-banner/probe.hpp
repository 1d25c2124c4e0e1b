// The probe: a host is asked port by port over as many connections as sonde grants; each connection runs a Dialogue.
// probe.cpp walks the ports, connection.cpp carries what is said, secure_connection.cpp what is said inside TLS.
#pragma once
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connect_result.hpp"
#include "dialogue.hpp"
#include "options.hpp"
#include "pool.hpp"
#include "service_json.hpp"
#include "tls_session.hpp"

namespace sonde::tcp_banner {

/// One question: this port, in this manner, for the n-th time.
struct Question {
  uint16_t port = 0;
  First first = First::unknown;
  uint8_t attempt = 1;
  bool again = false;       ///< by TLS, on a port that is known to be open: HTTP had no answer there
  bool speaks_tls = false;  ///< ... but an alert
};

struct Connection;

/// A task: one host.
struct Host {
  uint64_t handle = 0;
  sonde_task task = 0;
  sonde_target target{};
  std::string name;                              ///< as the target was given; empty: by address
  const std::vector<uint16_t>* ports = nullptr;  ///< what is asked; `found`, or those of the options
  std::vector<uint16_t> found;
  std::size_t next_port = 0;
  std::vector<Question> later;    ///< what is asked after the ports had their turn
  std::vector<Connection*> live;  ///< dialled, pausing, or waiting for their turn
  OtherPorts others;
  std::string why_unasked;
  bool waits_for_turn = false, any_open = false, stale = false;
  unsigned shortages = 0;
  void reset();
};

struct Connection {
  enum class State : uint8_t { turn, pause, connecting, clear, tls_queue, handshake, tls };
  uint64_t handle = 0;
  Host* host = nullptr;
  Question question;
  State state = State::turn;
  sonde_conn wire{};
  uint32_t watched = 0;  ///< SONDE_IO_* asked for
  uint64_t timer = 0;
  int64_t ends_at = 0;  ///< `total` after the connect
  bool peer_closed = false, answered_hello = false;
  Dialogue dialogue;
  std::string outbox;
  std::unique_ptr<TlsSession> tls;
  std::unique_ptr<TlsSummary> tls_summary;
  void reset();
};

class TcpBanner {
 public:
  explicit TcpBanner(Context host);
  size_t start(std::span<const sonde_task> tasks);
  void on_io(uint64_t id, uint64_t user, uint32_t events);
  void on_timer(uint64_t id, uint64_t user);
  void cancel(Task task, uint64_t user, uint32_t why);

 private:
  // probe.cpp: the walk through the ports of a host
  bool choose_ports(Host&);  ///< false: there is nothing to ask
  bool next_question(Host&, Question&);
  void advance(Host&);               ///< dials while there is something to ask and a place for it; concludes
  void go_on(uint64_t host_handle);  ///< after each event
  void dial(Connection&);
  void shortage(Connection&);
  void settle(Connection&, ConnectResult);  ///< closed or silent
  void conclude(Host&);
  void fail(Task, sonde_err, const std::string& why);
  void put_others(Host&);
  void abandon(Host&);
  void give_back(Connection&, bool reset_wire);

  // connection.cpp: what happens on one connection. Each may have given it back when it returns.
  void handle_io(Connection&, uint32_t events);
  void handle_timer(Connection&);
  void connected(Connection&);
  void follow(Connection&, Step);
  void read_clear(Connection&);
  void send_request(Connection&);
  void flush(Connection&);
  void finish(Connection&);  ///< puts what was found
  void put_service(Host&, uint16_t port, const Service&, const TlsSummary*);
  void arm(Connection&, int64_t wait);
  void watch_for(Connection&, uint32_t events);

  // secure_connection.cpp: the same inside TLS
  void begin_tls(Connection&);
  void handle_hello_answer(Connection&, uint32_t events);
  void step_handshake(Connection&);
  void read_tls(Connection&);
  void leave_tls(Connection&);  ///< keeps the summary, frees the session and its place
  void serve_tls_queue();

  Context sonde_;
  Options options_;
  std::unique_ptr<TlsContext> tls_context_;
  Pool<Host> hosts_;
  Pool<Connection> connections_;
  sonde_task explained_ = 0;  ///< the task whose dial was refused last, with sonde's reason
  std::deque<uint64_t> tls_queue_;
  std::size_t tls_sessions_ = 0;
  std::vector<char> buffer_;
};

}  // namespace sonde::tcp_banner
