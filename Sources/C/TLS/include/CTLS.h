#pragma once
// What is asked of OpenSSL's libssl, without its headers: what became of a connection of libcurl's and the bytes on it,
// and whether the files that libcurl will be given hold what they should.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether bytes of the other side, decrypted or not, lie with a connection (an `SSL *`). What is still with the kernel
/// does not count. To be asked only while the connection is open.
bool vg_tls_has_pending(const void *connection);

/// Whether the other side has said that it sends no more (close_notify). libcurl's versions differ in whether they tell
/// that from a connection that was cut.
bool vg_tls_has_ended(const void *connection);

/// Bytes that were handed to the kernel on a connection.
uint64_t vg_tls_bytes_written(const void *connection);

/// What is wrong with a PEM file.
enum vg_tls_fault {
  vg_tls_sound,
  /// It holds nothing of the kind that is looked for.
  vg_tls_absent,
  /// What it holds cannot be read to its end.
  vg_tls_broken,
  /// The private key is encrypted, and there is nobody to ask for the password.
  vg_tls_encrypted,
  /// The private key is not the certificate's.
  vg_tls_foreign,
  /// OpenSSL's settings on this machine do not allow it, as a key that is too short.
  vg_tls_disallowed,
};

/// Authorities, as libcurl will read them. `expired` says whether the time of all of them is over.
enum vg_tls_fault vg_tls_authorities(const void *bytes, size_t count, bool *expired);

/// A certificate with the chain behind it, as libcurl will read them.
enum vg_tls_fault vg_tls_chain(const void *bytes, size_t count, bool *expired);

/// The private key of the certificate that a sound chain begins with.
enum vg_tls_fault vg_tls_key(const void *bytes, size_t count, const void *chain, size_t chain_count);
