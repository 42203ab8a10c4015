#include "gateway/operations/consoles.hpp"

#include "gateway/json_text.hpp"
#include "gateway/sse.hpp"

namespace holdfast::gateway {
namespace {

std::string event_text(std::string_view type, std::string_view data) {
  std::string text;
  append_sse(text, {std::nullopt, type, data});
  return text;
}

std::string levels_json() {
  std::string list = "[";
  for (const double share : memory::LevelConfig().enter) {
    if (list.size() > 1) list += ',';
    list += std::to_string(share);
  }
  return list + ']';
}

}  // namespace

std::optional<Consoles::Seat> Consoles::take_seat(const Subject& subject) {
  const auto known = users_.find(subject.owner);
  const bool full = subject.admin ? admins_ >= kMostAdminConsoles
                                  : user_consoles_ >= kMostUserConsoles ||
                                        (known != users_.end() && known->second >= kMostConsolesOfUser);
  if (full) {
    ++refused_;
    return std::nullopt;
  }
  if (subject.admin) {
    ++admins_;
  } else {
    ++users_[subject.owner];
    ++user_consoles_;
  }
  count();
  return Seat(this, subject);
}

void Consoles::leave(const Subject& subject) {
  if (subject.admin) {
    --admins_;
  } else {
    const auto user = users_.find(subject.owner);
    if (--user->second == 0) users_.erase(user);
    --user_consoles_;
  }
  count();
}

void Consoles::count() { board_.set_consoles(admins_ + user_consoles_); }

OperationsStatus Consoles::status() const { return {admins_ + user_consoles_, merged_, refused_, board_.backlog()}; }

std::string Consoles::Seat::snapshot() {
  auto& board = consoles_->board_;
  const auto& services = consoles_->services_;
  board.refresh();
  ticks_ = board.ticks();
  version_ = board.version();
  samples_ = board.samples().end();
  marks_ = board.marks_end();
  ObjectText out;
  out.number("at", services.clock->wall()).boolean("admin", subject_.admin).text("subject", subject_.owner);
  out.text("version", services.config->version).number("started_at", services.started_wall);
  out.raw("topics", subject_.admin ? board.topics_since(0) : own_runs());
  if (!subject_.admin) return event_text("snapshot", out.take());
  out.text("instance", services.config->instance).raw("levels", levels_json());
  out.raw("samples", board.samples().json_since(0)).raw("marks", board.marks_since(0));
  return event_text("snapshot", out.raw("settings", settings_json(services.config->settings)).take());
}

std::string Consoles::Seat::changes() {
  auto& board = consoles_->board_;
  const auto behind = board.ticks() - std::exchange(ticks_, board.ticks());
  if (behind == 0) return {};
  if (behind > 1) consoles_->merged_ += behind - 1;
  const auto since = std::exchange(version_, board.version());
  ObjectText out;
  out.number("at", consoles_->services_.clock->wall());
  if (!subject_.admin) {
    auto told = std::exchange(told_, {});
    auto topics = own_runs();
    return told == told_ ? std::string() : event_text("change", out.raw("topics", topics).take());
  }
  const auto samples = std::exchange(samples_, board.samples().end());
  const auto marks = std::exchange(marks_, board.marks_end());
  out.raw("topics", board.topics_since(since)).raw("samples", board.samples().json_since(samples));
  return event_text("change", out.raw("marks", board.marks_since(marks)).take());
}

// Also keeps the text as what was told.
std::string Consoles::Seat::own_runs() {
  const auto& coordinator = *consoles_->services_.coordinator;
  ObjectText out;
  out.raw("runs", live_runs_json(coordinator, subject_.owner));
  out.raw("ended", ended_runs_json(coordinator, subject_.owner));
  told_ = out.take();
  return told_;
}

}  // namespace holdfast::gateway
