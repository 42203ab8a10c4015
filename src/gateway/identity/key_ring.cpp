#include "gateway/identity/key_ring.hpp"

#include "base/log.hpp"

namespace holdfast::gateway {

KeyRing::KeyRing(asio::any_io_executor executor, const Clock& clock, std::string location, KeyRingTimes times)
    : executor_(std::move(executor)),
      clock_(clock),
      location_(std::move(location)),
      times_(times),
      wanted_(executor_),
      loaded_(executor_) {}

Result<void> KeyRing::open() {
  if (location_.contains("://")) {
    auto address = parse_web_address(location_);
    if (!address) return fail(std::move(address));
    address_ = std::move(*address);
    return {};
  }
  auto text = read_changed_file();
  if (!text) return fail(std::move(text));
  auto keys = parse_key_set(text->value_or(""));
  if (!keys) return fail(std::move(keys), location_);
  take(std::move(keys));
  return {};
}

void KeyRing::start() {
  spawn(executor_, "keep keys fresh", [self = shared_from_this()] { return self->keep_fresh(); });
}

void KeyRing::stop() {
  stopped_ = true;
  wanted_.notify_all();
}

awaitable<void> KeyRing::keep_fresh() {
  while (!stopped_) {
    loading_ = true;
    co_await load();
    loading_ = false;
    loaded_at_ = clock_.steady();
    loaded_.notify_all();
    if (stopped_) break;
    const auto pause = !address_ ? times_.file_look : fresh_ ? times_.refresh : times_.retry;
    const auto wake = co_await wanted_.wait_until(*loaded_at_ + pause);
    if (wake == Wake::cancelled) break;
  }
}

awaitable<void> KeyRing::load() {
  if (!address_) {
    auto text = read_changed_file();
    if (!text) {
      take(fail(std::move(text)));
    } else if (*text) {
      take(parse_key_set(**text));
    }
    co_return;
  }
  auto text = co_await fetch();
  take(text ? parse_key_set(*text) : Result<KeySet>(std::unexpected(text.error())));
}

awaitable<Result<std::string>> KeyRing::fetch() {
  const auto deadline = clock_.steady() + times_.fetch_timeout;
  auto operation = https_get(*address_);
  co_return co_await with_deadline(std::move(operation), deadline);
}

// Absent: unchanged. A file that became unreadable is told once, because it then has another stamp or none.
Result<std::optional<std::string>> KeyRing::read_changed_file() {
  auto stamp = file_stamp(location_);
  if (stamp && *stamp == seen_) return std::nullopt;
  seen_ = FileStamp();
  auto file = read_small_file(location_, Privacy::any);
  if (!file) return fail(std::move(file));
  seen_ = file->stamp;
  return std::move(file->text);
}

void KeyRing::take(Result<KeySet> keys) {
  if (keys) {
    if (keys->size() != keys_.size() || !fresh_) log::info("gateway.keys_read", {{"keys", keys->size()}});
    keys_ = std::move(*keys);
    fresh_ = true;
    return;
  }
  if (stopped_) return;
  // Told when it begins; a provider that stays away would fill the log.
  if (fresh_ || !loaded_at_) {
    log::warning("gateway.keys_not_read",
                 {{"from", location_}, {"error", keys.error().message()}, {"keys_kept", keys_.size()}});
  }
  fresh_ = false;
}

awaitable<bool> KeyRing::renew() {
  if (stopped_) co_return false;
  if (!loading_) {
    const bool too_soon = address_ && loaded_at_ && clock_.steady() < *loaded_at_ + times_.least_gap;
    if (too_soon) co_return false;
    wanted_.notify_all();
  }
  const auto deadline = clock_.steady() + times_.fetch_timeout;
  const auto wake = co_await loaded_.wait_until(deadline);
  co_return wake == Wake::notified;
}

}  // namespace holdfast::gateway
