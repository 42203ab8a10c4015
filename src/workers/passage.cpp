#include "workers/passage.hpp"

#include "workers/worker_life.hpp"

namespace holdfast::workers {

Passage::Passage(std::shared_ptr<WorkerLife> life) : life_(std::move(life)) { life_->enter(); }

Passage::~Passage() {
  if (life_) life_->leave();
}

std::string Passage::describe() const { return life_->describe(); }

std::optional<WorkerSocket> Passage::reuse() { return life_->idle_connections().take(system_clock().steady()); }

awaitable<Result<void>> Passage::connect(WorkerSocket* socket) { return connect_worker(socket, life_->address()); }

void Passage::keep(WorkerSocket socket) {
  // A server that serves one connection at a time would not see the run that is to come.
  if (!life_->is_idle()) return;
  life_->idle_connections().keep(std::move(socket), system_clock().steady());
}

}  // namespace holdfast::workers
