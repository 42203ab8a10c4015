// Sizes and bytes at the edge, and the invariants of record.hpp under many random writes.
#include <random>

#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;

TEST_P(StoreContract, APromptOfTenThousandCharactersComesBackWhole) {
  std::string prompt;
  for (int i = 0; i < 10'000; ++i) prompt += "\U0001F600";
  const auto id = RunId::make();
  write(new_run(id, "ann", "t1", prompt)).value();
  reopen();
  EXPECT_EQ(find(id).prompt, prompt);
  EXPECT_EQ(store_->threads("ann", 0, 1)->threads.at(0).title, prompt);
}

// Every ASCII character but NUL, and the first and last character of each length.
std::string all_kinds_of_characters() {
  std::string characters;
  for (char c = 1; c < 127; ++c) characters += c;
  return characters + "\x7F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF end";
}

TEST_P(StoreContract, EveryTextComesBackAsItWas) {
  const auto bytes = all_kinds_of_characters();
  const auto id = RunId::make();
  auto accept = new_run(id, "owner" + bytes, "th" + bytes, bytes);
  accept.run.request = bytes;
  accept.run.traceparent = bytes;
  accept.body = bytes;
  write(accept).value();
  auto start = start_of(id);
  start.checkpoint = Checkpoint{bytes, bytes};
  write(start).value();
  auto completion = completion_of(id, 1, bytes);
  completion.usage = bytes;
  write(completion).value();

  reopen();
  const auto run = find(id);
  EXPECT_EQ(run.owner, accept.run.owner);
  EXPECT_EQ(run.prompt, bytes);
  EXPECT_EQ(run.request, bytes);
  EXPECT_EQ(run.traceparent, bytes);
  EXPECT_EQ(run.result, bytes);
  EXPECT_EQ(run.usage, bytes);
  EXPECT_EQ(history(id).at(0).body, bytes);
  EXPECT_EQ(store_->checkpoint(id).value()->state, bytes);
  EXPECT_EQ(store_->thread_runs(accept.run.owner, accept.run.thread_id, 5)->size(), 1U);
}

TEST_P(StoreContract, ATextThatIsNotUtf8OrHoldsANulIsRefusedAloneBeforeTheBatchIsHurt) {
  const auto id = started();
  for (const auto& bad : {std::string("\0", 1), std::string("a\0b", 3), std::string("\x80"), std::string("\xC0\xAF"),
                          std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"), std::string("cut \xE2\x82")}) {
    auto in_prompt = new_run(RunId::make(), "ann", "t1", bad);
    auto in_body = progress_of(id, 1, bad);
    auto in_checkpoint = progress_of(id);
    in_checkpoint.checkpoint = Checkpoint{"step", bad};
    const auto good = RunId::make();
    const std::vector<Write> writes{in_prompt,      in_body, new_run(good), in_checkpoint, completion_of(id, 1, bad),
                                    progress_of(id)};
    const auto results = store_->commit(writes);
    for (const std::size_t refused : {0U, 1U, 3U, 4U}) {
      EXPECT_THAT(results.at(refused), FailsWith(ErrorCode::invalid_argument));
    }
    EXPECT_TRUE(results.at(2));
    EXPECT_TRUE(results.at(5)) << results.at(5).error().message();
    EXPECT_FALSE(store_->find(in_prompt.run.id).value());
    EXPECT_TRUE(store_->find(good).value());
    EXPECT_THAT(store_->rate(id, RatingChange{.comment = bad}), FailsWith(ErrorCode::invalid_argument));
  }
  EXPECT_EQ(history(id).size(), 9U);
}

TEST_P(StoreContractAlsoAway, AnAnswerOfFiveMegabytesComesBackWhole) {
  const auto id = started();
  std::string answer(5U << 20, 'a');
  for (std::size_t i = 0; i < answer.size(); i += 4096) answer[i] = static_cast<char>('b' + i / 4096 % 20);
  write(completion_of(id, 1, answer)).value();
  write(Deliver{id}).value();
  reopen();
  EXPECT_EQ(find(id).result, answer);
}

TEST_P(StoreContractAlsoAway, AThousandWritesFitIntoOneCommit) {
  std::vector<Write> writes;
  for (int i = 0; i < 500; ++i) {
    const auto id = RunId::make();
    writes.emplace_back(new_run(id));
    writes.emplace_back(start_of(id));
  }
  const auto results = store_->commit(writes);
  ASSERT_EQ(results.size(), 1000U);
  for (const auto& result : results) ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(store_->unfinished()->size(), 500U);
}

// The state that the entries of a run tell of.
struct Folded {
  RunStatus status = RunStatus::queued;
  int attempt = 0;
  int terminal_entries = 0;
  std::optional<UnixMillis> started_at;
  std::optional<UnixMillis> finished_at;
  std::optional<UnixMillis> delivered_at;
};

Folded fold(const std::vector<Entry>& entries) {
  Folded state;
  for (const auto& entry : entries) {
    state.attempt = entry.attempt;
    const auto terminal = parse_run_status(to_string(entry.kind));
    if (entry.kind == EntryKind::started) {
      state.status = RunStatus::running;
      state.started_at = entry.at;
    } else if (entry.kind == EntryKind::attempt_lost) {
      state.status = RunStatus::queued;
    } else if (entry.kind == EntryKind::delivered) {
      state.delivered_at = entry.at;
    } else if (terminal) {
      state.status = *terminal;
      state.finished_at = entry.at;
      ++state.terminal_entries;
    }
  }
  return state;
}

class RandomWrites {
 public:
  Write next() {
    const auto& id = ids_[pick(ids_.size())];
    const int attempt = static_cast<int>(pick(3));
    switch (pick(7)) {
      case 0: return new_run(id);
      case 1: return start_of(id, attempt);
      case 2: return progress_of(id, attempt);
      case 3: return loss_of(id, attempt);
      case 4: return completion_of(id, attempt);
      case 5: return cancellation_of_queued(id, attempt);
      default: return Deliver{id};
    }
  }
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  [[nodiscard]] const std::vector<RunId>& ids() const { return ids_; }

 private:
  std::mt19937 random_{20260101};
  std::vector<RunId> ids_ = [] {
    std::vector<RunId> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(RunId::make());
    return ids;
  }();
};

TEST_P(StoreContract, EveryRunIsTheFoldOfItsGaplessEntriesAfterRandomWrites) {
  RandomWrites random;
  std::size_t terminal_runs = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<Write> writes;
    const auto count = 1 + random.pick(60);
    for (std::size_t i = 0; i < count; ++i) writes.push_back(random.next());
    for (const auto& result : store_->commit(writes)) {
      if (!result)
        ASSERT_TRUE(result.error().code() == ErrorCode::conflict || result.error().code() == ErrorCode::not_found);
    }
    pass(std::chrono::milliseconds(7));
  }
  for (const auto& id : random.ids()) {
    const auto found = store_->find(id).value();
    const auto entries = history(id);
    if (!found) {
      EXPECT_TRUE(entries.empty());
      continue;
    }
    for (std::size_t i = 0; i < entries.size(); ++i) ASSERT_EQ(entries[i].seq, static_cast<std::int64_t>(i + 1));
    const auto state = fold(entries);
    EXPECT_EQ(found->last_seq, static_cast<std::int64_t>(entries.size()));
    EXPECT_EQ(found->status, state.status);
    EXPECT_EQ(found->attempt, state.attempt);
    EXPECT_EQ(found->started_at, state.started_at);
    EXPECT_EQ(found->finished_at, state.finished_at);
    EXPECT_EQ(found->delivered_at, state.delivered_at);
    EXPECT_EQ(found->created_at, entries.at(0).at);
    EXPECT_EQ(state.terminal_entries, is_terminal(found->status) ? 1 : 0);
    terminal_runs += is_terminal(found->status) ? 1 : 0;
  }
  EXPECT_GT(terminal_runs, 10U) << "the writes were meant to reach the end of many runs";
}

}  // namespace
}  // namespace holdfast::journal
