// The worker program, spoken to as the supervisor does and as nobody should.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/json.hpp"
#include "tests/support/temporary_directory.hpp"

extern char** environ;

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

pid_t spawn_worker(std::vector<std::string> arguments, const std::string& output) {
  arguments.insert(arguments.begin(), TEXT2SQL_PROGRAM);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, TEXT2SQL_PROGRAM, &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Socket {
 public:
  explicit Socket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void close_writing() const { ::shutdown(fd_, SHUT_WR); }
  // Up to `until` or the end.
  [[nodiscard]] std::string read_until(std::string_view until, milliseconds time = milliseconds(20'000)) const {
    std::string got;
    const auto end = Clock::now() + time;
    while (Clock::now() < end && (until.empty() || got.find(until) == std::string::npos)) {
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      char buffer[8192];
      const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      got.append(buffer, static_cast<std::size_t>(n));
    }
    return got;
  }

 private:
  int fd_;
  bool connected_ = false;
};

std::string post(const std::string& body, const std::string& headers = "") {
  return "POST /analyze HTTP/1.1\r\nHost: w\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

class WorkerProcessTest : public ::testing::Test {
 protected:
  void TearDown() override { stop(SIGKILL); }

  void start(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--socket", socket_, "--data-file", TEXT2SQL_DEMO_FILE, "--planner", "offline"});
    pid_ = spawn_worker(more, log_);
    const auto end = Clock::now() + std::chrono::seconds(20);
    while (!Socket(socket_).connected() && Clock::now() < end) std::this_thread::sleep_for(milliseconds(10));
    ASSERT_TRUE(Socket(socket_).connected()) << contents(log_);
  }
  int stop(int signal) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  [[nodiscard]] std::string talk(const std::string& bytes) const {
    const Socket socket(socket_);
    socket.send(bytes);
    return socket.read_until("");
  }
  void expect_working() const {
    EXPECT_NE(talk(post(R"({"prompt":"What was the life expectancy in Japan in 1995?"})")).find("80.24"),
              std::string::npos);
  }

  testing::TemporaryDirectory directory_;
  std::string socket_ = directory_ / "w.sock";
  std::string log_ = directory_ / "log";
  pid_t pid_ = -1;
};

TEST_F(WorkerProcessTest, ARunIsStreamedStepByStepAndEndsWithItsResult) {
  start();
  const auto answer = talk(post(R"({"prompt":"What was the life expectancy in Japan in 1995?","thread_id":"t"})"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.holdfast.events+ndjson\r\n"))
      << answer.substr(0, 200);
  for (const auto* part : {R"("type":"progress","step":"rewrite")", R"("type":"checkpoint","step":"execute")",
                           R"("type":"delta")", R"("type":"result")"}) {
    EXPECT_NE(answer.find(part), std::string::npos) << part;
  }
  EXPECT_TRUE(answer.ends_with("0\r\n\r\n"));
  struct stat status{};
  ASSERT_EQ(::stat(socket_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(WorkerProcessTest, BadRequestsAreRefusedAndWorkGoesOn) {
  start();
  EXPECT_TRUE(talk("garbage garbage\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(talk(std::string("\0\xff\x01\r\n\r\n", 7)).starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(talk("GET /analyze HTTP/1.1\r\nHost: w\r\n\r\n").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(talk("POST /other HTTP/1.1\r\nHost: w\r\nContent-Length: 0\r\n\r\n").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(
      talk("POST /analyze HTTP/1.1\r\nHost: w\r\nContent-Length: 99999999\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(
      talk("POST /analyze HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
  for (const std::string body : {"", "{", "[]", R"({"prompt":""})", R"({"prompt":7})", "{\"prompt\":\"\xff\"}"}) {
    EXPECT_TRUE(talk(post(body)).starts_with("HTTP/1.1 422")) << body;
  }
  EXPECT_TRUE(talk(post("{\"prompt\":\"" + std::string(10'001, 'x') + "\"}")).starts_with("HTTP/1.1 422"));
  EXPECT_NE(talk(post("{\"prompt\":\"" + std::string(10'000, 'x') + "\"}")).find(R"("answered":false)"),
            std::string::npos);
  expect_working();
}

TEST_F(WorkerProcessTest, HalfARequestDoesNotKeepTheNextOneWaiting) {
  start();
  {
    const Socket half(socket_);
    half.send("POST /analyze HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"pro");
    half.close_writing();
    EXPECT_EQ(half.read_until(""), "");
  }
  expect_working();
}

TEST_F(WorkerProcessTest, ARequestInManySmallPiecesIsRead) {
  start();
  const Socket socket(socket_);
  const auto request = post(R"({"prompt":"How many movies are there?"})");
  for (const char c : request) socket.send(std::string(1, c));
  EXPECT_NE(socket.read_until("").find("3,201"), std::string::npos);
}

TEST_F(WorkerProcessTest, ADeadlineEndsTheRunWithAnError) {
  start({"--step-delay", "200ms"});
  const auto answer = talk(post(R"({"prompt":"How many movies are there?"})", "Holdfast-Deadline-Ms: 300\r\n"));
  EXPECT_NE(answer.find(R"("code":"deadline_exceeded")"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("retryable":false)"), std::string::npos) << "another attempt has no more time";
}

TEST_F(WorkerProcessTest, AClosedConnectionFreesTheWorkerAtOnce) {
  start({"--step-delay", "10s"});
  const auto begin = Clock::now();
  {
    const Socket leaving(socket_);
    leaving.send(post(R"({"prompt":"How many movies are there?"})"));
    EXPECT_NE(leaving.read_until("rewrite").find("rewrite"), std::string::npos);
  }
  const Socket next(socket_);
  next.send(post(R"({"prompt":"How many movies are there?"})"));
  EXPECT_NE(next.read_until("rewrite").find("rewrite"), std::string::npos);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(9)) << "the first run would have taken 80 s";
}

TEST_F(WorkerProcessTest, SigtermEndsAnIdleWorkerCleanly) {
  start();
  const int status = stop(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(WorkerProcessTest, SigtermLetsAShortRunFinish) {
  start({"--step-delay", "50ms"});
  const Socket socket(socket_);
  socket.send(post(R"({"prompt":"How many movies are there?"})"));
  ASSERT_NE(socket.read_until("schema").find("schema"), std::string::npos);
  ::kill(pid_, SIGTERM);
  EXPECT_NE(socket.read_until("").find("3,201"), std::string::npos);
}

TEST_F(WorkerProcessTest, AStaleSocketIsReplacedButAFileIsNot) {
  start();
  stop(SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(socket_));
  start();
  expect_working();
  stop(SIGTERM);
  std::ofstream(socket_) << "mine";
  pid_ = spawn_worker({"--socket", socket_, "--data-file", TEXT2SQL_DEMO_FILE}, log_);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  EXPECT_NE(WEXITSTATUS(status), 0);
  EXPECT_EQ(contents(socket_), "mine");
}

TEST_F(WorkerProcessTest, AnUnusableDataFileIsNamed) {
  std::ofstream(directory_ / "empty.sqlite").close();
  std::ofstream(directory_ / "bad.sqlite") << std::string(5000, 'x');
  for (const auto& file : {directory_ / "missing.sqlite", directory_ / "empty.sqlite", directory_ / "bad.sqlite"}) {
    const auto pid = spawn_worker({"--ask", "How many?", "--data-file", file}, log_);
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_NE(WEXITSTATUS(status), 0);
    EXPECT_NE(contents(log_).find(file), std::string::npos) << contents(log_);
    EXPECT_NE(contents(log_).find("--data-file"), std::string::npos);
  }
}

TEST_F(WorkerProcessTest, AWorkerEndsWhenItsParentDoes) {
  const pid_t parent = ::fork();
  if (parent == 0) {
    const auto child = spawn_worker({"--socket", socket_, "--data-file", TEXT2SQL_DEMO_FILE}, log_);
    for (int i = 0; i < 2000 && !Socket(socket_).connected(); ++i) ::usleep(10'000);
    std::ofstream(directory_ / "pid") << child;
    ::_exit(0);
  }
  ::waitpid(parent, nullptr, 0);
  const auto worker = std::stoi(contents(directory_ / "pid"));
  const auto end = Clock::now() + std::chrono::seconds(15);
  // The socket is removed as the last act of an orderly end.
  while (std::filesystem::exists(socket_) && Clock::now() < end) std::this_thread::sleep_for(milliseconds(50));
  EXPECT_FALSE(std::filesystem::exists(socket_));
  if (std::filesystem::exists(socket_)) ::kill(worker, SIGKILL);
}

TEST_F(WorkerProcessTest, AnEmptyOrUnreadableQuestionIsRefusedFromTheShell) {
  for (const std::string question : {"", "  ", "\xff\xfe"}) {
    const auto pid = spawn_worker({"--ask", question, "--data-file", TEXT2SQL_DEMO_FILE}, log_);
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 64) << contents(log_);
  }
}

TEST_F(WorkerProcessTest, AskAnswersFromTheShell) {
  const auto pid = spawn_worker({"--ask", "What was the life expectancy in Japan in 1995?", "--data-file",
                                 TEXT2SQL_DEMO_FILE, "--planner", "offline"},
                                log_);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  for (const auto* part : {"80.24", "SQL: SELECT", "Ask next:"})
    EXPECT_NE(contents(log_).find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace holdfast
