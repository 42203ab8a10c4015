/// Failure as a value: the one error type of the program.
///
/// `Result<T>` crosses every function and coroutine boundary. `error_code` lives only at leaf calls
/// of Asio and the system; exceptions are for defects. Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace holdfast {

/// What went wrong, as seen by whoever must decide what to do next. The set is closed and small:
/// add a value only when some caller would act differently on it. The names are stored and sent.
enum class ErrorCode : unsigned char {
  invalid_argument,  ///< The caller sent something malformed; repeating it cannot help.
  not_found,
  conflict,             ///< A concurrent writer won; re-read, then decide.
  failed_precondition,  ///< Valid request, wrong state; repeating it cannot help yet.
  resource_exhausted,   ///< Shed by admission or a limit; retry after backing off.
  deadline_exceeded,
  cancelled,    ///< We were asked to stop. Never logged above debug.
  unavailable,  ///< A peer or store cannot be reached; retry with backoff.
  data_loss,    ///< Stored or received bytes fail verification.
  internal,     ///< A defect of ours.
};

[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// The exit status of a command that ends with `code` (values of sysexits.h).
[[nodiscard]] int exit_status(ErrorCode code) noexcept;

/// Whether the same call may succeed later without anybody changing it.
[[nodiscard]] bool is_retryable(ErrorCode code) noexcept;

class Error {
 public:
  Error(ErrorCode code, std::string message, std::error_code cause = {})
      : code_(code), message_(std::move(message)), cause_(cause) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] std::error_code cause() const noexcept { return cause_; }

  /// Puts the failing operation in front: "open journal: disk I/O error".
  [[nodiscard]] Error in(std::string_view operation) &&;

 private:
  ErrorCode code_;
  std::string message_;
  std::error_code cause_;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::error_code cause = {}) {
  return std::unexpected(Error(code, std::move(message), cause));
}

/// A failed system call: "OPERATION: TEXT OF ERRNO".
[[nodiscard]] std::unexpected<Error> fail_errno(ErrorCode code, std::string_view operation, int error_number);

/// Re-raises the error of a failed result from a function of another result type, naming the
/// operation that failed. Call only after testing `!result`.
template <class T>
[[nodiscard]] std::unexpected<Error> fail(Result<T>&& result, std::string_view operation) {
  return std::unexpected(std::move(result).error().in(operation));
}

/// Re-raises as it is. Call only after testing `!result`.
template <class T>
[[nodiscard]] std::unexpected<Error> fail(Result<T>&& result) {
  return std::unexpected(std::move(result).error());
}

}  // namespace holdfast
