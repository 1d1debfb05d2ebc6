#pragma once
// libcurl's variadic functions as typed ones, which Swift can call. What every
// use of it has in common stands in vg_confine; nothing else here decides anything.
#include <curl/curl.h>
#include <stdint.h>

typedef size_t (*vg_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*vg_prereq_callback)(void *context, char *remote_ip, char *local_ip, int remote_port,
                                  int local_port);
typedef curl_socket_t (*vg_open_callback)(void *context, curlsocktype purpose,
                                          struct curl_sockaddr *address);
typedef int (*vg_close_callback)(void *context, curl_socket_t socket);
typedef int (*vg_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context,
                                  void *socket_context);
typedef int (*vg_timer_callback)(CURLM *multi, long timeout_ms, void *context);

static inline CURLcode vg_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode vg_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode vg_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode vg_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

/// Keeps what is sent from going anywhere but to its URL: no proxy from the environment, no redirect, no
/// other protocol, no netrc, and an https server is who it says it is.
static inline void vg_confine(CURL *easy) {
  // The default negotiates HTTP/2 with an https server: other retry rules, and header case is lost.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

/// Makes a PEM file the only authority. libcurl would go on asking the system's directory beside it, and, where it
/// asks no directory, keep what it has read of the file for a day.
static inline void vg_set_authority(CURL *easy, const char *file) {
  curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

static inline CURLcode vg_set_header_function(CURL *easy, vg_bytes_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call);
}

static inline CURLcode vg_set_write_function(CURL *easy, vg_bytes_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call);
}

static inline CURLcode vg_set_prereq_function(CURL *easy, vg_prereq_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, call);
}

/// `close` may be called when the transfer is long over, with its pooled connection; `open` only while it runs.
static inline CURLcode vg_set_socket_functions(CURL *easy, vg_open_callback open, void *opener,
                                               vg_close_callback close, void *closer) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, opener);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, closer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
}

/// The socket of a connection that was opened with CURLOPT_CONNECT_ONLY; CURL_SOCKET_BAD where it is gone.
static inline curl_socket_t vg_active_socket(CURL *easy) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK ? socket : CURL_SOCKET_BAD;
}

/// A share of TLS sessions, for one thread; NULL where there is no memory. It is to be cleaned up behind its handles.
static inline CURLSH *vg_share_sessions(void) {
  CURLSH *share = curl_share_init();
  if (share) curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  return share;
}

static inline CURLcode vg_set_share(CURL *easy, CURLSH *share) {
  return curl_easy_setopt(easy, CURLOPT_SHARE, share);
}

/// OpenSSL's side of the connection that a transfer has just now (an `SSL *`); NULL where it has none.
static inline const void *vg_tls_connection(CURL *easy) {
  struct curl_tlssessioninfo *info = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info) return NULL;
  return info->backend == CURLSSLBACKEND_OPENSSL ? info->internals : NULL;
}

/// What the kernel said when it refused to connect, 0 where it refused nothing.
static inline int vg_system_error(CURL *easy) {
  long number = 0;
  return curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK ? (int)number : 0;
}

/// How long a transfer took, or what connecting did.
static inline int64_t vg_total_microseconds(CURL *easy) {
  curl_off_t microseconds = 0;
  return curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &microseconds) == CURLE_OK ? microseconds : 0;
}

static inline CURLMcode vg_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode vg_multi_set_functions(CURLM *multi, vg_socket_callback socket,
                                               vg_timer_callback timer, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
}

/// The next finished transfer, or NULL; its result goes to `result`.
static inline CURL *vg_multi_next_finished(CURLM *multi, CURLcode *result) {
  int left = 0;
  CURLMsg *message;
  while ((message = curl_multi_info_read(multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}
