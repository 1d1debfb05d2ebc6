#include "CTLSWitness.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

// Nobody is asked for a password.
static int no_password(char *room, int size, int writing, void *asked) {
  (void)room, (void)size, (void)writing, (void)asked;
  return -1;
}

static SSL_CTX *context(void) {
  SSL_CTX *made = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_default_passwd_cb(made, no_password);
  return made;
}

static bool ended(SSL_CTX *context, bool is_taken) {
  SSL_CTX_free(context);
  ERR_clear_error();
  return is_taken;
}

bool vg_witness_takes_authorities(const char *path) {
  SSL_CTX *made = context();
  return ended(made, SSL_CTX_load_verify_locations(made, path, NULL) == 1);
}

bool vg_witness_takes_pair(const char *path) {
  SSL_CTX *made = context();
  return ended(made, SSL_CTX_use_certificate_chain_file(made, path) == 1 &&
                         SSL_CTX_use_PrivateKey_file(made, path, SSL_FILETYPE_PEM) == 1 &&
                         SSL_CTX_check_private_key(made) == 1);
}
