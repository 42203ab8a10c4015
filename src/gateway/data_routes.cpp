// What the built-in worker can be asked about. A worker of the user's own has its own routes for that.
#include <algorithm>

#include "base/text.hpp"
#include "gateway/json_text.hpp"
#include "gateway/query_values.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

constexpr NumberRange kPage{.least = 1, .most = 1'000'000, .fallback = 1};
constexpr NumberRange kPageSize{.least = 1, .most = 1'000, .fallback = 10};

Problem no_data_file() {
  return not_found("the catalogue belongs to the built-in worker, and this server works with another one");
}

bool mentions(const DataTable& table, std::string_view lower_words) {
  return to_lower_ascii(table.name).contains(lower_words) || to_lower_ascii(table.title).contains(lower_words) ||
         to_lower_ascii(table.description).contains(lower_words);
}

// The tables that the query's `q` finds; all without it.
std::vector<const DataTable*> found_tables(const Call& call) {
  const auto* sought = call.request().target.find_query("q");
  const auto words = to_lower_ascii(sought == nullptr ? std::string_view() : trim(*sought));
  std::vector<const DataTable*> found;
  for (const auto& table : *call.config().data_tables) {
    if (mentions(table, words)) found.push_back(&table);
  }
  return found;
}

std::string line_of(const DataTable& table, std::string_view key, std::string_view text) {
  return ObjectText().text("selection_code", table.name).text(key, text).take();
}

}  // namespace

awaitable<void> get_catalog(Call call) {
  std::vector<FieldError> errors;
  const auto& target = call.request().target;
  const int page = query_number(target, "page", kPage, errors);
  const int page_size = query_number(target, "page_size", kPageSize, errors);
  std::optional<Problem> problem;
  if (!errors.empty()) problem = invalid_shape(std::move(errors));
  if (!call.config().data_tables) problem = no_data_file();
  if (problem) {
    co_await send_problem(std::move(call), std::move(*problem));
    co_return;
  }
  const auto found = found_tables(call);
  const auto begin = std::min(found.size(), static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(page_size));
  const auto end = std::min(found.size(), begin + static_cast<std::size_t>(page_size));
  std::string list = "[";
  for (auto i = begin; i < end; ++i) {
    if (i > begin) list += ',';
    list += line_of(*found[i], "extended_description", found[i]->description);
  }
  list += ']';
  ObjectText out;
  out.raw("results", list).number("total", static_cast<std::int64_t>(found.size()));
  out.number("page", std::int64_t{page}).number("page_size", std::int64_t{page_size});
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_data_tables(Call call) {
  if (!call.config().data_tables) {
    auto problem = no_data_file();
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  std::string list = "[";
  for (const auto* table : found_tables(call)) {
    if (list.size() > 1) list += ',';
    list += line_of(*table, "short_description", table->title);
  }
  list += ']';
  auto response = json_response(200, ObjectText().raw("tables", list).take());
  co_await send_response(std::move(call), std::move(response));
}

awaitable<void> get_data_table(Call call) {
  const auto* name = call.request().target.find_query("table");
  std::optional<Problem> problem;
  if (name == nullptr) problem = invalid_shape({FieldError{{"query", "table"}, "this is required", "missing"}});
  if (!call.config().data_tables) problem = no_data_file();
  if (problem) {
    co_await send_problem(std::move(call), std::move(*problem));
    co_return;
  }
  const auto& tables = *call.config().data_tables;
  const auto found = std::ranges::find(tables, *name, &DataTable::name);
  if (found == tables.end()) {
    auto missing = not_found("there is no such table; GET /data-tables lists them");
    co_await send_problem(std::move(call), std::move(missing));
    co_return;
  }
  auto response = json_response(200, found->content);
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
