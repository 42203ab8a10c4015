/// How the journal's database is doing, as JSON: for the health routes and the console. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gateway/json_text.hpp"
#include "journal/journal.hpp"

namespace holdfast::gateway {

/// False: the store is a file, and has no connections.
[[nodiscard]] bool has_pool(const journal::StoreHealth::Connections& pool);

void add_connections(ObjectText& out, const journal::StoreHealth::Connections& pool);

/// `read_latency_ms`, null before the first read.
void add_latency(ObjectText& out, std::chrono::microseconds latency);

[[nodiscard]] std::string spill_json(const journal::StoreHealth::Spill& spill);

/// What is written goes to the database, and it answers.
[[nodiscard]] bool connected(const journal::JournalHealth& health);

/// healthy, degraded (a local journal stands in) or unhealthy (nothing can be written).
[[nodiscard]] std::string_view state_of(const journal::JournalHealth& health);

}  // namespace holdfast::gateway
