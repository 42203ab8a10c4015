#include "gateway/proxy/response_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace holdfast::gateway {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

// As for requests: a chunk header or a trailer longer than this is nobody's.
constexpr std::size_t kLongestChunkHeader = 4096;

std::string to_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

class ResponseParser::Impl final : public http::basic_parser<false> {
 public:
  explicit Impl(bool to_head) : to_head_(to_head) {
    header_limit(kMostHeader);
    body_limit(boost::none);
    eager(false);
    skip(to_head);
  }

  std::size_t feed(std::string_view bytes) {
    pieces_.clear();
    std::size_t used = 0;
    while (used < bytes.size() && !is_done() && !violation_) {
      const bool had_head = is_header_done();
      const auto rest = bytes.substr(used);
      error_code ec;
      used += put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
      if (ec == http::error::need_more) {
        if (had_head && bytes.size() - used > kLongestChunkHeader) refuse("sent a chunk header that is too long");
        break;
      }
      if (ec) {
        refuse("sent what is not well-formed HTTP: " + ec.message());
        break;
      }
      if (!had_head && is_header_done()) {
        check_head();
        break;
      }
    }
    return used;
  }

  bool end() {
    pieces_.clear();
    if (violation_ || !is_header_done()) return false;
    if (is_done()) return true;
    if (head_.body_end != BodyEnd::close) return false;
    error_code ec;
    put_eof(ec);
    return !ec;
  }

  ResponseHead head_;
  std::optional<std::string> violation_;
  std::vector<std::string_view> pieces_;

 private:
  void refuse(std::string what) {
    if (!violation_) violation_ = std::move(what);
  }

  void check_head() {
    const auto& headers = head_.headers;
    if (head_.status < 100) return refuse("sent a status that is none");
    const auto lengths = headers.count("Content-Length");
    if (lengths > 1) return refuse("sent two Content-Length headers");
    if (headers.contains("Transfer-Encoding")) {
      if (head_.version == HttpVersion::http_1_0) return refuse("sent Transfer-Encoding in HTTP/1.0");
      if (lengths > 0) return refuse("sent Transfer-Encoding and Content-Length in one response");
      if (!equal_ignoring_case(headers.joined("Transfer-Encoding"), "chunked")) {
        return refuse("sent a transfer coding that is not chunked");
      }
    }
    head_.body_end = body_end(lengths > 0);
  }

  [[nodiscard]] BodyEnd body_end(bool has_length) const {
    const bool bodiless = to_head_ || head_.status / 100 == 1 || head_.status == 204 || head_.status == 304;
    if (bodiless) return BodyEnd::none;
    if (chunked()) return BodyEnd::chunked;
    return has_length ? BodyEnd::length : BodyEnd::close;
  }

  std::size_t take(boost::beast::string_view body) {
    if (!body.empty()) pieces_.emplace_back(body.data(), body.size());
    return body.size();
  }

  void on_request_impl(http::verb, boost::beast::string_view, boost::beast::string_view, int, error_code&) override {}
  void on_response_impl(int status, boost::beast::string_view reason, int version, error_code&) override {
    head_.status = status;
    head_.reason = to_std(reason);
    head_.version = version == 10 ? HttpVersion::http_1_0 : HttpVersion::http_1_1;
  }
  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code&) override {
    if (!is_header_done()) head_.headers.add(to_std(name), to_std(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body, error_code&) override {
    return take(body);
  }
  void on_finish_impl(error_code&) override {}

  bool to_head_;
};

ResponseParser::ResponseParser(bool to_head) : impl_(std::make_unique<Impl>(to_head)) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

std::size_t ResponseParser::feed(std::string_view bytes) { return impl_->feed(bytes); }
bool ResponseParser::end() { return impl_->end(); }

ParseState ResponseParser::state() const noexcept {
  if (impl_->is_done()) return ParseState::complete;
  return impl_->is_header_done() ? ParseState::body : ParseState::head;
}

const std::optional<std::string>& ResponseParser::violation() const noexcept { return impl_->violation_; }
const ResponseHead& ResponseParser::head() const noexcept { return impl_->head_; }
bool ResponseParser::keep_alive() const noexcept { return impl_->keep_alive(); }
const std::vector<std::string_view>& ResponseParser::pieces() const noexcept { return impl_->pieces_; }

}  // namespace holdfast::gateway
