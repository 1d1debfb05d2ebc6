// What needs headers that Swift must not see a second time: names such as SOCK_STREAM would be no longer Glibc's.
#define _GNU_SOURCE
#include "CLinux.h"

#include <link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>

int vg_unix_backlog(int fd) {
  struct {
    struct nlmsghdr head;
    struct unix_diag_req request;
  } query = {
      .head = {.nlmsg_len = sizeof query, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
      .request = {.sdiag_family = AF_UNIX, .udiag_show = UDIAG_SHOW_RQLEN, .udiag_cookie = {-1, -1}}};
  _Alignas(struct nlmsghdr) char answer[1024];
  struct stat status;
  if (fstat(fd, &status) != 0) return -1;
  query.request.udiag_ino = (uint32_t)status.st_ino;
  int link = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (link < 0) return -1;
  // The kernel has answered when the question is sent.
  ssize_t count = send(link, &query, sizeof query, 0) < 0 ? -1 : recv(link, answer, sizeof answer, MSG_DONTWAIT);
  close(link);
  struct nlmsghdr *head = (struct nlmsghdr *)answer;
  if (count < 0 || !NLMSG_OK(head, count) || head->nlmsg_type != SOCK_DIAG_BY_FAMILY) return -1;
  struct unix_diag_msg *found = NLMSG_DATA(head);
  struct rtattr *attribute = (struct rtattr *)(found + 1);
  int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof *found));
  while (RTA_OK(attribute, left) && attribute->rta_type != UNIX_DIAG_RQLEN)
    attribute = RTA_NEXT(attribute, left);
  if (!RTA_OK(attribute, left)) return -1;
  return (int)((struct unix_diag_rqlen *)RTA_DATA(attribute))->udiag_wqueue;
}

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

_Thread_local const void *vg_thread_mark;

int vg_accept(int fd, void *address, uint32_t *bytes) {
  return accept4(fd, address, bytes, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void vg_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
