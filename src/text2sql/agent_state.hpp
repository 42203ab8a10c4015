/// All that an agent run knows, as one value that can be saved after every step and read back. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "text2sql/graph.hpp"
#include "text2sql/rows.hpp"

namespace holdfast::text2sql {

/// One query that was run, and what came of it: rows as text, or the failure.
struct TriedQuery {
  std::string sql;
  std::string result;
  friend bool operator==(const TriedQuery&, const TriedQuery&) = default;
};

struct AgentState {
  Step next = Step::rewrite;
  std::string prompt;    ///< As it was asked.
  std::string question;  ///< Standing alone.
  std::vector<std::string> tables;
  std::string schema;  ///< The chosen tables, described.
  std::string sql;
  std::vector<std::string> tables_read;  ///< By the latest query.
  std::optional<Rows> rows;              ///< Of the latest query, when it ran.
  std::string failure;                   ///< Why the latest query is no good; empty when it is.
  std::vector<TriedQuery> tried;
  int iteration = 0;     ///< How often SQL has been written.
  std::string declined;  ///< Why the question is not answered; empty when it is.
  std::vector<std::string> suggestions;
  std::string answer;
  std::vector<std::string> followups;

  [[nodiscard]] json::object to_json() const;
  /// Empty: not a state, or of another version. The run then starts over.
  static std::optional<AgentState> from_json(const json::value& value);

  friend bool operator==(const AgentState&, const AgentState&) = default;
};

}  // namespace holdfast::text2sql
