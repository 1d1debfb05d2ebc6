#include "CCurl.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// libcurl's memory. glibc keeps only small blocks at hand for each thread: what is larger is cut out of the heap and
// joined to it again, which libcurl does three times for each delivery, always of the same sizes, and its calloc
// does not look among the blocks at hand at all. So what libcurl gives back of these sizes is kept for its next
// transfer, a few for each thread; everything else is malloc's.

enum { kept_sizes = 2, kept_blocks_max = 32 };

// A transfer's connection and request head; its receive buffer of 16 KiB and a byte.
static const size_t kept_bytes[kept_sizes] = {2048, 16400};
static const size_t least_bytes[kept_sizes] = {1025, 16385};

struct shelf {
  void *blocks[kept_blocks_max];
  int count;
};

// Blocks of a thread that ends are lost; event loops last as long as the process.
static _Thread_local struct shelf shelves[kept_sizes];

static void *take(size_t bytes) {
  if (bytes < least_bytes[0]) return malloc(bytes);
  for (int i = 0; i < kept_sizes; i++) {
    if (bytes < least_bytes[i] || bytes > kept_bytes[i]) continue;
    struct shelf *shelf = &shelves[i];
    return shelf->count > 0 ? shelf->blocks[--shelf->count] : malloc(kept_bytes[i]);
  }
  return malloc(bytes);
}

static void give(void *block) {
  size_t bytes = malloc_usable_size(block);
  for (int i = 0; i < kept_sizes && bytes >= kept_bytes[i]; i++) {
    // glibc gives more than it was asked for by less than a chunk's header and its alignment.
    if (bytes > kept_bytes[i] + 32) continue;
    struct shelf *shelf = &shelves[i];
    if (shelf->count == kept_blocks_max) break;
    shelf->blocks[shelf->count++] = block;
    return;
  }
  free(block);
}

static void *take_zeroed(size_t count, size_t bytes) {
  size_t all;
  if (__builtin_mul_overflow(count, bytes, &all)) return NULL;
  void *block = take(all);
  return block ? memset(block, 0, all) : NULL;
}

static void *resize(void *block, size_t bytes) {
  if (!block) return take(bytes);
  size_t old = malloc_usable_size(block);
  if (bytes <= old && old <= 2 * bytes) return block;
  void *moved = take(bytes);
  if (!moved) return NULL;
  memcpy(moved, block, old < bytes ? old : bytes);
  give(block);
  return moved;
}

CURLcode vg_global_init(void) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  // What is kept is never freed, so its use afterwards would not be found.
  return curl_global_init(CURL_GLOBAL_DEFAULT);
#endif
#endif
  return curl_global_init_mem(CURL_GLOBAL_DEFAULT, take, give, resize, strdup, take_zeroed);
}
