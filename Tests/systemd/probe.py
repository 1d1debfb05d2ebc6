#!/usr/bin/python3 -B
"""Tries what the service must not be able to do, and prints for each whether it could: lines of `name: outcome`.

The test runs it in the service's place, under every setting of its unit.
"""
import ctypes
import mmap
import os
import resource
import socket

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, PTRACE_ATTACH, ADDR_NO_RANDOMIZE = 0x10000000, 16, 0x0040000


def attempt(name, action):
    try:
        outcome = action()
        print("%s: %s" % (name, "done" if outcome is None else outcome), flush=True)
    except (OSError, ValueError) as error:
        print("%s: denied (%s)" % (name, getattr(error, "strerror", None) or error), flush=True)


def call(function, *arguments):
    if getattr(LIBC, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def write(folder):
    path = folder + "/vesigate-probe"
    with open(path, "w"):
        os.remove(path)


def executable_memory():
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def made_executable():
    """Memory that was written and is then to be executed."""
    block = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(block))
    call("mprotect", ctypes.c_void_p(address), ctypes.c_size_t(4096), mmap.PROT_READ | mmap.PROT_EXEC)


def other_processes():
    return sum(1 for name in os.listdir("/proc") if name.isdigit()) - 1


def devices():
    return " ".join(sorted(name for name in os.listdir("/dev") if os.path.exists("/dev/" + name)))


def status(field):
    with open("/proc/self/status") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith(field + ":"))


for folder in ("/usr/bin", "/etc", "/etc/vesigate", "/etc/vesigate/secrets", "/var/lib", "/home", "/root", "/run"):
    attempt("write " + folder, lambda: write(folder))
attempt("write and execute memory", executable_memory)
attempt("make memory executable", made_executable)
attempt("raw packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close())
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())
attempt("port 80", lambda: socket.create_server(("127.0.0.1", 80)).close())
attempt("user namespace", lambda: call("unshare", CLONE_NEWUSER))
attempt("mount", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
attempt("trace process 1", lambda: call("ptrace", PTRACE_ATTACH, 1, 0, 0))
attempt("become root", lambda: os.setuid(0))
attempt("change the personality", lambda: call("personality", ADDR_NO_RANDOMIZE))
attempt("set the host's name", lambda: socket.sethostname("other"))
attempt("raise the core limit", lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)))
attempt("other processes", other_processes)
attempt("devices", devices)
for field in ("CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters"):
    attempt(field, lambda: status(field))
