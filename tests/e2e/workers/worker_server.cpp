#include "tests/e2e/workers/worker_server.hpp"

#include <thread>

namespace holdfast::testing {

using namespace std::chrono_literals;

void WorkerServer::start(const std::string& worker, const Settings& settings) {
  ServerOptions options;
  options.data_dir = directory_ / "data";
  options.worker = worker;
  auto all = settings;
  all.try_emplace("runs.max_concurrent", "1");
  for (const auto& [key, value] : all) {
    options.arguments.emplace_back("--set");
    options.arguments.push_back(key + "=" + value);
  }
  // Each test asks the same questions as the others.
  options.environment = {{"HOLDFAST_CACHE", "off"}};
  server_ = std::make_unique<ServerProcess>(options);
  ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
}

std::string WorkerServer::scripted(const std::string& flags) {
  return program("scripted_worker") + " --socket {socket} " + flags;
}

std::string WorkerServer::scripted_once(const std::string& flags) const {
  return scripted("--once " + directory_ / "once" + " " + flags);
}

HttpReply WorkerServer::ask(const std::string& prompt) {
  HttpClient client(server_->port(), 60s);
  return client.ask("POST", "/analyze", R"({"prompt":")" + prompt + R"(","thread_id":"t"})").value_or(HttpReply{});
}

void WorkerServer::submit(const std::string& run_id, const std::string& prompt) {
  const auto body = R"({"prompt":")" + prompt + R"(","thread_id":"t","run_id":")" + run_id + "\"}";
  EXPECT_EQ(http_post(server_->port(), "/analyze", body, {{"Prefer", "respond-async"}}).status, 202);
}

json::object WorkerServer::run_when(const std::string& run_id, const std::function<bool(const json::object&)>& ready) {
  json::object run;
  for (int tries = 0; tries < 1500; ++tries) {
    const auto reply = http_get(server_->port(), "/v1/runs/" + run_id);
    if (auto body = parse_json_object(reply.body)) run = std::move(*body);
    if (ready(run)) break;
    std::this_thread::sleep_for(20ms);
  }
  return run;
}

json::object WorkerServer::run_at_end(const std::string& run_id) {
  return run_when(run_id, [](const json::object& run) {
    const auto status = find_string(run, "status").value_or("");
    return status != "queued" && status != "running" && !status.empty();
  });
}

std::string WorkerServer::status_at_end(const std::string& run_id) {
  const auto run = run_at_end(run_id);
  return std::string(find_string(run, "status").value_or(""));
}

std::string WorkerServer::log_with(const std::string& text) const {
  auto log = server_->log();
  for (int tries = 0; tries < 1000 && !log.contains(text); ++tries) {
    std::this_thread::sleep_for(20ms);
    log = server_->log();
  }
  return log;
}

void WorkerServer::expect_that_work_goes_on() {
  const auto reply = ask("after all that");
  EXPECT_EQ(reply.status, 200) << reply.body << server_->log();
  const auto body = parse_json_object(reply.body);
  ASSERT_TRUE(body) << reply.body;
  EXPECT_EQ(find_string(*body, "result"), "after all that") << reply.body;
}

}  // namespace holdfast::testing
