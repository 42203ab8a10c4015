/// The writes of one transaction, folded in memory, and the statements that store what came of them. Pure.
///
/// However many writes there are, they become at most four statements, each over arrays.
#pragma once

#include <map>

#include "journal/postgres_command.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

class PostgresBatch {
 public:
  /// `found`: the runs named by the writes, as far as they exist, locked.
  PostgresBatch(std::vector<Run> found, UnixMillis now);

  /// Folds one write; it sees the ones before it. not_found, conflict, invalid_argument: as in Store::commit.
  Result<Written> apply(const Write& write);

  /// Empty when nothing changed.
  [[nodiscard]] std::vector<PostgresCommand> commands() const;

  /// What others should know.
  [[nodiscard]] const Change& change() const noexcept { return change_; }

 private:
  enum class Origin : unsigned char { stored, accepted_now };
  struct State {
    Run run;
    Origin origin = Origin::stored;
    bool changed = false;
    bool stores_usage = false;  ///< Long texts that stay the same are not sent again.
    bool stores_error = false;
    bool stores_result = false;
  };
  using States = std::map<std::string, State>;  ///< In the order of ids, so that transactions lock in one order.

  Result<Written> accept(const Accept& accept);
  Result<Written> append(const Append& append);
  Result<Written> deliver(const Deliver& deliver);
  void note(State& state, Entry entry);

  [[nodiscard]] PostgresCommand insert_runs() const;
  [[nodiscard]] PostgresCommand update_runs() const;

  const UnixMillis now_;
  States states_;
  std::vector<std::pair<std::string, Entry>> entries_;
  std::map<std::string, Checkpoint> checkpoints_;
  Change change_;
  bool has_new_ = false;
  bool has_changed_ = false;
};

/// INSERT of entries, with their runs.
[[nodiscard]] PostgresCommand insert_of_entries(std::span<const std::pair<std::string, Entry>> entries);

/// INSERT or UPDATE of checkpoints.
[[nodiscard]] PostgresCommand put_of_checkpoints(const std::map<std::string, Checkpoint>& checkpoints);

}  // namespace holdfast::journal
