// What needs headers that Swift must not see a second time: names such as SOCK_STREAM would be no longer Glibc's.
#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <link.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

// What may be written to holds relocated addresses and variables: those pages are not the file's any more. They are
// in segments of their own.
static int forget(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size, (void)context;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
    uintptr_t start = (object->dlpi_addr + part->p_vaddr + page - 1) & ~(page - 1);
    uintptr_t end = (object->dlpi_addr + part->p_vaddr + part->p_memsz) & ~(page - 1);
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void vg_forget_text(void) { dl_iterate_phdr(forget, NULL); }

int vg_clock_synchronised(void) {
  struct timex state = {.modes = 0};
  int answer = adjtimex(&state);
  if (answer < 0) return -1;
  return answer != TIME_ERROR && !(state.status & STA_UNSYNC);
}

// The kernel refuses a set that is smaller than its own, which may be larger than cpu_set_t.
int vg_processors_allowed(void) {
  for (int processors = CPU_SETSIZE; processors <= 1 << 20; processors *= 2) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (set == NULL) return -1;
    size_t bytes = CPU_ALLOC_SIZE(processors);
    int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : -1;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return -1;
}

_Thread_local const void *vg_thread_mark;

int vg_accept(int fd, void *address, uint32_t *bytes) {
  return accept4(fd, address, bytes, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void vg_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

// The kernel keeps these for each thread; the library's own functions would change them on all.
static _Thread_local int acting;
static _Thread_local uint32_t acting_user, acting_group;

uint32_t vg_file_user(void) { return acting ? acting_user : geteuid(); }

uint32_t vg_file_group(void) { return acting ? acting_group : getegid(); }

// The second call of each shows whether the first was heeded: they answer with the id from before, and never fail.
static int file_ids(uint32_t user, uint32_t group) {
  syscall(SYS_setfsgid, group);
  syscall(SYS_setfsuid, user);
  return (uint32_t)syscall(SYS_setfsgid, -1) == group && (uint32_t)syscall(SYS_setfsuid, -1) == user ? 0 : -1;
}

int vg_act_as(uint32_t user, uint32_t group, const uint32_t *groups, size_t count) {
  if (acting || geteuid() != 0) return -1;
  if (syscall(SYS_setgroups, count, groups) != 0) return -1;
  acting = 1, acting_user = user, acting_group = group;
  if (file_ids(user, group) == 0) return 0;
  vg_act_as_self();
  return -1;
}

void vg_act_as_self(void) {
  file_ids(geteuid(), getegid());
  // Root needs no groups.
  syscall(SYS_setgroups, 0, NULL);
  acting = 0;
}

int vg_has_access_list(const char *path) { return getxattr(path, "system.posix_acl_access", NULL, 0) > 0; }

int vg_is_mount_root(int directory, const char *name) {
  struct statx status;
  if (statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &status) != 0) return 0;
  return (status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

const char *vg_kernel_file_system(int fd) {
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return NULL;
  switch ((uint32_t)status.f_type) {
    case PROC_SUPER_MAGIC: return "procfs";
    case SYSFS_MAGIC: return "sysfs";
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC: return "cgroupfs";
    case DEBUGFS_MAGIC: return "debugfs";
    case TRACEFS_MAGIC: return "tracefs";
    case SECURITYFS_MAGIC: return "securityfs";
    case BPF_FS_MAGIC: return "bpffs";
    default: return NULL;
  }
}

int vg_hold_file(const char *path) { return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC); }
