// A native backend that misbehaves with memory: the twin of leaky_worker.py, which has the flags and their meaning.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "flags.h"
#include "habits.h"
#include "request.h"

enum { kMostHead = 65536, kMostBody = 8 << 20 };

static struct flags flags;
static sem_t turns;

// A request as it comes in, its head and then its body; a null byte follows what is there.
struct intake {
  char* text;
  size_t size;
  size_t space;
};

static bool receive_more(int connection, struct intake* intake) {
  if (intake->size + 4096 >= intake->space) {
    intake->space = 2 * intake->space + 16384;
    intake->text = realloc(intake->text, intake->space);
    if (intake->text == NULL) abort();
  }
  const ssize_t got = recv(connection, intake->text + intake->size, intake->space - intake->size - 1, 0);
  if (got <= 0) return false;
  intake->size += (size_t)got;
  intake->text[intake->size] = '\0';
  return true;
}

static size_t content_length(const char* head, const char* end) {
  static const char kName[] = "\r\ncontent-length:";
  for (const char* at = head; at < end; ++at) {
    if (strncasecmp(at, kName, sizeof kName - 1) == 0) return strtoul(at + sizeof kName - 1, NULL, 10);
  }
  return 0;
}

/// Where the body begins and how long it is, once all of it is there. False: the connection is of no more use.
static bool receive_request(int connection, struct intake* intake, size_t* body, size_t* length) {
  const char* end = NULL;
  while (intake->size == 0 || (end = strstr(intake->text, "\r\n\r\n")) == NULL) {
    if (intake->size > kMostHead || !receive_more(connection, intake)) return false;
  }
  *body = (size_t)(end - intake->text) + 4;
  *length = content_length(intake->text, end);
  if (*length > kMostBody) return false;
  while (intake->size < *body + *length) {
    if (!receive_more(connection, intake)) return false;
  }
  return true;
}

static bool send_all(int connection, const char* text, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(connection, text, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text += sent;
    size -= (size_t)sent;
  }
  return true;
}

static bool respond(int connection, const char* status, const char* body, size_t size) {
  char head[160];
  const int length = snprintf(
      head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, size);
  return send_all(connection, head, (size_t)length) && send_all(connection, body, size);
}

static bool answer(int connection, const char* body) {
  struct analysis analysis = {.habits = flags.habits};
  if (!read_request(body, &analysis)) {
    static const char kRefusal[] = "{\"detail\":\"not an object of JSON with numbers in \\\"leaky\\\"\"}";
    return respond(connection, "422 Unprocessable", kRefusal, sizeof kRefusal - 1);
  }
  misbehave(&analysis.habits, flags.page_cache_dir);
  char* text = NULL;
  const int size =
      asprintf(&text, "{\"result\": %.*s, \"pid\": %d}", (int)analysis.prompt.size, analysis.prompt.text, getpid());
  if (size < 0) abort();
  const bool sent = respond(connection, "200 OK", text, (size_t)size);
  free(text);
  return sent;
}

/// A thread for each connection, a turn for each run.
static void* serve(void* argument) {
  const int connection = (int)(intptr_t)argument;
  struct intake intake = {NULL, 0, 0};
  size_t body = 0;
  size_t length = 0;
  bool good = true;
  while (good && receive_request(connection, &intake, &body, &length)) {
    const size_t end = body + length;
    const char next = intake.text[end];
    intake.text[end] = '\0';
    sem_wait(&turns);
    good = answer(connection, intake.text + body);
    sem_post(&turns);
    intake.text[end] = next;
    memmove(intake.text, intake.text + end, intake.size - end + 1);
    intake.size -= end;
  }
  free(intake.text);
  close(connection);
  return NULL;
}

static int listen_there(void) {
  const int listener = socket(flags.socket != NULL ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  struct sockaddr_in port = {.sin_family = AF_INET, .sin_port = htons((in_port_t)flags.port)};
  port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (flags.socket != NULL) snprintf(path.sun_path, sizeof path.sun_path, "%s", flags.socket);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const struct sockaddr* address = flags.socket != NULL ? (struct sockaddr*)&path : (struct sockaddr*)&port;
  if (bind(listener, address, flags.socket != NULL ? sizeof path : sizeof port) != 0 || listen(listener, 128) != 0) {
    perror("leaky_worker: listen");
    exit(1);
  }
  return listener;
}

/// What runs is finished; the rest is not begun.
static void* end_when_told(void* nothing) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  int which = 0;
  sigwait(&ends, &which);
  for (int i = 0; i < flags.at_once; ++i) sem_wait(&turns);
  _exit(0);
  return nothing;
}

static void begin_thread(void* (*body)(void*), void* argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, argument) != 0) abort();
  pthread_detach(thread);
}

static void watch_signals(void) {
  if (flags.ignore_sigterm) {
    signal(SIGTERM, SIG_IGN);
    return;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  begin_thread(end_when_told, NULL);
}

int main(int argc, char** argv) {
  flags = parse_flags(argc, argv);
  if (flags.only_hold_mb >= 0) hold_for_ever(flags.only_hold_mb);
  sem_init(&turns, 0, (unsigned)flags.at_once);
  watch_signals();
  keep_mb(flags.startup_mb);
  sleep_ms(flags.start_ms);
  const int listener = listen_there();
  for (;;) {
    const int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) begin_thread(serve, (void*)(intptr_t)connection);
  }
}
