/// Numbers in the query of a request. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "gateway/problem.hpp"
#include "gateway/target.hpp"

namespace holdfast::gateway {

struct NumberRange {
  int least = 1;
  int most = 1;
  int fallback = 1;  ///< When the query does not have it.
};

/// What is wrong is added to `errors`; the fallback is answered then.
[[nodiscard]] int query_number(const Target& target, std::string_view name, NumberRange range,
                               std::vector<FieldError>& errors);

}  // namespace holdfast::gateway
