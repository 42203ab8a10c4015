#include "gateway/operations/board.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "gateway/incident_json.hpp"
#include "gateway/json_text.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::chrono::seconds kTick{1};
// The backlog is for alerts, which count in minutes.
constexpr std::chrono::seconds kBacklogEvery{5};
constexpr std::chrono::minutes kMarksOf{30};
// An incident may become durable a moment after a later one: look back this far for those that were missing.
constexpr std::chrono::seconds kLookBack{10};
constexpr int kIncidentsPerRead = 100;

}  // namespace

OperationsBoard::OperationsBoard(asio::any_io_executor executor, const Services& services)
    : executor_(std::move(executor)), services_(services), ticked_(executor_), opened_(executor_) {}

void OperationsBoard::set_consoles(std::size_t open) noexcept {
  if (open > std::exchange(facts_.consoles, open)) opened_.notify_all();
}

void OperationsBoard::start() {
  spawn(executor_, "sample operations", [this] { return tick_regularly(); });
  spawn(executor_, "read the backlog", [this] { return read_journal_regularly(); });
}

awaitable<void> OperationsBoard::tick_regularly() {
  auto next = services_.clock->steady();
  bool awake = true;
  while (awake) {
    tick();
    // After a pause, as of a suspended machine, it goes on from now.
    next = std::max(next + kTick, services_.clock->steady());
    awake = co_await sleep_until(next);
  }
}

void OperationsBoard::tick() {
  ++ticks_;
  const auto* view = services_.config->memory;
  if (view != nullptr) samples_.push(make_sample(services_.clock->wall(), *view, services_.coordinator->status()));
  if (facts_.consoles == 0) return;
  refresh();
  ticked_.notify_all();
}

void OperationsBoard::note_level() {
  const auto* view = services_.config->memory;
  if (view == nullptr || !view->last_change || level_changed_at_ == view->last_change->at) return;
  level_changed_at_ = view->last_change->at;
  const auto ago =
      std::chrono::duration_cast<std::chrono::milliseconds>(services_.clock->steady() - *level_changed_at_);
  facts_.level_since = services_.clock->wall() - ago.count();
}

void OperationsBoard::refresh() {
  note_level();
  auto texts = try_build("gateway.build_operations", [&] { return topic_texts(services_, facts_); });
  if (!texts) return;
  ++version_;
  for (std::size_t i = 0; i < kTopics.size(); ++i) {
    auto& topic = topics_.at(i);
    if (topic.changed > 0 && topic.text == texts->at(i)) continue;
    topic = {std::move(texts->at(i)), version_};
  }
}

std::string OperationsBoard::topics_since(std::uint64_t version) const {
  ObjectText out;
  for (std::size_t i = 0; i < kTopics.size(); ++i) {
    if (topics_.at(i).changed > version) out.raw(kTopics.at(i), topics_.at(i).text);
  }
  return out.take();
}

awaitable<void> OperationsBoard::read_journal_regularly() {
  auto backlog_due = services_.clock->steady();
  auto wake = Wake::deadline;
  while (wake != Wake::cancelled) {
    const auto now = services_.clock->steady();
    if (now >= backlog_due) {
      auto backlog = co_await services_.journal->backlog();
      facts_.backlog = backlog ? std::optional(*backlog) : std::nullopt;
      backlog_due = now + kBacklogEvery;
    }
    if (facts_.consoles > 0) co_await read_incidents();
    wake = co_await opened_.wait_until(now + kTick);
  }
}

awaitable<void> OperationsBoard::read_incidents() {
  journal::IncidentFilter filter;
  const auto now = services_.clock->wall();
  const UnixMillis oldest = now - std::chrono::milliseconds(kMarksOf).count();
  const UnixMillis seen = marks_.empty() ? 0 : marks_.back().at - std::chrono::milliseconds(kLookBack).count();
  filter.since = std::max(oldest, seen);
  filter.limit = kIncidentsPerRead;
  auto page = co_await services_.journal->incidents(std::move(filter));
  // A journal that cannot be read is told of by its own topic.
  if (!page) co_return;
  for (auto& incident : page->incidents | std::views::reverse) add_mark(std::move(incident));
}

void OperationsBoard::add_mark(journal::Incident incident) {
  if (std::ranges::find(marks_, incident.id, &journal::Incident::id) != marks_.end()) return;
  marks_.push_back(std::move(incident));
  ++marks_pushed_;
  if (marks_.size() > kMostMarks) marks_.pop_front();
}

std::string OperationsBoard::marks_since(std::uint64_t first) const {
  const auto oldest = marks_pushed_ - marks_.size();
  std::string list = "[";
  for (auto number = std::max(first, oldest); number < marks_pushed_; ++number) {
    if (list.size() > 1) list += ',';
    list += incident_json(marks_.at(number - oldest));
  }
  return list + ']';
}

}  // namespace holdfast::gateway
