#define _GNU_SOURCE
#include "CTLS.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

// Of a record whose header alone has come OpenSSL keeps nothing, but it stands within the record: "RB", body awaited.
bool vg_tls_has_pending(const void *connection) {
  return SSL_has_pending(connection) == 1 || strcmp(SSL_rstate_string(connection), "RH") != 0;
}

bool vg_tls_has_ended(const void *connection) {
  return (SSL_get_shutdown(connection) & SSL_RECEIVED_SHUTDOWN) != 0;
}

uint64_t vg_tls_bytes_written(const void *connection) {
  BIO *out = SSL_get_wbio(connection);
  return out ? BIO_number_written(out) : 0;
}

static BIO *over(const void *bytes, size_t count) {
  return count > INT_MAX ? NULL : BIO_new_mem_buf(count ? bytes : "", (int)count);
}

// OpenSSL would ask whoever sits at the terminal.
static int no_password(char *room, int size, int writing, void *asked) {
  (void)room, (void)size, (void)writing;
  *(bool *)asked = true;
  return -1;
}

// What follows the last thing that was read is no PEM, or is broken.
static bool ends_well(void) {
  unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static bool is_over(const X509 *certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

// OpenSSL reads files line by line, and a NUL ends a line there, but not here.
static enum vg_tls_fault as_text(enum vg_tls_fault fault, const void *bytes, size_t count) {
  return fault == vg_tls_sound && memchr(bytes, 0, count) ? vg_tls_broken : fault;
}

enum vg_tls_fault vg_tls_authorities(const void *bytes, size_t count, bool *expired) {
  bool asked = false;
  ERR_clear_error();
  BIO *file = over(bytes, count);
  STACK_OF(X509_INFO) *found = file ? PEM_X509_INFO_read_bio(file, NULL, no_password, &asked) : NULL;
  BIO_free(file);
  int certificates = 0;
  *expired = true;
  for (int i = 0; i < sk_X509_INFO_num(found); i++) {
    const X509 *certificate = sk_X509_INFO_value(found, i)->x509;
    if (!certificate) continue;
    certificates++;
    *expired = *expired && is_over(certificate);
  }
  enum vg_tls_fault fault = !found ? vg_tls_broken : certificates == 0 ? vg_tls_absent : vg_tls_sound;
  fault = as_text(fault, bytes, count);
  sk_X509_INFO_pop_free(found, X509_INFO_free);
  ERR_clear_error();
  *expired = *expired && fault == vg_tls_sound;
  return fault;
}

// The first certificate of a chain; to be freed.
static X509 *first(BIO *file) {
  bool asked = false;
  return PEM_read_bio_X509_AUX(file, NULL, no_password, &asked);
}

// As OpenSSL judges what it is given to present: by its settings on this machine, above all.
static enum vg_tls_fault judged(bool is_taken, X509 *certificate) {
  if (is_taken) return vg_tls_sound;
  return X509_get0_pubkey(certificate) ? vg_tls_disallowed : vg_tls_broken;
}

static enum vg_tls_fault rest(BIO *file, SSL_CTX *context) {
  bool asked = false;
  enum vg_tls_fault fault = vg_tls_sound;
  X509 *next;
  while (fault == vg_tls_sound && (next = PEM_read_bio_X509(file, NULL, no_password, &asked))) {
    fault = judged(SSL_CTX_add1_chain_cert(context, next) == 1, next);
    X509_free(next);
  }
  return fault != vg_tls_sound || ends_well() ? fault : vg_tls_broken;
}

static enum vg_tls_fault chain(X509 *certificate, BIO *file) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) return vg_tls_broken;
  enum vg_tls_fault fault = judged(SSL_CTX_use_certificate(context, certificate) == 1, certificate);
  // It is taken and complained of where it holds what cannot be read; SSL_CTX_use_certificate_chain_file then fails.
  if (fault == vg_tls_sound) fault = ERR_peek_error() ? vg_tls_broken : rest(file, context);
  SSL_CTX_free(context);
  return fault;
}

enum vg_tls_fault vg_tls_chain(const void *bytes, size_t count, bool *expired) {
  ERR_clear_error();
  BIO *file = over(bytes, count);
  X509 *certificate = file ? first(file) : NULL;
  enum vg_tls_fault fault = certificate ? chain(certificate, file) : ends_well() ? vg_tls_absent : vg_tls_broken;
  fault = as_text(fault, bytes, count);
  *expired = fault == vg_tls_sound && is_over(certificate);
  X509_free(certificate);
  BIO_free(file);
  ERR_clear_error();
  return fault;
}

static const char key_mark[] = "PRIVATE KEY-----";

enum vg_tls_fault vg_tls_key(const void *bytes, size_t count, const void *chain, size_t chain_count) {
  bool asked = false;
  ERR_clear_error();
  BIO *file = over(bytes, count);
  EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, no_password, &asked) : NULL;
  enum vg_tls_fault fault = key ? vg_tls_sound : asked ? vg_tls_encrypted : vg_tls_broken;
  // OpenSSL's own word for both is "unsupported".
  if (fault == vg_tls_broken && !memmem(bytes, count, key_mark, sizeof key_mark - 1)) fault = vg_tls_absent;
  BIO_free(file);
  file = over(chain, chain_count);
  X509 *certificate = file ? first(file) : NULL;
  if (key && certificate && X509_check_private_key(certificate, key) != 1) fault = vg_tls_foreign;
  fault = as_text(fault, bytes, count);
  X509_free(certificate);
  EVP_PKEY_free(key);
  BIO_free(file);
  ERR_clear_error();
  return fault;
}
