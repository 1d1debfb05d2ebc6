#pragma once
// libcurl's variadic functions as typed ones, which Swift can call. What every
// use of it has in common stands in vg_confine; nothing else here decides anything.
#include <curl/curl.h>

typedef size_t (*vg_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*vg_prereq_callback)(void *context, char *remote_ip, char *local_ip, int remote_port,
                                  int local_port);
typedef int (*vg_seek_callback)(void *context, curl_off_t offset, int origin);
typedef int (*vg_debug_callback)(CURL *easy, curl_infotype type, char *bytes, size_t count, void *context);
typedef curl_socket_t (*vg_open_callback)(void *context, curlsocktype purpose,
                                          struct curl_sockaddr *address);
typedef int (*vg_close_callback)(void *context, curl_socket_t socket);
typedef int (*vg_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context,
                                  void *socket_context);
typedef int (*vg_timer_callback)(CURLM *multi, long timeout_ms, void *context);

/// curl_global_init with memory that is used again: see CCurl.c. Once, before any thread uses libcurl.
CURLcode vg_global_init(void);

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

static inline CURLcode vg_set_header_function(CURL *easy, vg_bytes_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, call);
}

static inline CURLcode vg_set_write_function(CURL *easy, vg_bytes_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call);
}

/// `call` is asked for a body that was not given as a whole.
static inline CURLcode vg_set_read_function(CURL *easy, vg_bytes_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_READDATA, context);
  return curl_easy_setopt(easy, CURLOPT_READFUNCTION, call);
}

/// `call` is asked to begin the body anew, where libcurl would send the request a second time.
static inline CURLcode vg_set_seek_function(CURL *easy, vg_seek_callback call) {
  return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, call);
}

static inline CURLcode vg_set_prereq_function(CURL *easy, vg_prereq_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, call);
}

/// Called only while CURLOPT_VERBOSE is on.
static inline CURLcode vg_set_debug_function(CURL *easy, vg_debug_callback call, void *context) {
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, context);
  return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, call);
}

static inline CURLcode vg_set_socket_functions(CURL *easy, vg_open_callback open, vg_close_callback close,
                                               void *context) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
}

static inline curl_off_t vg_bytes_uploaded(CURL *easy) {
  curl_off_t count = 0;
  return curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &count) == CURLE_OK ? count : 0;
}

/// Bytes of the request's head that the kernel has taken.
static inline long vg_head_bytes_sent(CURL *easy) {
  long count = 0;
  return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &count) == CURLE_OK ? count : 0;
}

static inline CURLcode vg_get_private(CURL *easy, void **value) {
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
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
