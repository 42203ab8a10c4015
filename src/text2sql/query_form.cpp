#include "text2sql/query_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text2sql/database.hpp"

namespace holdfast::text2sql {
namespace {

std::string operand_sql(const Operand& operand) {
  if (const auto* text = std::get_if<std::string>(&operand)) return quote_text(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&operand)) return fmt::to_string(*integer);
  return fmt::to_string(std::get<double>(operand));
}

std::string name_sql(const QueryForm& form, std::size_t column) {
  return quote_identifier(form.table->columns[column].name);
}

std::string filter_sql(const std::string& name, const Filter& filter) {
  const auto first = operand_sql(filter.operands.front());
  switch (filter.comparison) {
    case Comparison::in: {
      if (filter.operands.size() == 1) return fmt::format("{} = {}", name, first);
      std::string list;
      for (const auto& operand : filter.operands) list += (list.empty() ? "" : ", ") + operand_sql(operand);
      return fmt::format("{} IN ({})", name, list);
    }
    case Comparison::less: return fmt::format("{} < {}", name, first);
    case Comparison::at_most: return fmt::format("{} <= {}", name, first);
    case Comparison::more: return fmt::format("{} > {}", name, first);
    case Comparison::at_least: return fmt::format("{} >= {}", name, first);
    case Comparison::between:
      return fmt::format("{} BETWEEN {} AND {}", name, first, operand_sql(filter.operands.back()));
  }
  std::unreachable();
}

bool needs_value(const QueryForm& form) {
  return form.measure && (form.by_measure || form.function == Function::avg || form.function == Function::sum ||
                          form.function == Function::count_distinct);
}

std::vector<std::string> conditions(const QueryForm& form) {
  std::vector<std::string> out;
  for (const auto& filter : form.filters) out.push_back(filter_sql(name_sql(form, filter.column), filter));
  if (needs_value(form)) out.push_back(name_sql(form, *form.measure) + " IS NOT NULL");
  // A group or a list entry without a name is not one.
  if (form.shape == Shape::groups || form.shape == Shape::distinct) {
    for (const auto column : form.columns) out.push_back(name_sql(form, column) + " IS NOT NULL");
  }
  return out;
}

std::string where(const std::vector<std::string>& conditions) {
  return conditions.empty() ? "" : fmt::format(" WHERE {}", fmt::join(conditions, " AND "));
}

std::string having(const QueryForm& form) {
  if (!form.having) return "";
  return " HAVING " + filter_sql(fmt::format("SUM({})", name_sql(form, form.having->column)), *form.having);
}

// Four decimals: more than the data carries, few enough to read.
std::string figure_sql(const QueryForm& form) {
  const auto name = form.measure ? name_sql(form, *form.measure) : "";
  const bool real = form.measure && form.table->columns[*form.measure].type == ColumnType::real;
  switch (form.function) {
    case Function::sum: return real ? fmt::format("ROUND(SUM({}), 4)", name) : fmt::format("SUM({})", name);
    case Function::avg: return fmt::format("ROUND(AVG({}), 4)", name);
    case Function::count_rows: return "COUNT(*)";
    case Function::count_distinct: return fmt::format("COUNT(DISTINCT {})", name);
    case Function::none: return name;
  }
  std::unreachable();
}

std::string column_list(const QueryForm& form) {
  std::string list;
  for (const auto column : form.columns) list += (list.empty() ? "" : ", ") + name_sql(form, column);
  return list;
}

// Columns decide ties, so that the same question gives the same rows.
std::string order_sql(const QueryForm& form) {
  std::string order;
  if (form.by_measure) {
    const auto by = form.shape == Shape::groups ? quote_identifier(figure_name(form)) : name_sql(form, *form.measure);
    order = by + (form.direction == Direction::descending ? " DESC" : " ASC");
  }
  for (const auto column : form.columns) {
    if (form.measure == column && form.by_measure) continue;
    order += (order.empty() ? "" : ", ") + name_sql(form, column);
  }
  return order.empty() ? "" : " ORDER BY " + order;
}

// How many groups meet the condition on their total, and how many rows these groups have.
std::string counted_groups_sql(const QueryForm& form, const std::string& from_where) {
  return fmt::format("SELECT COUNT(*) AS {0}, SUM({1}) AS {1} FROM (SELECT COUNT(*) AS {1}{2} GROUP BY {3}{4})",
                     quote_identifier(figure_name(form)), kRowsUsed, from_where, name_sql(form, *form.measure),
                     having(form));
}

}  // namespace

const Filter* QueryForm::filter_on(std::size_t column) const {
  const auto found = std::ranges::find(filters, column, &Filter::column);
  return found == filters.end() ? nullptr : &*found;
}

bool QueryForm::pins(std::size_t column) const {
  const auto* filter = filter_on(column);
  return filter != nullptr && filter->comparison == Comparison::in && filter->operands.size() == 1;
}

std::string figure_name(const QueryForm& form) {
  const std::string name = form.measure ? form.table->columns[*form.measure].name : "";
  switch (form.function) {
    case Function::sum: return "total_" + name;
    case Function::avg: return "average_" + name;
    case Function::count_rows: return "count";
    case Function::count_distinct: return "count_of_" + name;
    case Function::none: return name;
  }
  std::unreachable();
}

std::string render_sql(const QueryForm& form) {
  const auto from = " FROM " + quote_identifier(form.table->name);
  auto filters = conditions(form);
  std::string sql;
  switch (form.shape) {
    case Shape::figure:
      if (form.having) return counted_groups_sql(form, from + where(filters));
      return fmt::format("SELECT {} AS {}, COUNT(*) AS {}{}{}", figure_sql(form), quote_identifier(figure_name(form)),
                         kRowsUsed, from, where(filters));
    case Shape::groups:
      sql = fmt::format("SELECT {0}, {1} AS {2}, COUNT(*) AS {3}{4}{5} GROUP BY {0}{6}", column_list(form),
                        figure_sql(form), quote_identifier(figure_name(form)), kRowsUsed, from, where(filters),
                        having(form));
      break;
    case Shape::distinct: sql = fmt::format("SELECT DISTINCT {}{}{}", column_list(form), from, where(filters)); break;
    case Shape::rows:
      if (form.extreme_only) {
        const auto name = name_sql(form, *form.measure);
        const auto* end = form.direction == Direction::descending ? "MAX" : "MIN";
        filters.push_back(fmt::format("{0} = (SELECT {1}({0}){2}{3})", name, end, from, where(filters)));
      }
      sql = fmt::format("SELECT {}{}{}", column_list(form), from, where(filters));
      break;
  }
  sql += order_sql(form);
  if (form.limit) sql += fmt::format(" LIMIT {}", *form.limit);
  return sql;
}

}  // namespace holdfast::text2sql
