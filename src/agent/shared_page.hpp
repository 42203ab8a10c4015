/// The page as the library sees it: mapped, claimed, written.
///
/// Owned by the one process that claimed it; a child of fork() writes nothing into it. Allocates nothing, keeps no
/// descriptor.
#pragma once

#include "agent/page_layout.hpp"

namespace holdfast::agent {

class SharedPage {
 public:
  /// Maps the file. False: it is not there or is no such page.
  bool map(const char* path);
  void unmap();

  /// Makes this process the owner, unless another one is and lives.
  bool claim();
  [[nodiscard]] bool is_owner() const;
  [[nodiscard]] uint32_t owner_pid() const { return static_cast<uint32_t>(self_); }

  [[nodiscard]] const Head& head() const { return *reinterpret_cast<const Head*>(base_); }

  /// Waits for a command other than `seen`, at most for `milliseconds`. The latest command.
  [[nodiscard]] uint32_t wait_for_command(uint32_t seen, uint32_t milliseconds) const;
  /// The command that was taken last.
  [[nodiscard]] uint32_t taken() const;
  /// True for one caller: this command is its to do.
  bool take(uint32_t command_word);

  void publish(const Figures& figures) { write(kFiguresAt, figures); }
  void answer(const Answer& answer) { write(kAnswerAt, answer); }

  /// Whether the script for Node runs in this process.
  [[nodiscard]] bool node_script_runs() const;

 private:
  template <class T>
  void write(size_t at, const T& contents);
  [[nodiscard]] CommandSlot& command() const { return *reinterpret_cast<CommandSlot*>(base_ + kCommandAt); }
  [[nodiscard]] Owner& owner() const { return *reinterpret_cast<Owner*>(base_ + kOwnerAt); }

  unsigned char* base_ = nullptr;
  uint64_t self_ = 0;
};

}  // namespace holdfast::agent
