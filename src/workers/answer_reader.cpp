#include "workers/answer_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "workers/attempt_request.hpp"
#include "workers/json_check.hpp"
#include "workers/refusal.hpp"

namespace holdfast::workers {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// "application/json; charset=utf-8" → "application/json".
std::string media_type(std::string_view content_type) {
  return to_lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
}

bool is_json(std::string_view type) { return type == "application/json" || type.ends_with("+json"); }

}  // namespace

/// The HTTP part. Body bytes go to the reader; an error there stops the parser and is kept in `problem`.
class AnswerReader::Parser final : public http::basic_parser<false> {
 public:
  explicit Parser(AnswerReader& reader) : reader_(reader) {
    eager(true);
    body_limit(boost::none);
  }

  unsigned status = 0;
  std::string reason;
  std::string content_type;
  std::string headers;  ///< Of a response that is kept as it comes.
  bool ends_by_close = false;
  std::optional<Error> problem;

 private:
  void keep(Result<void> taken, error_code& ec) {
    if (taken) return;
    problem = std::move(taken).error();
    ec = http::error::bad_field;  // Any error stops the parser; `problem` says what it is.
  }

  std::size_t keep_body(string_view body, error_code& ec) {
    keep(reader_.take_body(std::string_view(body.data(), body.size())), ec);
    return body.size();
  }

  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view text, int, error_code&) override {
    status = static_cast<unsigned>(code);
    reason = std::string_view(text.data(), text.size());
  }
  void on_field_impl(http::field field, string_view name, string_view value, error_code& ec) override {
    if (field == http::field::content_type) content_type = std::string_view(value.data(), value.size());
    if (!reader_.most_verbatim_ || is_header_done()) return;  // Trailers are dropped.
    const auto coding = to_lower_ascii(std::string_view(value.data(), value.size()));
    if (field == http::field::transfer_encoding && coding != "chunked") {
      return keep(fail(ErrorCode::data_loss, "sent a transfer coding that is not chunked"), ec);
    }
    headers.append(name.data(), name.size()).append(": ").append(value.data(), value.size()).append("\r\n");
  }
  void on_header_impl(error_code&) override {
    const auto type = media_type(content_type);
    if (status / 100 == 1) return;
    if (reader_.most_verbatim_) {
      reader_.mode_ = Mode::verbatim;
      reader_.take_head();
    } else if (status / 100 != 2) {
      reader_.mode_ = Mode::refusal;
    } else if (type == kEventStreamType) {
      reader_.mode_ = Mode::stream;
    } else {
      reader_.mode_ = type.empty() || is_json(type) ? Mode::plain : Mode::foreign;
    }
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    ends_by_close = !length && !chunked();
    // Growing step by step would touch twice the memory; reserved and unused pages cost nothing.
    if (length && reader_.mode_ == Mode::plain) reader_.text_.reserve(std::min<std::uint64_t>(*length, kMaxResponse));
  }
  std::size_t on_body_impl(string_view body, error_code& ec) override { return keep_body(body, ec); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    return keep_body(body, ec);
  }
  void on_finish_impl(error_code& ec) override {
    if (status / 100 != 1) keep(reader_.take_end(), ec);
  }

  AnswerReader& reader_;
};

AnswerReader::AnswerReader(std::optional<std::uint64_t> most_verbatim)
    : most_verbatim_(most_verbatim), parser_(std::make_unique<Parser>(*this)) {}
AnswerReader::~AnswerReader() = default;

bool AnswerReader::complete() const noexcept { return parser_->is_done(); }

std::optional<AnswerReader::Item> AnswerReader::next() {
  if (items_.empty()) return std::nullopt;
  auto item = std::move(items_.front());
  items_.pop_front();
  return item;
}

Result<void> AnswerReader::feed(std::string_view bytes) {
  if (complete()) return {};
  std::string joined;
  if (!unparsed_.empty()) {
    joined = std::exchange(unparsed_, {}) + std::string(bytes);
    bytes = joined;
  }
  auto parsed = parse(bytes);
  violated_ = !parsed;
  if (!parsed) return parsed;
  if (!complete()) unparsed_ = bytes;
  return {};
}

Result<void> AnswerReader::parse(std::string_view& bytes) {
  while (!bytes.empty()) {
    error_code ec;
    const auto taken = parser_->put(asio::const_buffer(bytes.data(), bytes.size()), ec);
    bytes.remove_prefix(taken);
    if (const auto& problem = parser_->problem) return std::unexpected(*problem);
    if (ec == http::error::need_more) return {};
    if (ec) return fail(ErrorCode::data_loss, fmt::format("sent what is not an HTTP response: {}", ec.message()));
    if (!parser_->is_done()) continue;
    if (parser_->status / 100 != 1) return {};
    // "100 Continue" and its like come before the response.
    parser_ = std::make_unique<Parser>(*this);
  }
  return {};
}

Result<void> AnswerReader::end() {
  if (complete()) return {};
  if (!parser_->got_some()) return fail(ErrorCode::data_loss, "closed the connection without an answer");
  error_code ec;
  parser_->put_eof(ec);
  if (const auto& problem = parser_->problem) return std::unexpected(*problem);
  if (ec) return fail(ErrorCode::data_loss, "closed the connection in the middle of its answer");
  return {};
}

Result<void> AnswerReader::take_body(std::string_view piece) {
  if (answered_) return {};
  received_ += piece.size();
  if (const auto most = most_verbatim_.value_or(kMaxResponse); received_ > most) {
    return fail(ErrorCode::data_loss, fmt::format("sent an answer of more than {} bytes{}", most,
                                                  most_verbatim_ ? " (worker.max_answer)" : ""));
  }
  if (mode_ == Mode::verbatim) {
    take_piece(piece);
    return {};
  }
  if (mode_ == Mode::stream) return take_lines(piece);
  if (mode_ != Mode::plain) piece = piece.substr(0, kMaxKeptBody - std::min(text_.size(), kMaxKeptBody));
  text_ += piece;
  return {};
}

void AnswerReader::take_head() {
  auto head = fmt::format("{} {}\r\n{}", parser_->status, parser_->reason, parser_->headers);
  items_.emplace_back(ResponseEvent{parser_->status, std::move(head)});
}

// Small chunks that came together are kept together.
void AnswerReader::take_piece(std::string_view piece) {
  auto* event = items_.empty() ? nullptr : std::get_if<WorkerEvent>(&items_.back());
  auto* last = event == nullptr ? nullptr : std::get_if<PieceEvent>(event);
  if (last != nullptr) {
    last->bytes += piece;
  } else if (!piece.empty()) {
    items_.emplace_back(PieceEvent{std::string(piece)});
  }
}

// What a summary of the response is kept as. Whoever sends it on reads its head and its pieces.
WorkerAnswer AnswerReader::verbatim_answer() const {
  const auto type = is_utf8(parser_->content_type) ? parser_->content_type : std::string();
  const auto summary =
      json::serialize(json::object{{"status", parser_->status}, {"content_type", type}, {"bytes", received_}});
  if (parser_->status < 400) return Answered{summary, parser_->ends_by_close};
  return Refused{"worker_status", fmt::format("the worker answered {}", parser_->status), summary, false};
}

Result<void> AnswerReader::take_lines(std::string_view piece) {
  while (!piece.empty() && !answered_) {
    const auto end = piece.find('\n');
    const auto part = piece.substr(0, end);
    if (text_.size() + part.size() > kMaxLine) {
      return fail(ErrorCode::data_loss, fmt::format("sent a line of more than {} bytes", kMaxLine));
    }
    if (end == std::string_view::npos) {
      text_ += part;
      return {};
    }
    piece.remove_prefix(end + 1);
    Result<void> taken;
    if (text_.empty()) {
      taken = take_line(part);
    } else {
      text_ += part;
      taken = take_line(std::exchange(text_, {}));
    }
    if (!taken) return taken;
  }
  return {};
}

Result<void> AnswerReader::take_line(std::string_view line) {
  const auto trimmed = trim(line);
  if (trimmed.empty()) return {};
  auto parsed = parse_worker_line(trimmed);
  if (!parsed) return fail(ErrorCode::data_loss, "broke the protocol: " + parsed.error().message());
  if (auto* event = std::get_if<WorkerEvent>(&*parsed)) items_.emplace_back(std::move(*event));
  if (auto* last = std::get_if<WorkerAnswer>(&*parsed)) answer(std::move(*last));
  return {};
}

Result<void> AnswerReader::take_end() {
  if (answered_) return {};
  if (mode_ == Mode::stream) {
    // The last line may lack its line end.
    auto taken = take_line(std::exchange(text_, {}));
    if (!taken) return taken;
    if (!answered_) return fail(ErrorCode::data_loss, "ended its stream without a result");
    return {};
  }
  if (mode_ == Mode::verbatim) {
    answer(verbatim_answer());
  } else if (mode_ == Mode::refusal) {
    answer(refused_status(parser_->status, parser_->reason, text_));
  } else if (mode_ == Mode::foreign) {
    answer(refused_content_type(parser_->status, parser_->content_type, text_));
  } else if (const auto checked = check_json(text_); !checked) {
    answer(refused_json(parser_->status, checked.error().message(), text_));
  } else {
    answer(Answered{std::exchange(text_, {})});
  }
  return {};
}

void AnswerReader::answer(WorkerAnswer last) {
  items_.emplace_back(std::move(last));
  answered_ = true;
}

}  // namespace holdfast::workers
