#pragma once
// The few kernel calls that Swift's Glibc module does not show: epoll, eventfd, the variadic prctl, and what
// only netlink tells.
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Keeps other processes of the same user from reading this one's memory, and the kernel from dumping it.
static inline int vg_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/// Adds, changes or removes one descriptor; `op` is an EPOLL_CTL value.
static inline int vg_epoll_ctl(int epoll, int op, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.fd = fd}};
  return epoll_ctl(epoll, op, fd, &event);
}

/// A descriptor that wakes a `poll`; closed on exec.
static inline int vg_eventfd(void) { return eventfd(0, EFD_CLOEXEC); }

static inline void vg_eventfd_signal(int fd) { eventfd_write(fd, 1); }

static inline int vg_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

/// Reserves blocks for a file without changing its size (FALLOC_FL_KEEP_SIZE); -1 and errno on failure.
static inline long vg_reserve(int fd, long bytes) { return syscall(SYS_fallocate, fd, 1, 0L, bytes); }

/// The backlog of a listening unix socket, by sock_diag(7); -1 where the kernel does not say, as without
/// AF_NETLINK among the unit's RestrictAddressFamilies=.
static inline int vg_unix_backlog(int fd) {
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
