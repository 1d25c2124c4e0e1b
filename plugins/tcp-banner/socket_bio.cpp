// The BIO_METHOD: read, write, and the one control call that OpenSSL insists on (flush).
#include "socket_bio.hpp"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace sonde::tcp_banner {
namespace {

SocketEnd& end_of(BIO* bio) {
  return *static_cast<SocketEnd*>(BIO_get_data(bio));
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int read_socket(BIO* bio, char* out, int size) {
  SocketEnd& end = end_of(bio);
  BIO_clear_retry_flags(bio);
  if (end.allowance == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t want = std::min(static_cast<std::size_t>(size), end.allowance);
  const ssize_t n = ::recv(end.fd, out, want, MSG_DONTWAIT);
  if (n > 0) end.allowance -= static_cast<std::size_t>(n);
  if (n < 0 && would_block(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

int write_socket(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(end_of(bio).fd, data, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && would_block(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* method() {
  static BIO_METHOD* const shared = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "sonde connection");
    if (m != nullptr) {
      BIO_meth_set_read(m, read_socket);
      BIO_meth_set_write(m, write_socket);
      BIO_meth_set_ctrl(m, control);
    }
    return m;
  }();
  return shared;
}

}  // namespace

bio_st* new_socket_bio(SocketEnd& end) {
  BIO_METHOD* m = method();
  BIO* bio = m != nullptr ? BIO_new(m) : nullptr;
  if (bio != nullptr) {
    BIO_set_data(bio, &end);
    BIO_set_init(bio, 1);
  }
  return bio;
}

}  // namespace sonde::tcp_banner
