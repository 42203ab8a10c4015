#include "runs/answer_cache.hpp"

#include <utility>

#include "base/json_members.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace holdfast::runs {
namespace {

constexpr std::size_t kIdLength = 36;

// The members that the key does not have by themselves, as they came.
std::string other_members(std::string_view request) {
  std::string others;
  for (const auto& member : split_members(request)) {
    if (member.key == "prompt" || member.key == "thread_id") continue;
    others += member.whole;
    others += ',';
  }
  return others;
}

// Of a worker that says so in its answer: it could not answer, or not this time.
bool says_that_it_failed(std::string_view result) {
  result = trim(result);
  if (!result.starts_with('{')) return false;
  const auto members = split_members(result);
  const auto error = find_member(members, "error");
  return find_member(members, "answered") == "false" || find_member(members, "analysis_completed") == "false" ||
         (!error.empty() && error != "null" && error != R"("")");
}

}  // namespace

SharedAnswer SharedAnswer::of(const journal::Run& run) {
  return SharedAnswer(std::make_shared<const std::string>(run.id.text() + run.result));
}

std::string SharedAnswer::from() const { return packed_->substr(0, kIdLength); }

std::string SharedAnswer::result() const { return packed_->substr(kIdLength); }

AnswerCache::AnswerCache(AnswerCacheConfig config) : config_(std::move(config)), entries_(config_.sizes) {
  if (!config_.off_because.empty() || !config_.read_data_version) return;
  auto version = config_.read_data_version();
  if (version) {
    data_version_ = std::move(*version);
  } else {
    config_.off_because = "what the answers are computed from cannot be read";
  }
}

// A change is for good: workers that were started before it may still answer from the old data.
bool AnswerCache::is_on() {
  if (!config_.off_because.empty()) return false;
  if (!config_.read_data_version || config_.read_data_version() == data_version_) return true;
  config_.off_because = "the data has changed since the server was started";
  entries_.shrink_to(Bytes());
  log::warning("runs.cache_off", {{"why", config_.off_because}, {"next", "restart the server to have it again"}});
  return false;
}

std::optional<governor::ResultKey> AnswerCache::key_of(const journal::Run& run) {
  if (!is_on()) return std::nullopt;
  const auto others = other_members(run.request);
  const auto version = data_version_ + '/' + std::to_string(cleared_);
  const auto scope = config_.for_everybody ? std::string() : "of " + run.owner;
  return governor::ResultKey::make(
      {.prompt = run.prompt, .route = run.route, .data_version = version, .user_scope = scope, .context = others});
}

std::optional<SharedAnswer> AnswerCache::find(const governor::ResultKey& key) {
  auto packed = entries_.find(key);
  if (!packed) return std::nullopt;
  return SharedAnswer(std::move(packed));
}

std::optional<SharedAnswer> AnswerCache::keep(const governor::ResultKey& key, const journal::Run& run) {
  if (key_of(run) != key || says_that_it_failed(run.result)) return std::nullopt;
  auto answer = SharedAnswer::of(run);
  entries_.put(key, answer.packed());
  return answer;
}

Cleared AnswerCache::clear() {
  Cleared cleared;
  cleared.entries = entries_.entries();
  cleared.bytes = entries_.shrink_to(Bytes());
  ++cleared_;
  return cleared;
}

AnswerCacheStatus AnswerCache::status() const {
  return {.off_because = config_.off_because,
          .counts = entries_.counts(),
          .shared = shared_,
          .entries = entries_.entries(),
          .bytes = entries_.bytes(),
          .budget = entries_.budget()};
}

}  // namespace holdfast::runs
