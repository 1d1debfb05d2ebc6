#pragma once
// The few kernel and C library calls that Swift's Glibc module does not show: epoll, eventfd, adjtimex, malloc's
// settings, the variadic prctl and ioctl.
#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Keeps other processes of the same user from reading this one's memory, and the kernel from dumping it.
static inline int vg_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/// Large blocks are mapped alone and go back to the system when they are freed. glibc would raise that
/// threshold with the first of them, and a burst of large bodies would leave heaps full of holes. libcurl's
/// upload buffer of 256 KiB, made and freed with each body above 64 KiB that goes through TLS, is not large: mapped
/// anew it would cost 64 page faults a delivery.
static inline void vg_return_large_blocks(void) {
  mallopt(M_MMAP_THRESHOLD, 294912);
  mallopt(M_TRIM_THRESHOLD, 1048576);
}

/// Lets go of the pages of this program's text, and of its libraries', that were touched so far: most of them only
/// the start needed. What is needed again comes back from the page cache, 16 pages at a time.
void vg_forget_text(void);

/// Whether something keeps this host's clock in step with others (NTP, PTP): 1 or 0; -1 where the kernel does
/// not say.
int vg_clock_synchronised(void);

/// Bytes written to a socket that the other side's kernel has not acknowledged, or, of a unix socket, that the other
/// side has not read; -1 where that is not known.
static inline int vg_unacknowledged(int fd) {
  int count = 0;
  return ioctl(fd, TIOCOUTQ, &count) == 0 ? count : -1;
}

/// Adds, changes or removes one descriptor; `op` is an EPOLL_CTL value, `tag` comes back with its events.
static inline int vg_epoll_ctl(int epoll, int op, int fd, uint32_t events, uint64_t tag) {
  struct epoll_event event = {.events = events, .data = {.u64 = tag}};
  return epoll_ctl(epoll, op, fd, &event);
}

/// Flags of epoll that Swift does not read as numbers.
static const uint32_t vg_epoll_edge_triggered = EPOLLET;
static const uint32_t vg_epoll_exclusive = EPOLLEXCLUSIVE;

/// What a thread was marked with; NULL where it was not.
extern _Thread_local const void *vg_thread_mark __attribute__((tls_model("initial-exec")));
static inline const void *vg_thread_marked(void) { return vg_thread_mark; }
static inline void vg_mark_thread(const void *mark) { vg_thread_mark = mark; }

/// accept4(2), closed on exec and not blocking. `address` has room for a sockaddr_storage.
int vg_accept(int fd, void *address, uint32_t *bytes);

/// How many processors this process may run on (sched_getaffinity(2)); -1 where the kernel does not say.
int vg_processors_allowed(void);

/// The calling thread's name, of which the kernel keeps 15 bytes.
void vg_name_thread(const char *name);

/// Holds on to a file without opening it, and follows no link (O_PATH); closed on exec.
int vg_hold_file(const char *path);

/// A descriptor that wakes a wait; closed on exec.
static inline int vg_eventfd(void) { return eventfd(0, EFD_CLOEXEC); }

static inline void vg_eventfd_signal(int fd) { eventfd_write(fd, 1); }

static inline int vg_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

/// Reserves blocks for a file without changing its size (FALLOC_FL_KEEP_SIZE); -1 and errno on failure.
static inline long vg_reserve(int fd, long bytes) { return syscall(SYS_fallocate, fd, 1, 0L, bytes); }

/// Whose permissions files are opened with on this thread: the effective ids, or those of `vg_act_as`.
uint32_t vg_file_user(void);
uint32_t vg_file_group(void);

/// Has this thread open files with another account's permissions, as setfsuid(2) does; -1 where it may not.
int vg_act_as(uint32_t user, uint32_t group, const uint32_t *groups, size_t count);
void vg_act_as_self(void);

/// Whether a folder has an access list of its own: its group's bits then say what the list lets others do at most.
int vg_has_access_list(const char *path);

/// Whether a file is a mount of its own, which nothing can be renamed over: 1 or 0.
int vg_is_mount_root(int directory, const char *name);

/// The kind of a file system whose files are the kernel's own words (procfs, sysfs and their like); NULL of any other.
const char *vg_kernel_file_system(int fd);
