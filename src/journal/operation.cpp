#include "journal/operation.hpp"

namespace holdfast::journal {

OperationList::~OperationList() {
  while (!empty()) (void)pop();
}

void OperationList::push(Operation& operation) noexcept {
  operation.next_ = nullptr;
  (empty() ? first_ : last_->next_) = &operation;
  last_ = &operation;
  ++size_;
}

OperationList OperationList::take(std::size_t count) noexcept {
  if (count >= size_) return std::move(*this);
  OperationList taken;
  while (taken.size_ < count) {
    auto* operation = std::exchange(first_, first_->next_);
    --size_;
    taken.push(*operation);
  }
  return taken;
}

void OperationList::resume_all() {
  while (!empty()) {
    auto resume = pop();
    resume();
  }
}

std::move_only_function<void()> OperationList::pop() noexcept {
  auto* operation = std::exchange(first_, first_->next_);
  --size_;
  return std::move(operation->resume);
}

void OperationList::swap(OperationList& other) noexcept {
  std::swap(first_, other.first_);
  std::swap(last_, other.last_);
  std::swap(size_, other.size_);
}

}  // namespace holdfast::journal
