#include "gateway/allowance.hpp"

#include <algorithm>

namespace holdfast::gateway {
namespace {

using std::chrono::milliseconds;

// The earliest time at which one more turn fits, by one limit.
SteadyTime earliest(const std::deque<SteadyTime>& turns, int limit, milliseconds window, SteadyTime now) {
  const auto most = static_cast<std::size_t>(limit);
  if (limit == 0 || turns.size() < most) return now;
  return std::max(now, turns[turns.size() - most] + window);
}

int count_after(const std::deque<SteadyTime>& turns, SteadyTime begin) {
  return static_cast<int>(turns.end() - std::ranges::upper_bound(turns, begin));
}

}  // namespace

SteadyTime Allowance::horizon(SteadyTime now) const { return now - std::max(config_.window, config_.burst_window); }

std::variant<Permit, NoPermit> Allowance::book(std::string_view client, SteadyTime now) {
  if (config_.requests == 0 && config_.burst == 0) return Permit{now};
  auto& turns = turns_of(client, now);
  while (!turns.empty() && turns.front() <= horizon(now)) turns.pop_front();
  auto at = std::max(earliest(turns, config_.requests, config_.window, now),
                     earliest(turns, config_.burst, config_.burst_window, now));
  // First come, first served, also after a turn in between was given back.
  if (!turns.empty()) at = std::max(at, turns.back());
  if (at - now > config_.patience) return NoPermit{std::chrono::ceil<milliseconds>(at - now)};
  turns.push_back(at);
  return Permit{at};
}

void Allowance::give_back(std::string_view client, Permit turn) {
  const auto found = clients_.find(std::string(client));
  auto& turns = found == clients_.end() ? newcomers_ : found->second;
  const auto booked = std::ranges::lower_bound(turns, turn.at);
  if (booked != turns.end() && *booked == turn.at) turns.erase(booked);
}

AllowanceUse Allowance::use(std::string_view client, SteadyTime now) const {
  const auto& turns = known_turns(client);
  return {count_after(turns, now - config_.burst_window), count_after(turns, now - config_.window)};
}

void Allowance::forget_idle(SteadyTime now) {
  std::erase_if(clients_,
                [&](const auto& client) { return client.second.empty() || client.second.back() <= horizon(now); });
  while (!newcomers_.empty() && newcomers_.front() <= horizon(now)) newcomers_.pop_front();
}

std::size_t Allowance::active_clients(SteadyTime now) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      clients_, [&](const auto& client) { return !client.second.empty() && client.second.back() > horizon(now); }));
}

Allowance::Turns& Allowance::turns_of(std::string_view client, SteadyTime now) {
  std::string name(client);
  const auto found = clients_.find(name);
  if (found != clients_.end()) return found->second;
  if (clients_.size() >= config_.max_clients) forget_idle(now);
  if (clients_.size() >= config_.max_clients) return newcomers_;
  return clients_.emplace(std::move(name), newcomers_).first->second;
}

const Allowance::Turns& Allowance::known_turns(std::string_view client) const {
  const auto found = clients_.find(std::string(client));
  return found == clients_.end() ? newcomers_ : found->second;
}

}  // namespace holdfast::gateway
