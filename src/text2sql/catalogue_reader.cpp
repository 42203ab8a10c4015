#include "text2sql/catalogue_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

std::string text_of(const json::value& cell) {
  const auto* text = cell.if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::string spaced(std::string_view name) {
  std::string label;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool after_lower = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (upper && after_lower) label += ' ';
    label += c == '_' || c == '-' ? ' ' : c;
  }
  return to_lower_ascii(trim(label));
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> out;
  for (const auto part : std::views::split(text, ',')) {
    const auto item = trim(std::string_view(part.begin(), part.end()));
    if (!item.empty()) out.emplace_back(item);
  }
  return out;
}

std::vector<Synonym> synonym_list(std::string_view text) {
  std::vector<Synonym> out;
  for (auto& item : comma_list(text)) {
    Synonym synonym{item, Extreme::none};
    if (item.ends_with(":max")) synonym.extreme = Extreme::max;
    if (item.ends_with(":min")) synonym.extreme = Extreme::min;
    if (synonym.extreme != Extreme::none) synonym.text.resize(item.size() - 4);
    out.push_back(std::move(synonym));
  }
  return out;
}

// SQLite's affinity rules, in three classes; nothing declared leaves it to the first value.
std::optional<ColumnType> declared_type(std::string_view declared) {
  const auto lower = to_lower_ascii(declared);
  auto has = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
  if (has("int") || has("bool")) return ColumnType::integer;
  if (has("char") || has("text") || has("clob") || has("date") || has("time")) return ColumnType::text;
  if (has("real") || has("floa") || has("doub") || has("num") || has("dec")) return ColumnType::real;
  return std::nullopt;
}

bool names_a_year(std::string_view label) {
  return label == "year" || label.ends_with(" year") || label.starts_with("year ");
}

class Reader {
 public:
  Reader(Database& database, const Clock& clock, const CatalogueBounds& bounds)
      : database_(database), bounds_(bounds), stop_(clock, clock.steady() + bounds.time) {}

  Result<Catalogue> read() {
    auto listed =
        rows(fmt::format("SELECT name FROM sqlite_master WHERE type IN ('table','view') AND name NOT LIKE "
                         "'sqlite\\_%' ESCAPE '\\' ORDER BY rowid LIMIT {}",
                         bounds_.tables + 10));
    if (!listed) return fail(std::move(listed), "read the list of tables");
    for (const auto& row : listed->rows) {
      const auto name = text_of(row[0]);
      if (name.starts_with("holdfast_")) continue;
      if (catalogue_.tables.size() == bounds_.tables) {
        catalogue_.complete = false;
        break;
      }
      read_table(name);
    }
    if (catalogue_.tables.empty())
      return fail(ErrorCode::failed_precondition, "the data file has no tables (see --data-file)");
    read_descriptions();
    for (auto& table : catalogue_.tables) read_contents(table);
    return std::move(catalogue_);
  }

 private:
  Result<Rows> rows(const std::string& sql) {
    return database_.query(sql, stop_, {.rows = bounds_.values_per_column + 1, .bytes = 4U << 20U});
  }

  void read_table(const std::string& name) {
    auto columns = rows(fmt::format("SELECT name, type, pk FROM pragma_table_info({}) LIMIT 200", quote_text(name)));
    if (!columns || columns->rows.empty()) {
      catalogue_.complete = false;
      return;
    }
    Table table;
    table.name = name;
    table.label = spaced(name);
    table.title = table.label;
    table.row_name = "row";
    for (const auto& row : columns->rows) {
      Column column;
      column.name = text_of(row[0]);
      column.label = spaced(column.name);
      const auto type = declared_type(text_of(row[1]));
      column.type = type ? *type : first_value_type(name, column.name);
      column.is_key = row[2].is_int64() && row[2].get_int64() > 0;
      table.columns.push_back(std::move(column));
    }
    catalogue_.tables.push_back(std::move(table));
  }

  ColumnType first_value_type(const std::string& table, const std::string& column) {
    const auto name = quote_identifier(column);
    auto first =
        rows(fmt::format("SELECT typeof({0}) FROM {1} WHERE {0} IS NOT NULL LIMIT 1", name, quote_identifier(table)));
    const auto type = first && !first->rows.empty() ? text_of(first->rows[0][0]) : std::string();
    if (type == "integer") return ColumnType::integer;
    return type == "real" ? ColumnType::real : ColumnType::text;
  }

  // The catalogue tables are optional, and so is each of their columns: what is missing reads as empty.
  std::vector<std::vector<std::string>> described(std::string_view from,
                                                  std::initializer_list<std::string_view> wanted) {
    std::vector<std::vector<std::string>> out;
    auto found = rows(fmt::format("SELECT * FROM {}", quote_identifier(from)));
    if (!found) return out;
    for (const auto& row : found->rows) {
      std::vector<std::string> cells;
      for (const auto name : wanted) {
        const auto at = std::ranges::find(found->columns, name);
        cells.push_back(
            at == found->columns.end() ? "" : text_of(row[static_cast<std::size_t>(at - found->columns.begin())]));
      }
      out.push_back(std::move(cells));
    }
    return out;
  }

  Table* table_named(std::string_view name) {
    const auto found = std::ranges::find(catalogue_.tables, name, &Table::name);
    return found == catalogue_.tables.end() ? nullptr : &*found;
  }

  void read_descriptions() {
    for (const auto& row :
         described("holdfast_tables", {"table_name", "title", "description", "source", "licence", "row_name", "row_key",
                                       "main_measure", "counts", "synonyms"})) {
      auto* table = table_named(row[0]);
      if (table == nullptr) continue;
      if (!row[1].empty()) table->title = row[1];
      table->description = row[2];
      table->source = row[3];
      table->licence = row[4];
      if (!row[5].empty()) table->row_name = row[5];
      if (!row[6].empty()) {
        for (auto& column : table->columns) column.is_key = false;
      }
      for (const auto& key : comma_list(row[6])) {
        if (const auto column = table->find_column(key)) table->columns[*column].is_key = true;
      }
      table->main_measure = table->find_column(row[7]);
      table->counts = row[8];
      table->synonyms = comma_list(row[9]);
    }
    for (const auto& row : described("holdfast_columns", {"table_name", "column_name", "description", "synonyms",
                                                          "unit", "fold", "without_year", "better"})) {
      auto* table = table_named(row[0]);
      const auto index = table == nullptr ? std::nullopt : table->find_column(row[1]);
      if (!index) continue;
      auto& column = table->columns[*index];
      column.description = row[2];
      column.synonyms = synonym_list(row[3]);
      column.unit = row[4];
      column.fold = row[5] == "sum" ? Fold::sum : row[5] == "avg" ? Fold::avg : Fold::none;
      column.without_year = row[6] == "latest" ? WithoutYear::latest : WithoutYear::all;
      column.better = row[7] == "high" ? Extreme::max : row[7] == "low" ? Extreme::min : Extreme::none;
    }
    for (const auto& row : described("holdfast_values", {"table_name", "column_name", "value", "synonyms"})) {
      auto* table = table_named(row[0]);
      const auto index = table == nullptr ? std::nullopt : table->find_column(row[1]);
      if (!index) continue;
      for (auto& synonym : comma_list(row[3])) {
        table->columns[*index].value_synonyms.push_back({row[2], std::move(synonym)});
      }
    }
    for (const auto& row : described("holdfast_examples", {"question"})) catalogue_.examples.push_back(row[0]);
  }

  void read_contents(Table& table) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      auto& column = table.columns[i];
      if (column.type == ColumnType::text) {
        read_values(table, column);
      } else if (!table.year && names_a_year(column.label)) {
        table.year = i;
      } else if (!table.month && column.label == "month") {
        table.month = i;
      }
    }
    if (table.year) read_years(table);
    table.has_key = std::ranges::any_of(table.columns, &Column::is_key);
    auto counted = rows(fmt::format("SELECT count(*) FROM {}", quote_identifier(table.name)));
    if (counted && !counted->rows.empty() && counted->rows[0][0].is_int64()) {
      table.row_count = counted->rows[0][0].get_int64();
    } else {
      catalogue_.complete = false;
    }
  }

  void read_values(const Table& table, Column& column) {
    if (values_ >= bounds_.values) {
      catalogue_.complete = false;
      return;
    }
    const auto name = quote_identifier(column.name);
    auto found = rows(fmt::format(
        "SELECT DISTINCT {0} FROM {1} WHERE typeof({0}) = 'text' AND length({0}) BETWEEN 1 AND {2} LIMIT {3}", name,
        quote_identifier(table.name), bounds_.value_bytes, bounds_.values_per_column + 1));
    if (!found || found->truncated || found->rows.size() > bounds_.values_per_column) {
      catalogue_.complete = false;
      return;
    }
    for (const auto& row : found->rows) column.values.push_back(text_of(row[0]));
    std::ranges::sort(column.values);
    values_ += column.values.size();
  }

  void read_years(Table& table) {
    const auto name = quote_identifier(table.columns[*table.year].name);
    auto found = rows(fmt::format("SELECT DISTINCT CAST({0} AS INTEGER) FROM {1} WHERE {0} IS NOT NULL ORDER BY 1",
                                  name, quote_identifier(table.name)));
    if (!found) {
      catalogue_.complete = false;
      return;
    }
    for (const auto& row : found->rows) {
      if (row[0].is_int64()) table.years.push_back(row[0].get_int64());
    }
  }

  Database& database_;
  const CatalogueBounds& bounds_;
  DeadlineCheck stop_;
  Catalogue catalogue_;
  std::size_t values_ = 0;
};

}  // namespace

Result<Catalogue> read_catalogue(Database& database, const Clock& clock, const CatalogueBounds& bounds) {
  return Reader(database, clock, bounds).read();
}

}  // namespace holdfast::text2sql
