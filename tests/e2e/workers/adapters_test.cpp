// Ordinary programs as workers, with the settings that they need.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/workers/worker_server.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Adapters : public WorkerServer {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }
};

// Listens where PORT says, is well after a while, and tells what it sees.
constexpr const char* kNodeServer = R"(
const started = Date.now();
require('http').createServer((request, response) => {
  if (request.url === '/healthz') return response.writeHead(Date.now() - started < 300 ? 503 : 200).end();
  console.error('served in ' + process.cwd());
  request.resume().on('end', () => response.writeHead(200, {'Content-Type': 'application/json'}).end(JSON.stringify({
    result: process.env.MODE, secret: process.env.DATABASE_URL || 'none', directory: process.cwd()})));
}).listen(process.env.PORT, '127.0.0.1');
)";

TEST_F(Adapters, NodeListensOnItsPortIsWaitedForAndHasItsOwnSurroundings) {
  const auto script = file("server.js", kNodeServer);
  ::setenv("DATABASE_URL", ("sqlite:" + directory_ / "j.sqlite").c_str(), 1);
  start("node " + script, {{"worker.listen", "port"},
                           {"worker.health_path", "/healthz"},
                           {"worker.directory", directory_.path()},
                           {"worker.environment.MODE", "a=b, c"},
                           {"log.format", "json"}});
  ::unsetenv("DATABASE_URL");
  const auto reply = ask("x");
  EXPECT_EQ(reply.status, 200) << reply.body << server_->log();
  EXPECT_THAT(reply.body, HasSubstr(R"("result":"a=b, c")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("secret":"none")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("directory":")" + directory_.path()));
  // Every line of the log is JSON, and the worker's tells its run.
  const auto log = log_with("served in ");
  std::size_t told = 0;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto object = parse_json_object(line);
    ASSERT_TRUE(object) << line;
    if (!line.contains("served in")) continue;
    ++told;
    EXPECT_EQ(find_string(*object, "event"), "workers.output");
    EXPECT_EQ(find_string(*object, "stream"), "stderr");
    EXPECT_EQ(find_string(*object, "run_id"), reply.header("Holdfast-Run-Id"));
  }
  EXPECT_EQ(told, 1U) << log;
}

TEST_F(Adapters, GunicornServesAFlaskLikeProgramUnderAnotherUser) {
  file("app.py",
       "import json, os\n"
       "def app(environ, start_response):\n"
       "    start_response('200 OK', [('Content-Type', 'application/json')])\n"
       "    return [json.dumps({'result': str(os.getuid()), 'home': os.environ.get('HOME')}).encode()]\n");
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
  Settings settings{{"worker.directory", directory_.path()}};
  if (::geteuid() == 0) settings["worker.user"] = "nobody";
  start("gunicorn --workers 1 --threads 4 --bind unix:{socket} app:app", settings);
  const auto reply = ask("x");
  EXPECT_EQ(reply.status, 200) << reply.body << server_->log();
  const auto user = ::geteuid() == 0 ? "65534" : std::to_string(::geteuid());
  EXPECT_THAT(reply.body, HasSubstr(R"("result":")" + user + "\"")) << server_->log();
}

TEST_F(Adapters, ACommandThatCannotKnowWhereToListenIsRefusedWithTheSettingToChange) {
  ServerOptions options;
  options.data_dir = directory_ / "data";
  options.worker = "node server.js";
  ServerProcess server(options);
  EXPECT_FALSE(server.wait_until_listening());
  EXPECT_THAT(server.log(), HasSubstr("set worker.listen = port"));
}

TEST_F(Adapters, AUserThatIsNoneIsRefused) {
  ServerOptions options;
  options.data_dir = directory_ / "data";
  options.worker = scripted("");
  options.arguments = {"--set", "worker.user=no-such-user"};
  ServerProcess server(options);
  EXPECT_FALSE(server.wait_until_listening());
  EXPECT_THAT(server.log(), HasSubstr("worker.user: there is no \"no-such-user\" on this machine"));
}

}  // namespace
}  // namespace holdfast::testing
