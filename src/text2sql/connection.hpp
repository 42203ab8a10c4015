/// One connection of the supervisor: reads a request within a time limit, writes the answer in pieces.
///
/// Ownership: closes the socket. Runs on: the worker's one thread, blocks at most until the time given.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace holdfast::text2sql {

struct HttpRequest {
  std::string method;
  std::string target;
  std::string body;
  std::string deadline_ms;  ///< Header Holdfast-Deadline-Ms; empty when absent.
  std::string run_id;       ///< Header Holdfast-Run-Id; empty when absent.
};

/// Why a request was not read, as the status to answer with; 0: nobody is there to answer.
struct BadRequest {
  int status = 0;
  std::string message;
};

class Connection {
 public:
  Connection(FileDescriptor socket, const Clock& clock) : socket_(std::move(socket)), clock_(clock) {}

  std::expected<HttpRequest, BadRequest> read_request(SteadyTime deadline);

  /// A whole JSON response; closes afterwards.
  Result<void> write_json(int status, std::string_view body, SteadyTime deadline);

  /// The head of a chunked response, one chunk of it, and its end.
  Result<void> begin_stream(std::string_view content_type, SteadyTime deadline);
  Result<void> write_chunk(std::string_view bytes, SteadyTime deadline);
  Result<void> end_stream(SteadyTime deadline);

  /// Whether the other side has closed, or can no longer be reached.
  [[nodiscard]] bool peer_closed() const;

 private:
  Result<void> write_all(std::string_view bytes, SteadyTime deadline);
  [[nodiscard]] bool wait_for(short events, SteadyTime deadline) const;

  FileDescriptor socket_;
  const Clock& clock_;
};

}  // namespace holdfast::text2sql
