#include "journal/postgres_command.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "base/check.hpp"

namespace holdfast::journal {
namespace {

// Numbers of types in pg_type.dat; they never change.
constexpr unsigned kBytea = 17;
constexpr unsigned kText = 25;
constexpr unsigned kInt8 = 20;
constexpr unsigned kTextArray = 1009;
constexpr unsigned kInt8Array = 1016;

// Dimensions, whether there are NULLs, type of the elements, count, first index.
constexpr std::size_t kArrayHeader = 5 * sizeof(std::uint32_t);

template <class Number>
std::string in_network_order(Number number) {
  if constexpr (std::endian::native == std::endian::little) number = std::byteswap(number);
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

}  // namespace

PostgresArray::PostgresArray(Element element) : element_(element), bytes_(kArrayHeader, '\0') {}

void PostgresArray::add(std::string_view text) {
  HOLDFAST_CHECK(element_ == Element::text, "an array of texts holds texts");
  bytes_ += in_network_order(static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
  ++count_;
}

void PostgresArray::add(std::int64_t number) {
  HOLDFAST_CHECK(element_ == Element::integer, "an array of numbers holds numbers");
  bytes_ += in_network_order(static_cast<std::uint32_t>(sizeof number));
  bytes_ += in_network_order(static_cast<std::uint64_t>(number));
  ++count_;
}

void PostgresArray::add(const std::optional<std::int64_t>& number) { number ? add(*number) : add_null(); }

void PostgresArray::add_null() {
  bytes_ += in_network_order(~std::uint32_t{0});
  ++count_;
  has_null_ = true;
}

std::string PostgresArray::bytes() && {
  std::string header = in_network_order(std::uint32_t{1});
  header += in_network_order(std::uint32_t{has_null_ ? 1U : 0U});
  header += in_network_order(std::uint32_t{element_ == Element::text ? kText : kInt8});
  header += in_network_order(count_);
  header += in_network_order(std::uint32_t{1});
  bytes_.replace(0, kArrayHeader, header);
  return std::move(bytes_);
}

PostgresArray texts_of(const std::vector<RunId>& ids) {
  PostgresArray array(PostgresArray::Element::text);
  for (const auto& id : ids) array.add(id.text());
  return array;
}

PostgresCommand& PostgresCommand::bind(std::string_view text) {
  parameters_.push_back({kText, std::string(text)});
  return *this;
}

PostgresCommand& PostgresCommand::bind(std::int64_t number) {
  parameters_.push_back({kInt8, in_network_order(static_cast<std::uint64_t>(number))});
  return *this;
}

PostgresCommand& PostgresCommand::bind(const std::optional<std::int64_t>& number) {
  if (number) return bind(*number);
  parameters_.push_back({kInt8, std::nullopt});
  return *this;
}

PostgresCommand& PostgresCommand::bind(PostgresArray array) {
  const auto type = array.element() == PostgresArray::Element::text ? kTextArray : kInt8Array;
  parameters_.push_back({type, std::move(array).bytes()});
  return *this;
}

PostgresCommand& PostgresCommand::bind_bytes(std::string_view bytes) {
  parameters_.push_back({kBytea, std::string(bytes)});
  return *this;
}

}  // namespace holdfast::journal
