#include "runs/flights.hpp"

#include <algorithm>
#include <utility>

#include "runs/live_run.hpp"

namespace holdfast::runs {

bool Flights::begin(const governor::ResultKey& key, const RunId& leader) {
  return by_key_.try_emplace(key, Flight{leader, {}}).second;
}

bool Flights::follow(const governor::ResultKey& key, RunPtr run) {
  const auto flight = by_key_.find(key);
  if (flight == by_key_.end()) return false;
  key_of_.emplace(run->run->id, key);
  flight->second.followers.push_back(std::move(run));
  return true;
}

std::vector<Flights::RunPtr> Flights::land(const governor::ResultKey& key, const RunId& leader) {
  const auto flight = by_key_.find(key);
  if (flight == by_key_.end() || flight->second.leader != leader) return {};
  std::vector<RunPtr> followers(flight->second.followers.begin(), flight->second.followers.end());
  by_key_.erase(flight);
  for (const auto& follower : followers) key_of_.erase(follower->run->id);
  return followers;
}

bool Flights::remove(const RunId& follower) {
  const auto key = key_of_.find(follower);
  if (key == key_of_.end()) return false;
  std::erase_if(by_key_.at(key->second).followers, [&](const auto& run) { return run->run->id == follower; });
  key_of_.erase(key);
  return true;
}

std::optional<RunId> Flights::leader_of(const RunId& follower) const {
  const auto key = key_of_.find(follower);
  if (key == key_of_.end()) return std::nullopt;
  return by_key_.at(key->second).leader;
}

std::size_t Flights::waiting_of(const std::string& owner) const {
  const auto all = waiting();
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](const auto& run) { return run->run->owner == owner; }));
}

std::vector<Flights::RunPtr> Flights::waiting() const {
  std::vector<RunPtr> all;
  for (const auto& [key, flight] : by_key_) all.insert(all.end(), flight.followers.begin(), flight.followers.end());
  return all;
}

}  // namespace holdfast::runs
