// The incidents of a SpillStore: noted in the local journal while the database is away, and moved from there
// afterwards.
//
// The id of an incident is its writer's, so nothing has to be known of what the database took unnoticed: it is noted
// again, and is there once.
#include <algorithm>
#include <limits>

#include "base/log.hpp"
#include "journal/spill_store.hpp"

namespace holdfast::journal {
namespace {

constexpr int kIncidentsPerStep = 256;

void keep_newest(std::vector<Incident>& incidents, std::vector<Incident> others, int limit) {
  const auto place = [](const Incident& incident) { return std::tie(incident.at, incident.id); };
  std::vector<Incident> all;
  std::ranges::set_union(incidents, others, std::back_inserter(all), std::ranges::greater(), place, place);
  const auto most = static_cast<std::size_t>(std::max(limit, 0));
  if (all.size() > most) all.erase(all.begin() + static_cast<std::ptrdiff_t>(most), all.end());
  incidents = std::move(all);
}

}  // namespace

Result<void> SpillStore::note_incidents(std::span<const Incident> incidents) {
  if (!database_.away()) {
    const auto asked_at = clock_.steady();
    auto noted = database_.current()->note_incidents(incidents);
    if (noted) database_.prove();
    if (noted || noted.error().code() != ErrorCode::unavailable) return noted;
    lose_database(noted.error(), asked_at);
  }
  for (const auto& incident : incidents) {
    if (auto valid = check_incident(incident); !valid) return valid;
  }
  pending_ = true;
  return file_->transaction([&]() -> Result<void> {
    if (auto noted = file_->incidents().note(incidents); !noted) return noted;
    // Nobody else trims this file, and an outage may be long. Age is for the database to judge.
    constexpr auto kOfAnyAge = std::numeric_limits<UnixMillis>::min();
    auto trimmed = file_->incidents().trim(kOfAnyAge, kMostIncidents, kIncidentsPerStep);
    if (!trimmed) return fail(std::move(trimmed));
    return {};
  });
}

Result<IncidentPage> SpillStore::incidents(const IncidentFilter& filter) {
  auto here = file_->incidents().list(filter);
  if (!here) return fail(std::move(here));
  auto there = database_.read([&](Store& store) { return store.incidents(filter); });
  if (!there && there.error().code() == ErrorCode::unavailable) return IncidentPage{std::move(*here), false};
  if (!there) return there;
  keep_newest(there->incidents, std::move(*here), filter.limit);
  return there;
}

Result<std::int64_t> SpillStore::trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) {
  return database_.write([&](Store& store) { return store.trim_incidents(age, keep, limit); });
}

bool SpillStore::move_incidents() {
  const auto asked_at = clock_.steady();
  auto local = file_->incidents().oldest(kIncidentsPerStep);
  if (local && local->empty()) return true;
  auto noted = local ? database_.current()->note_incidents(*local) : Result<void>();
  if (!noted && noted.error().code() == ErrorCode::unavailable) {
    lose_database(noted.error(), asked_at);
    return false;
  }
  if (!noted) {
    // They stay where they are, and runs must not wait for them.
    if (!std::exchange(told_incidents_left_, true)) {
      log::error("journal.incidents_left", {{"error", noted.error().message()}});
    }
    return true;
  }
  auto removed = local ? file_->transaction([&] { return file_->incidents().remove(*local); })
                       : Result<void>(std::unexpected(local.error()));
  if (!removed) {
    next_step_ = clock_.steady() + config_.retry_interval;
    return false;
  }
  database_.prove();
  return std::ssize(*local) < kIncidentsPerStep;
}

}  // namespace holdfast::journal
