// openloop PORT RATE SECONDS CONNECTIONS FOLDER: requests at a fixed rate, whatever the answers do.
//
// Request k is due k/RATE seconds after the start, and its latency counts from then, also where no connection was
// free to send it: a server that stalls cannot hide that by keeping its senders waiting (coordinated omission).
// FOLDER/request-* hold the requests, each sent by one write; SIGUSR1 has them read again.
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { connections_max = 4096, requests_max = 64, answer_bytes_max = 16384, drain_seconds = 60 };

typedef struct {
  int socket;
  int64_t due;  // of the request that is under way; 0: the connection is free
  size_t got;
  char answer[answer_bytes_max];
} Connection;

static Connection connections[connections_max];
static int free_connections[connections_max], free_count, connection_count, port;
static struct { char *bytes; size_t length; } requests[requests_max];
static int request_count, poller;
static volatile sig_atomic_t is_stale;
static uint32_t *latencies;
static long answered, refused, broken;

static void fail(const char *what) {
  fprintf(stderr, "openloop: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void on_signal(int number) {
  (void)number;
  is_stale = 1;
}

static void read_requests(const char *folder) {
  char pattern[4096];
  glob_t found;
  snprintf(pattern, sizeof pattern, "%s/request-*", folder);
  if (glob(pattern, 0, NULL, &found) != 0) fail("no requests");
  for (int i = 0; i < request_count; i++) free(requests[i].bytes);
  request_count = 0;
  for (size_t i = 0; i < found.gl_pathc && request_count < requests_max; i++) {
    FILE *file = fopen(found.gl_pathv[i], "rb");
    if (file == NULL) fail(found.gl_pathv[i]);
    fseek(file, 0, SEEK_END);
    size_t length = ftell(file);
    rewind(file);
    char *bytes = malloc(length);
    if (fread(bytes, 1, length, file) != length) fail("read");
    fclose(file);
    requests[request_count].bytes = bytes;
    requests[request_count++].length = length;
  }
  globfree(&found);
}

static void connect_to_server(Connection *connection) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int one = 1;
  connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll_ctl");
  connection->due = 0;
  free_connections[free_count++] = connection - connections;
}

static void reconnect(Connection *connection) {
  if (connection->due == 0) {
    // An idle one that the server closed: it stands in the list of the free ones.
    int at = 0;
    while (free_connections[at] != connection - connections) at++;
    free_connections[at] = free_connections[--free_count];
  } else {
    broken++;
  }
  close(connection->socket);
  connect_to_server(connection);
}

static void send_request(long number, int64_t due) {
  // The one that was free last: few requests keep to few connections, as a sender's pool does.
  Connection *connection = &connections[free_connections[--free_count]];
  connection->due = due;
  connection->got = 0;
  const char *bytes = requests[number % request_count].bytes;
  size_t left = requests[number % request_count].length;
  while (left > 0) {
    ssize_t sent = send(connection->socket, bytes, left, MSG_NOSIGNAL);
    if (sent <= 0) return reconnect(connection);
    bytes += sent;
    left -= sent;
  }
}

// Whether the answer is there as a whole. Only answers with Content-Length are understood.
static int is_complete(Connection *connection) {
  connection->answer[connection->got] = 0;
  char *end = strstr(connection->answer, "\r\n\r\n");
  char *length = strcasestr(connection->answer, "\r\nContent-Length:");
  if (end == NULL || length == NULL || length > end) return 0;
  return connection->got >= (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void receive(Connection *connection) {
  size_t room = answer_bytes_max - 1 - connection->got;
  ssize_t got = recv(connection->socket, connection->answer + connection->got, room, 0);
  if (got <= 0 || connection->due == 0) return reconnect(connection);
  connection->got += got;
  if (!is_complete(connection)) return;
  if (connection->got < 12 || connection->answer[9] != '2') refused++;
  latencies[answered++] = (now() - connection->due) / 1000;
  connection->due = 0;
  free_connections[free_count++] = connection - connections;
}

static void wait_until(int64_t time) {
  struct epoll_event events[256];
  int64_t left = time - now();
  struct timespec pause = {0, 0};
  if (left > 0) pause = (struct timespec){left / 1000000000, left % 1000000000};
  int count = epoll_pwait2(poller, events, 256, &pause, NULL);
  for (int i = 0; i < count; i++) receive(events[i].data.ptr);
}

static int by_size(const void *one, const void *other) {
  uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
  return (a > b) - (a < b);
}

static double at(double share) { return answered ? latencies[(long)(share * (answered - 1))] / 1000.0 : 0; }

int main(int count, char **arguments) {
  if (count != 6) {
    fprintf(stderr, "usage: openloop PORT RATE SECONDS CONNECTIONS FOLDER\n");
    return 64;
  }
  port = atoi(arguments[1]);
  const double rate = atof(arguments[2]), seconds = atof(arguments[3]);
  connection_count = atoi(arguments[4]);
  if (connection_count < 1 || connection_count > connections_max) return 64;
  const long total = rate * seconds;
  latencies = malloc((total + 1) * sizeof *latencies);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  // The kernel would else put every wait off by up to 50 us.
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(EPOLL_CLOEXEC);
  read_requests(arguments[5]);
  for (int i = 0; i < connection_count; i++) connect_to_server(&connections[i]);

  const int64_t start = now() + 1000000;
  const int64_t end = start + (int64_t)((seconds + drain_seconds) * 1e9);
  long sent = 0;
  while (answered + broken < total && now() < end) {
    if (is_stale) {
      is_stale = 0;
      read_requests(arguments[5]);
    }
    int64_t due = start + (int64_t)(sent * (1e9 / rate));
    while (sent < total && free_count > 0 && due <= now()) {
      send_request(sent++, due);
      due = start + (int64_t)(sent * (1e9 / rate));
    }
    wait_until(sent < total && free_count > 0 ? due : now() + 100000000);
  }
  qsort(latencies, answered, sizeof *latencies, by_size);
  printf("{\"sent\": %ld, \"answered\": %ld, \"refused\": %ld, \"broken\": %ld, \"p50_ms\": %.3f, \"p90_ms\": %.3f, "
         "\"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
         sent, answered, refused, broken, at(0.5), at(0.9), at(0.99), at(0.999), at(1));
  return 0;
}
