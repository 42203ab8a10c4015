#include "base/error.hpp"

#include <sysexits.h>

namespace holdfast {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::failed_precondition: return "failed_precondition";
    case ErrorCode::resource_exhausted: return "resource_exhausted";
    case ErrorCode::deadline_exceeded: return "deadline_exceeded";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::data_loss: return "data_loss";
    case ErrorCode::internal: return "internal";
  }
  std::unreachable();
}

int exit_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return EX_USAGE;
    case ErrorCode::not_found: return EX_NOINPUT;
    case ErrorCode::failed_precondition: return EX_DATAERR;
    case ErrorCode::conflict:
    case ErrorCode::resource_exhausted:
    case ErrorCode::deadline_exceeded: return EX_TEMPFAIL;
    case ErrorCode::cancelled: return 130;  // 128 + SIGINT, as shells report it.
    case ErrorCode::unavailable: return EX_UNAVAILABLE;
    case ErrorCode::data_loss: return EX_IOERR;
    case ErrorCode::internal: return EX_SOFTWARE;
  }
  std::unreachable();
}

bool is_retryable(ErrorCode code) noexcept {
  return code == ErrorCode::resource_exhausted || code == ErrorCode::deadline_exceeded ||
         code == ErrorCode::unavailable;
}

Error Error::in(std::string_view operation) && {
  message_.insert(0, ": ");
  message_.insert(0, operation);
  return std::move(*this);
}

std::unexpected<Error> fail_errno(ErrorCode code, std::string_view operation, int error_number) {
  const std::error_code cause(error_number, std::system_category());
  return fail(code, std::string(operation) + ": " + cause.message(), cause);
}

}  // namespace holdfast
