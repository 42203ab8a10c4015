#include "tests/support/document_server.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/check.hpp"

namespace holdfast::testing {
namespace {

std::shared_ptr<X509> self_signed(EVP_PKEY* key, const std::string& name) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  auto* raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
  X509_set_pubkey(raw, key);
  auto* subject = X509_get_subject_name(raw);
  const auto* common_name = reinterpret_cast<const unsigned char*>("a test");
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(raw, subject);
  auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
  X509_add_ext(raw, names, -1);
  X509_EXTENSION_free(names);
  HOLDFAST_CHECK(X509_sign(raw, key, EVP_sha256()) > 0, "OpenSSL signs a certificate");
  return certificate;
}

std::string pem_of(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

}  // namespace

DocumentServer::DocumentServer(std::string document, const std::string& name) : DocumentServer(std::move(document)) {
  // OpenSSL writes to sockets whose other end is gone.
  std::signal(SIGPIPE, SIG_IGN);
  const std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const auto certificate = self_signed(key.get(), name);
  certificate_ = pem_of(certificate.get());
  const std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(tls.get(), certificate.get());
  SSL_CTX_use_PrivateKey(tls.get(), key.get());
  const std::scoped_lock lock(mutex_);
  tls_ = tls;
}

DocumentServer::DocumentServer(std::string document) : document_(std::move(document)) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  HOLDFAST_CHECK(::bind(fd_, generic, length) == 0 && ::listen(fd_, 16) == 0, "a free port on loopback");
  HOLDFAST_CHECK(::getsockname(fd_, generic, &length) == 0, "a bound socket has a name");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

DocumentServer::~DocumentServer() {
  ::shutdown(fd_, SHUT_RDWR);  // Wakes accept().
  thread_.join();
  ::close(fd_);
}

std::string DocumentServer::url() const {
  return fmt::format("{}://127.0.0.1:{}/keys", certificate_.empty() ? "http" : "https", port_);
}

void DocumentServer::serve(std::string document) {
  const std::scoped_lock lock(mutex_);
  document_ = std::move(document);
}

void DocumentServer::run() {
  while (true) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    if (tls_of_now()) {
      answer_over_tls(fd);
    } else {
      answer(fd);
    }
    ::close(fd);
  }
}

std::shared_ptr<SSL_CTX> DocumentServer::tls_of_now() const {
  const std::scoped_lock lock(mutex_);
  return tls_;
}

// What is sent for a request. Empty: nothing, the connection is cut.
std::string DocumentServer::next_answer() {
  const int status = status_;
  ++requests_;
  if (status == 0) return {};
  const std::scoped_lock lock(mutex_);
  return fmt::format(
      "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status,
      document_.size(), document_);
}

void DocumentServer::answer(int fd) {
  std::string head;
  std::array<char, 4096> piece;
  while (!head.contains("\r\n\r\n")) {
    const auto count = ::recv(fd, piece.data(), piece.size(), 0);
    if (count <= 0) return;
    head.append(piece.data(), static_cast<std::size_t>(count));
  }
  const auto text = next_answer();
  (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

// A client that does not like the certificate says so and leaves; that is no request.
void DocumentServer::answer_over_tls(int fd) {
  const std::shared_ptr<SSL> stream(SSL_new(tls_of_now().get()), SSL_free);
  SSL_set_fd(stream.get(), fd);
  if (SSL_accept(stream.get()) != 1) return;
  std::string head;
  std::array<char, 4096> piece;
  while (!head.contains("\r\n\r\n")) {
    const int count = SSL_read(stream.get(), piece.data(), static_cast<int>(piece.size()));
    if (count <= 0) return;
    head.append(piece.data(), static_cast<std::size_t>(count));
  }
  const auto text = next_answer();
  if (!text.empty()) SSL_write(stream.get(), text.data(), static_cast<int>(text.size()));
}

}  // namespace holdfast::testing
