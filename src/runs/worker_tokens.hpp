/// Worker tokens: what lets a worker act for the user of its run, on the thread of that run alone and only while the
/// attempt lasts. So an attempt that was written off cannot write any more either.
///
/// Ownership: one for the process; a Hold is the token of one attempt, and destroying it revokes the token. It may not
/// outlive the WorkerTokens. Runs on: supervisor strand.
/// Invariant: a token is compared in a time that does not depend on where it differs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holdfast::runs {

class WorkerTokens {
 public:
  /// How every token begins, so that it is told from a user's own.
  static constexpr std::string_view kPrefix = "hfw_";

  struct Grant {
    std::string owner;
    std::string thread_id;
  };

  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : tokens_(std::exchange(other.tokens_, nullptr)), token_(std::move(other.token_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold();

    /// Empty when nothing is held.
    [[nodiscard]] const std::string& token() const noexcept { return token_; }

   private:
    friend class WorkerTokens;
    Hold(WorkerTokens* tokens, std::string token) : tokens_(tokens), token_(std::move(token)) {}

    WorkerTokens* tokens_ = nullptr;
    std::string token_;
  };

  WorkerTokens() = default;
  WorkerTokens(const WorkerTokens&) = delete;
  WorkerTokens& operator=(const WorkerTokens&) = delete;

  [[nodiscard]] Hold issue(Grant grant);

  /// Null: nobody holds that token. Valid until the next issue() or revocation.
  [[nodiscard]] const Grant* find(std::string_view token) const;

  /// Where workers reach this server: "http://127.0.0.1:8000". Empty until it listens.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  void set_url(std::string url) { url_ = std::move(url); }

 private:
  struct Issued {
    std::string token;
    Grant grant;
  };

  std::unordered_map<std::string, Issued> issued_;  ///< By the part of the token that names it.
  std::string url_;
};

}  // namespace holdfast::runs
