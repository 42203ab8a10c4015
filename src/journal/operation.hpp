/// What the journal thread is asked to do: one write or one read, and how to go on with the coroutine
/// that asked.
///
/// Ownership: an Operation lives in the frame of the coroutine that awaits it, and `resume` owns that frame.
/// So a submitted operation needs no memory of its own; whoever holds it either calls `resume` or drops it,
/// once, and must not touch the operation after that.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

class WriteOperation;

class Operation {
 public:
  Operation() = default;
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Null for a read.
  [[nodiscard]] virtual WriteOperation* as_write() noexcept { return nullptr; }

  /// Answers a read. Runs on: journal thread, may block.
  virtual void serve(Store&) {}

  std::move_only_function<void()> resume;

 private:
  friend class OperationList;
  Operation* next_ = nullptr;
};

class WriteOperation final : public Operation {
 public:
  explicit WriteOperation(Write asked) : write(std::move(asked)) {}
  [[nodiscard]] WriteOperation* as_write() noexcept override { return this; }

  /// The answer, once resumed.
  [[nodiscard]] Result<Written> take_result() {
    HOLDFAST_CHECK(result.has_value(), "a write is resumed with its result");
    return std::move(*result);
  }

  Write write;
  std::optional<Result<Written>> result;
};

template <class Read>
class ReadOperation final : public Operation {
 public:
  using Answer = std::invoke_result_t<Read&, Store&>;

  explicit ReadOperation(Read read) : read_(std::move(read)) {}
  void serve(Store& store) override { result_.emplace(read_(store)); }

  /// The answer, once resumed.
  [[nodiscard]] Answer take_result() {
    HOLDFAST_CHECK(result_.has_value(), "a read is resumed with its result");
    return std::move(*result_);
  }

 private:
  Read read_;
  std::optional<Answer> result_;
};

/// Operations in the order in which they were submitted, linked through themselves. Destroying the list
/// drops them: their coroutines end without going on.
class OperationList {
 public:
  OperationList() = default;
  OperationList(OperationList&& other) noexcept { swap(other); }
  OperationList& operator=(OperationList&& other) noexcept {
    OperationList taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~OperationList();

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void push(Operation& operation) noexcept;

  /// Removes and returns the first `count` operations, or all when there are fewer.
  [[nodiscard]] OperationList take(std::size_t count) noexcept;

  template <class Visit>
  void for_each(Visit visit) {
    for (auto* operation = first_; operation != nullptr; operation = operation->next_) visit(*operation);
  }

  /// Goes on with each coroutine, here and now.
  void resume_all();

 private:
  [[nodiscard]] std::move_only_function<void()> pop() noexcept;
  void swap(OperationList& other) noexcept;

  Operation* first_ = nullptr;
  Operation* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace holdfast::journal
