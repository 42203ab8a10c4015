#include "gateway/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "gateway/header_values.hpp"

namespace holdfast::gateway {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

// A chunk header or a trailer longer than this is nothing a client of ours sends.
constexpr std::size_t kLongestChunkHeader = 4096;

// Whether the request line ends like one of another version of HTTP, and is not just anything.
bool names_a_version(std::string_view bytes) {
  const auto line = bytes.substr(0, bytes.find('\r'));
  const auto version = line.substr(line.rfind(' ') + 1);
  return version.size() >= 6 && version.starts_with("HTTP/") && version[5] >= '0' && version[5] <= '9';
}

// The path of a target that may be refused, for the problem document. One that is too long is left out.
std::string path_of(std::string_view target) {
  constexpr std::size_t kLongestShown = 1024;
  const auto path = target.substr(0, target.find('?'));
  return path.starts_with('/') && path.size() <= kLongestShown ? std::string(path) : std::string();
}

// The target of a head that was refused before its first line was read.
std::string_view target_in(std::string_view bytes) {
  const auto line = bytes.substr(0, bytes.find('\r'));
  const auto start = line.find(' ');
  if (start == std::string_view::npos) return {};
  const auto end = line.find(' ', start + 1);
  return end == std::string_view::npos ? std::string_view() : line.substr(start + 1, end - start - 1);
}

std::string to_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

class RequestParser::Impl final : public http::basic_parser<true> {
 public:
  Impl(const ParserLimits& limits, const StreamsBody* streams_body) : limits_(limits), decides_(streams_body) {
    header_limit(limits.header);
    // Set after the head.
    body_limit(boost::none);
    eager(false);
  }

  std::size_t feed(std::string_view bytes) {
    std::size_t used = 0;
    if (!got_some()) {
      // An empty line before a request is skipped (RFC 9112, section 2.2).
      while (bytes.substr(used).starts_with("\r\n")) used += 2;
      if (bytes.substr(used) == "\r") return used;
    }
    while (used < bytes.size() && !is_done() && !refusal_) {
      const bool had_head = is_header_done();
      const auto rest = bytes.substr(used);
      error_code ec;
      used += put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
      if (ec == http::error::need_more) {
        check_pending(bytes.substr(used));
        break;
      }
      if (ec) {
        refuse_error(ec, rest);
        break;
      }
      if (!had_head && is_header_done()) {
        check_head();
        break;
      }
    }
    return used;
  }

  ParserLimits limits_;
  Request request_;
  std::optional<Problem> refusal_;
  bool expects_continue_ = false;

 private:
  void refuse(Problem problem) {
    if (!refusal_) refusal_ = std::move(problem);
  }

  void refuse_too_large() {
    refuse(make_problem(413, "body-too-large", "The request body is too large",
                        "the body is larger than " + std::to_string(limits_.body) + " bytes (server.max_body)"));
  }

  void refuse_long_target() {
    refuse(make_problem(414, "target-too-long", "The request target is too long",
                        "the target is longer than " + std::to_string(limits_.target) + " bytes"));
  }

  void check_pending(std::string_view rest) {
    if (is_header_done() && rest.size() > kLongestChunkHeader) refuse(bad_request("a chunk header is too long"));
  }

  void refuse_error(const error_code& ec, std::string_view bytes) {
    if (request_.raw_target.empty()) request_.target.path = path_of(target_in(bytes));
    if (ec == http::error::body_limit) return refuse_too_large();
    if (ec == http::error::header_limit) {
      const bool in_first_line = request_.method.empty() && !bytes.substr(0, limits_.header).contains('\n');
      if (in_first_line) return refuse_long_target();
      return refuse(make_problem(431, "headers-too-large", "The request headers are too large",
                                 "the headers are larger than " + std::to_string(limits_.header) + " bytes"));
    }
    if (ec == http::error::bad_version && names_a_version(bytes)) {
      return refuse(
          make_problem(505, "http-version", "HTTP version not supported", "this server speaks HTTP/1.1 and HTTP/1.0"));
    }
    refuse(bad_request("the request is not well-formed HTTP: " + ec.message()));
  }

  void check_head() {
    const auto& headers = request_.headers;
    request_.id = request_id_for(headers.find("X-Request-Id"));
    request_.has_body = chunked() || content_length().has_value();
    if (request_.raw_target.size() > limits_.target) return refuse_long_target();
    const auto codings = headers.joined("Transfer-Encoding");
    if (!codings.empty()) {
      if (request_.version == HttpVersion::http_1_0) return refuse(bad_request("Transfer-Encoding in HTTP/1.0"));
      if (headers.contains("Content-Length")) {
        return refuse(bad_request("Transfer-Encoding and Content-Length in one request"));
      }
      if (!equal_ignoring_case(codings, "chunked")) {
        return refuse(make_problem(501, "transfer-encoding", "Transfer coding not supported",
                                   "the only transfer coding here is chunked"));
      }
    }
    const auto hosts = headers.count("Host");
    if (hosts > 1 || (hosts == 0 && request_.version == HttpVersion::http_1_1)) {
      return refuse(bad_request("a request has exactly one Host header"));
    }
    if (const auto expect = headers.find("Expect")) {
      if (!equal_ignoring_case(*expect, "100-continue")) {
        return refuse(
            make_problem(417, "expectation", "Expectation not supported", "the only expectation here is 100-continue"));
      }
      expects_continue_ = request_.version == HttpVersion::http_1_1 && !is_done();
    }
    // A method without a path (CONNECT, "OPTIONS *") is answered by its method.
    if (request_.raw_target.starts_with('/') || request_.raw_target.contains("://")) {
      auto target = gateway::parse_target(request_.raw_target);
      if (!target) return refuse(bad_request(target.error().message()));
      request_.target = std::move(*target);
    } else if (request_.method != "CONNECT") {
      return refuse(bad_request("the target must be a path that begins with /"));
    }
    limit_body();
  }

  void limit_body() {
    request_.streams_body = decides_ != nullptr && *decides_ && (*decides_)(request_);
    if (request_.streams_body) return;
    const auto length = content_length();
    if (length && *length > limits_.body) return refuse_too_large();
    body_limit(limits_.body);
  }

  void on_request_impl(http::verb, boost::beast::string_view method, boost::beast::string_view target, int version,
                       error_code&) override {
    request_.method = to_std(method);
    request_.raw_target = to_std(target);
    request_.target.path = path_of(request_.raw_target);
    request_.version = version == 10 ? HttpVersion::http_1_0 : HttpVersion::http_1_1;
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code&) override {
    // Trailers are dropped: nothing may be said after the checks were made.
    if (!is_header_done()) request_.headers.add(to_std(name), to_std(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body, error_code& ec) override {
    return on_body_impl(body, ec);
  }
  void on_finish_impl(error_code&) override {}

  const StreamsBody* decides_;
};

RequestParser::RequestParser(const ParserLimits& limits, const StreamsBody* streams_body)
    : impl_(std::make_unique<Impl>(limits, streams_body)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;

std::size_t RequestParser::feed(std::string_view bytes) { return impl_->feed(bytes); }

ParseState RequestParser::state() const noexcept {
  if (impl_->is_done()) return ParseState::complete;
  return impl_->is_header_done() ? ParseState::body : ParseState::head;
}

const std::optional<Problem>& RequestParser::refusal() const noexcept { return impl_->refusal_; }
bool RequestParser::expects_continue() const noexcept { return impl_->expects_continue_; }
bool RequestParser::keep_alive() const noexcept { return impl_->keep_alive(); }
Request& RequestParser::request() noexcept { return impl_->request_; }

}  // namespace holdfast::gateway
