#include "base/run_id.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

constexpr std::size_t kTextLength = 36;

constexpr bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }
constexpr bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

Result<RunId> RunId::parse(std::string_view text) {
  bool valid = text.size() == kTextLength;
  for (std::size_t i = 0; valid && i < text.size(); ++i) {
    valid = is_dash_position(i) ? text[i] == '-' : is_hex(text[i]);
  }
  if (!valid) {
    return fail(ErrorCode::invalid_argument,
                "a run id is a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057; make one with crypto.randomUUID() or "
                "uuidgen");
  }
  return RunId(to_lower_ascii(text));
}

RunId RunId::make() {
  thread_local boost::uuids::random_generator random;
  auto uuid = random();
  const auto milliseconds = static_cast<std::uint64_t>(system_clock().wall());
  for (std::size_t i = 0; i < 6; ++i) {
    uuid.data[i] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - i)));
  }
  uuid.data[6] = static_cast<std::uint8_t>(0x70U | (uuid.data[6] & 0x0FU));
  return RunId(boost::uuids::to_string(uuid));
}

}  // namespace holdfast
