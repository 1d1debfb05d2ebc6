/* The floor: PORT UPSTREAM_PORT SECRET_FILE. The least that any verifying gateway does for a delivery, in C.
 *
 * It receives a request, checks its HMAC-SHA256 and the age of its timestamp, replaces X-Verified, sends it on over a
 * kept connection, and hands the answer back. libcurl opens the connections to the upstream (CURLOPT_CONNECT_ONLY)
 * and carries their bytes, as it does for vesigate. One thread.
 *
 * It is a yardstick and no gateway: it has no limits and no deadlines, answers 401 or nothing, trusts the upstream,
 * and does not understand chunked bodies. What another program takes beyond it is the price of being one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_BYTES = 64 << 10, HEAD_BYTES = 16 << 10, COPIED_BYTES = 16 << 10, IDLE_MAX = 8192, EVENTS = 128 };
enum { TOLERANCE_SECONDS = 300, SIGNATURE_CHARACTERS = 64 };

/* Bytes that came, and how many fit. */
struct buffer {
  char *bytes;
  size_t count, capacity;
};

/* A message in a buffer: where its body begins, how long that is. */
struct message {
  char *body;
  size_t body_bytes;
};

/* A sender's connection, or one to the upstream: that has a handle. While a delivery is on its way each knows the
 * other. */
struct connection {
  int descriptor;
  CURL *handle;
  struct connection *other;
  struct buffer in;
  /* To the upstream: what is still to be sent, a head (with a short body) and a long body where it lies. */
  struct { const char *bytes; size_t count; } out[2];
  char head[HEAD_BYTES + COPIED_BYTES];
  /* To the sender: an answer of which some is still to be sent. */
  size_t answer_sent;
  bool is_answering;
};

static int epoll;
static int upstream_port;
static EVP_MAC_CTX *mac;
static struct connection *idle[IDLE_MAX];
static int idle_count;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct connection *watched(int descriptor, CURL *handle) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection || !(connection->in.bytes = malloc(FIRST_BYTES))) fail("memory");
  connection->in.capacity = FIRST_BYTES;
  connection->descriptor = descriptor;
  connection->handle = handle;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)) fail("epoll_ctl");
  return connection;
}

static void drop(struct connection *connection) {
  if (connection->handle)
    curl_easy_cleanup(connection->handle);
  else
    close(connection->descriptor);
  free(connection->in.bytes);
  free(connection);
}

static void make_room(struct buffer *buffer, size_t whole) {
  if (buffer->capacity >= whole) return;
  buffer->capacity = whole;
  if (!(buffer->bytes = realloc(buffer->bytes, whole))) fail("memory");
}

/* The value of a field of a head that ends at `end`, or NULL. */
static char *value_of(char *head, char *end, const char *name, size_t *length) {
  size_t name_length = strlen(name);
  for (char *line = memchr(head, '\n', end - head); line && ++line < end; line = memchr(line, '\n', end - line)) {
    if ((size_t)(end - line) <= name_length || line[name_length] != ':' || strncasecmp(line, name, name_length))
      continue;
    char *value = line + name_length + 1, *value_end = memchr(value, '\r', end - value);
    while (*value == ' ') value++;
    *length = value_end - value;
    return value;
  }
  return NULL;
}

/* Whether a buffer holds a whole message; makes room for what of it is missing. */
static bool find_message(struct buffer *in, struct message *message) {
  char *blank = memmem(in->bytes, in->count, "\r\n\r\n", 4);
  if (!blank) {
    make_room(in, in->count + 1);
    return false;
  }
  size_t length, head_bytes = blank + 4 - in->bytes;
  char *value = value_of(in->bytes, blank + 2, "content-length", &length);
  message->body_bytes = value ? strtoul(value, NULL, 10) : 0;
  make_room(in, head_bytes + message->body_bytes + 1);
  message->body = in->bytes + head_bytes;
  return in->count >= head_bytes + message->body_bytes;
}

static int nibble(char digit) { return digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10; }

static bool is_genuine(struct buffer *in, struct message *message) {
  size_t timestamp_length, signature_length, length;
  char *timestamp = value_of(in->bytes, message->body, "mor-timestamp", &timestamp_length);
  char *signature = value_of(in->bytes, message->body, "mor-signature", &signature_length);
  if (!timestamp || !signature || signature_length != SIGNATURE_CHARACTERS) return false;
  if (labs(strtol(timestamp, NULL, 10) - (long)time(NULL)) > TOLERANCE_SECONDS) return false;
  unsigned char computed[SIGNATURE_CHARACTERS / 2], claimed[SIGNATURE_CHARACTERS / 2];
  EVP_MAC_init(mac, NULL, 0, NULL);
  EVP_MAC_update(mac, (unsigned char *)timestamp, timestamp_length);
  EVP_MAC_update(mac, (const unsigned char *)".", 1);
  EVP_MAC_update(mac, (unsigned char *)message->body, message->body_bytes);
  EVP_MAC_final(mac, computed, &length, sizeof computed);
  for (size_t index = 0; index < sizeof claimed; index++)
    claimed[index] = nibble(signature[2 * index]) << 4 | nibble(signature[2 * index + 1]);
  return CRYPTO_memcmp(computed, claimed, sizeof claimed) == 0;
}

/* The newest idle connection, or one that libcurl opens now. */
static struct connection *take_upstream(void) {
  if (idle_count) return idle[--idle_count];
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d/", upstream_port);
  CURL *handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, url);
  curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_socket_t descriptor;
  if (curl_easy_perform(handle) != CURLE_OK || curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &descriptor))
    fail("connect");
  return watched(descriptor, handle);
}

/* The sender's fields but for what a gateway replaces, then its own. */
static size_t write_head(char *to, struct buffer *in, struct message *message) {
  static const char own[] =
      "X-Verified: true\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
      "X-Forwarded-Host: 127.0.0.1\r\nX-Request-Id: 6f1ed002ab5595859014ebf0951522d9\r\n\r\n";
  char *end = message->body - 2, *at = to;
  for (char *line = in->bytes, *next; line < end; line = next) {
    next = (char *)memchr(line, '\n', message->body - line) + 1;
    if (!strncasecmp(line, "x-verified:", 11) || !strncasecmp(line, "connection:", 11)) continue;
    if ((at - to) + (next - line) + sizeof own > HEAD_BYTES) {
      errno = EMSGSIZE;
      fail("head");
    }
    at = mempcpy(at, line, next - line);
  }
  return (char *)mempcpy(at, own, sizeof own - 1) - to;
}

/* Sends on what the socket takes; the rest goes when it has room again. */
static void send_request(struct connection *upstream) {
  for (int part = 0; part < 2; part++) {
    while (upstream->out[part].count) {
      size_t sent = 0;
      CURLcode code = curl_easy_send(upstream->handle, upstream->out[part].bytes, upstream->out[part].count, &sent);
      if (code == CURLE_AGAIN) return;
      if (code != CURLE_OK) fail("send");
      upstream->out[part].bytes += sent;
      upstream->out[part].count -= sent;
    }
  }
}

static void forward(struct connection *sender, struct message *message) {
  struct connection *upstream = take_upstream();
  upstream->other = sender;
  sender->other = upstream;
  size_t head_bytes = write_head(upstream->head, &sender->in, message);
  bool is_short = message->body_bytes <= COPIED_BYTES;
  if (is_short) memcpy(upstream->head + head_bytes, message->body, message->body_bytes);
  upstream->out[0].bytes = upstream->head;
  upstream->out[0].count = head_bytes + (is_short ? message->body_bytes : 0);
  upstream->out[1].bytes = message->body;
  upstream->out[1].count = is_short ? 0 : message->body_bytes;
  send_request(upstream);
}

static void send_answer(struct connection *sender) {
  struct connection *upstream = sender->other;
  while (sender->answer_sent < upstream->in.count) {
    ssize_t sent = send(sender->descriptor, upstream->in.bytes + sender->answer_sent,
                        upstream->in.count - sender->answer_sent, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) break;
    sender->answer_sent += sent;
  }
  sender->answer_sent = sender->in.count = upstream->in.count = 0;
  sender->is_answering = false;
  sender->other = upstream->other = NULL;
  if (idle_count == IDLE_MAX) fail("idle connections");
  idle[idle_count++] = upstream;
}

static void refuse(struct connection *sender) {
  static const char answer[] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
  send(sender->descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL);
  sender->in.count = 0;
}

/* Reads what there is; false at the end of the connection. */
static bool read_sender(struct connection *sender) {
  if (sender->is_answering) send_answer(sender);
  for (;;) {
    struct buffer *in = &sender->in;
    ssize_t count = recv(sender->descriptor, in->bytes + in->count, in->capacity - in->count, 0);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return sender->other != NULL;
    in->count += count;
    struct message message;
    if (sender->other || !find_message(in, &message)) continue;
    if (is_genuine(in, &message))
      forward(sender, &message);
    else
      refuse(sender);
  }
}

static bool read_upstream(struct connection *upstream) {
  send_request(upstream);
  for (;;) {
    struct buffer *in = &upstream->in;
    size_t count = 0;
    CURLcode code = curl_easy_recv(upstream->handle, in->bytes + in->count, in->capacity - in->count, &count);
    if (code == CURLE_AGAIN) return true;
    if (code != CURLE_OK || !count) {
      if (upstream->other) fail("the upstream's end");
      for (int index = 0; index < idle_count; index++)
        if (idle[index] == upstream) idle[index] = idle[--idle_count];
      return false;
    }
    in->count += count;
    struct message message;
    if (upstream->other && find_message(in, &message)) {
      upstream->other->is_answering = true;
      send_answer(upstream->other);
    }
  }
}

static void accept_all(int listener) {
  int descriptor, one = 1;
  while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watched(descriptor, NULL);
  }
}

static int listen_at(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) fail("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
  return listener;
}

static void read_secret(const char *path) {
  char secret[512];
  FILE *file = fopen(path, "r");
  if (!file || !fgets(secret, sizeof secret, file)) fail(path);
  fclose(file);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_construct_end()};
  mac = EVP_MAC_CTX_new(EVP_MAC_fetch(NULL, "HMAC", NULL));
  if (!mac || !EVP_MAC_init(mac, (unsigned char *)secret, strcspn(secret, "\n"), parameters)) fail("HMAC");
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: floor PORT UPSTREAM_PORT SECRET_FILE\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  upstream_port = atoi(arguments[2]);
  read_secret(arguments[3]);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_at(atoi(arguments[1]));
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int index = 0; index < ready; index++) {
      struct connection *connection = events[index].data.ptr;
      if (!connection)
        accept_all(listener);
      else if (connection->handle ? !read_upstream(connection) : !read_sender(connection))
        drop(connection);
    }
  }
}
