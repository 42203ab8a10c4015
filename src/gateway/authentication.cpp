#include "gateway/authentication.hpp"

namespace holdfast::gateway {

Result<Subject> authenticate(const Request&) { return Subject{"local"}; }

}  // namespace holdfast::gateway
