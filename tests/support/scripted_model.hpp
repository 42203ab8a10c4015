/// A real HTTP server on a loopback port that plays a language model: it answers each request with the next reply of a
/// script, good or bad.
///
/// Ownership: stops its thread and closes its sockets when destroyed. Runs on: a thread of its own; read the requests
/// only after the client is done.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::testing {

/// One reply, sent piece by piece; the connection is closed after the last.
struct ScriptedReply {
  struct Piece {
    std::string bytes;
    std::chrono::milliseconds pause_before{0};
  };
  std::vector<Piece> pieces;
  bool stall = false;  ///< Keep the connection open and silent at the end.
};

/// A streamed completion of `text`, a word at a time.
[[nodiscard]] ScriptedReply streamed(const std::string& text, std::chrono::milliseconds pause = {});
/// The same, closed before its end.
[[nodiscard]] ScriptedReply cut_stream(const std::string& text);
/// A completion in one JSON object, as servers without streaming give it.
[[nodiscard]] ScriptedReply whole(const std::string& text);
[[nodiscard]] ScriptedReply status_reply(int status, const std::string& headers = "", const std::string& body = "{}");
[[nodiscard]] ScriptedReply raw_reply(const std::string& content_type, const std::string& body);
[[nodiscard]] ScriptedReply silence();

class ScriptedModel {
 public:
  /// After the script is used up every request gets status 500.
  explicit ScriptedModel(std::vector<ScriptedReply> script);
  ~ScriptedModel();
  ScriptedModel(const ScriptedModel&) = delete;
  ScriptedModel& operator=(const ScriptedModel&) = delete;

  [[nodiscard]] std::string base_url() const;
  /// Whole requests, head and body, in order.
  [[nodiscard]] std::vector<std::string> requests();

 private:
  void serve(const std::stop_token& stop);
  void serve_one(int socket, const std::stop_token& stop);

  std::vector<ScriptedReply> script_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::jthread thread_;
};

}  // namespace holdfast::testing
