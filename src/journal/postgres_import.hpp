/// Runs that come from a local journal, on PostgreSQL: what to read, and what to write then. Pure.
#pragma once

#include "journal/postgres_transactions.hpp"

namespace holdfast::journal {

/// Locks the run, and reads its entries after the base.
[[nodiscard]] std::vector<PostgresCommand> reads_for_import(const Import& local);

struct ImportPlan {
  ReplayVerdict verdict;
  std::vector<PostgresCommand> commands;  ///< Empty unless imported.
};

/// `read` is what reads_for_import returned.
[[nodiscard]] Result<ImportPlan> plan_import(const PostgresTransactions::Results& read, const Import& local);

}  // namespace holdfast::journal
