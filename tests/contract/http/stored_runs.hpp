/// Runs written into a journal file before a server opens it: of any owner, any age and any size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "journal/store.hpp"

namespace holdfast::testing {

/// The user of a server without authentication.
inline const std::string kLocal = "local";

/// "01890a5d-ac96-774b-bcce-0000000000NN": the ids sort as their numbers do.
[[nodiscard]] RunId numbered_id(int number);

struct StoredRun {
  RunId id;
  std::string owner = kLocal;
  std::string thread_id = "t1";
  std::string prompt = "How many?";
  std::string result = R"({"result":"42"})";
};

enum class Stored : unsigned char { completed, delivered };

/// Writes the runs into the journal `path`, with `at` as all their times; now when it is not given. A failure of the
/// test when it cannot.
void store_runs(const std::string& path, const std::vector<StoredRun>& runs, std::optional<UnixMillis> at = {},
                Stored how = Stored::completed);

}  // namespace holdfast::testing
