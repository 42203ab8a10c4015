#include "workers/command.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace holdfast::workers {
namespace {

/// What the shell makes of `text` as one argument.
std::string through_shell(const std::string& text) {
  FILE* shell = ::popen(("printf %s " + shell_word(text)).c_str(), "r");
  std::array<char, 256> buffer{};
  const auto size = std::fread(buffer.data(), 1, buffer.size(), shell);
  ::pclose(shell);
  return {buffer.data(), size};
}

class ShellWordTest : public testing::TestWithParam<std::string> {};

TEST_P(ShellWordTest, ReachesTheProgramUnchanged) { EXPECT_EQ(through_shell(GetParam()), GetParam()); }

INSTANTIATE_TEST_SUITE_P(Paths, ShellWordTest,
                         testing::Values("/tmp/h/w1-1.sock", "/tmp/with space/a", "/tmp/$(touch x)/a", "/tmp/`id`/a",
                                         "/tmp/it's/a", "/tmp/\"q\"/a", "/tmp/a;b&c|d", "/tmp/žluťoučký/a", "/tmp/a\nb",
                                         "~/a", "*"));

TEST(CommandTest, PlainPathsStayPlainSoThatTheUsersOwnQuotesWork) {
  EXPECT_EQ(fill_placeholders("serve --uds \"{socket}\"", SocketPath{"/run/h/w1-1.sock"}),
            "serve --uds \"/run/h/w1-1.sock\"");
}

TEST(CommandTest, EveryPlaceholderIsReplaced) {
  EXPECT_EQ(fill_placeholders("a {socket} b={socket}", SocketPath{"/s"}), "a /s b=/s");
  EXPECT_EQ(fill_placeholders("PORT={port} node server.js", LoopbackPort{20001}), "PORT=20001 node server.js");
}

TEST(CommandTest, APathThatContainsThePlaceholderIsNotReplacedAgain) {
  EXPECT_EQ(fill_placeholders("a {socket}", SocketPath{"/d{socket}"}), "a '/d{socket}'");
}

TEST(CommandTest, ThePlaceholderChoosesTheTransport) {
  EXPECT_EQ(transport_of("a {socket}").value(), Transport::unix_socket);
  EXPECT_EQ(transport_of("a {port}").value(), Transport::loopback_tcp);
  EXPECT_EQ(transport_of("a b").error().code(), ErrorCode::invalid_argument);
}

TEST(CommandTest, AProgramThatReadsPortNeedsNoPlaceholder) {
  EXPECT_EQ(transport_of("node server.js", ToldBy::port_variable).value(), Transport::loopback_tcp);
  EXPECT_EQ(transport_of("node server.js --also {port}", ToldBy::port_variable).value(), Transport::loopback_tcp);
  const auto both = transport_of("node server.js {socket}", ToldBy::port_variable);
  ASSERT_FALSE(both);
  EXPECT_TRUE(both.error().message().contains("leave out one of them")) << both.error().message();
  const auto neither = transport_of("node server.js");
  ASSERT_FALSE(neither);
  EXPECT_TRUE(neither.error().message().contains("set worker.listen = port")) << neither.error().message();
}

struct Exec {
  std::string command;
  std::string with;
};

void PrintTo(const Exec& exec, std::ostream* out) { *out << exec.command; }

class WithExecTest : public testing::TestWithParam<Exec> {};

TEST_P(WithExecTest, ReplacesTheShellWhereThatIsSafe) { EXPECT_EQ(with_exec(GetParam().command), GetParam().with); }

INSTANTIATE_TEST_SUITE_P(
    Commands, WithExecTest,
    testing::Values(Exec{"uvicorn app:app --uds /s", "exec uvicorn app:app --uds /s"},
                    Exec{"  uvicorn app:app \n", "exec uvicorn app:app"},
                    Exec{"PORT=20001 node server.js", "PORT=20001 exec node server.js"},
                    Exec{"A='x y' B=\"$(date +%s)\" node s.js", "A='x y' B=\"$(date +%s)\" exec node s.js"},
                    Exec{"cd /app && uvicorn app:app", "cd /app && exec uvicorn app:app"},
                    Exec{"export A=1; node s.js 2>&1", "export A=1; exec node s.js 2>&1"},
                    Exec{"node -e 'a && b; c | d'", "exec node -e 'a && b; c | d'"},
                    Exec{"node --n $(nproc || echo 2)", "exec node --n $(nproc || echo 2)"},
                    Exec{"node a\\;b", "exec node a\\;b"},
                    // Left to the shell.
                    Exec{"exec node s.js", "exec node s.js"}, Exec{"node s.js | tee log", "node s.js | tee log"},
                    Exec{"a || b", "a || b"}, Exec{"node s.js &", "node s.js &"}, Exec{"(cd x; node)", "(cd x; node)"},
                    Exec{"if true; then node; fi", "if true; then node; fi"}, Exec{". ./env", ". ./env"},
                    Exec{"node 'unclosed", "node 'unclosed"}, Exec{"A=1", "A=1"}, Exec{"node;", "node;"},
                    Exec{"", ""}));

}  // namespace
}  // namespace holdfast::workers
