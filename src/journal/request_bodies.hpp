/// Large bodies of requests as rows, the same on every database. Functions as in Store.
/// Runs on: the thread of the Store, may block.
#pragma once

#include <chrono>
#include <vector>

#include "journal/portable_sql.hpp"
#include "journal/record.hpp"

namespace holdfast::journal {

class RequestBodies {
 public:
  /// `sql` outlives it.
  explicit RequestBodies(PortableSql& sql) : sql_(sql) {}

  Result<void> put(const BodyPiece& piece);
  Result<std::string> piece(const std::string& body_id, std::int64_t number);
  Result<std::int64_t> drop(const std::string& body_id, int limit);
  Result<std::int64_t> trim(std::chrono::milliseconds age, int limit);

  Result<bool> contains(const std::string& body_id);
  Result<bool> any();
  /// The bodies of which there is something for this run.
  Result<std::vector<std::string>> of_run(const RunId& run);

 private:
  PortableSql& sql_;
};

}  // namespace holdfast::journal
