/// Responses that are no answer, as a Refused with the evidence in it. Pure.
#pragma once

#include <string_view>

#include "workers/worker_event.hpp"

namespace holdfast::workers {

/// A status that is not 2xx. `body` may have been cut at `kMaxKeptBody`.
[[nodiscard]] Refused refused_status(unsigned status, std::string_view reason, std::string_view body);

/// A 2xx whose content type says that it is not JSON.
[[nodiscard]] Refused refused_content_type(unsigned status, std::string_view content_type, std::string_view body);

/// A 2xx that claims to be JSON and is not; `problem` says where it breaks.
[[nodiscard]] Refused refused_json(unsigned status, std::string_view problem, std::string_view body);

}  // namespace holdfast::workers
