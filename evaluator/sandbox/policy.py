"""The sandbox's policy as data: limits of a job, paths that it sees, system calls that it may make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """Limits of one job. Memory is what a job may add to what the jail and its table already take.

    A small table gets the seconds as they are; a large one more, one for each `cells_a_second` cells (rows times
    columns), and of the wall clock as much more in proportion.
    """

    memory_mb: int = 1024
    cpu_s: int = 10
    wall_s: float = 15.0
    cells_a_second: int = 1_000_000
    tmp_mb: int = 64
    file_mb: int = 64
    threads: int = 64
    descriptors: int = 64
    max_part_bytes: int = 32 << 20
    jobs_per_zygote: int = 300

    def seconds(self, cells: int) -> tuple[int, float]:
        """CPU and wall-clock seconds of a job on that many cells."""
        cpu_s = self.cpu_s + cells // self.cells_a_second
        return cpu_s, self.wall_s * cpu_s / self.cpu_s


# Between the end of a job's time and the kill; none for a job that has to end by a release.
KILL_GRACE_S = 0.25
# A job cannot pass this however it goes wrong: after it the whole jail is killed and started anew.
SUPERVISOR_GRACE_S = 2.0
START_TIMEOUT_S = 120.0
# Nobody's: a user that owns no file and runs nothing else, taken where the platform was started as root.
UNPRIVILEGED_ID = 61_001

# Not /dev/zero: a shared mapping of it is memory that no limit counts as a job's own.
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom")
SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libx32")
SYSTEM_LINKS = ("/lib", "/lib64", "/lib32", "/libx32")
TIME_ZONES = "/usr/share/zoneinfo"

# One thread a library, and none that a library starts by itself: a process with threads cannot be forked safely.
ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - the jail's own
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}

# System calls that a job may make; the ones with conditions follow. Everything else answers EPERM.
ALLOWED_CALLS = """
read write readv writev pread64 pwrite64 close fstat newfstatat stat lstat statx lseek openat open access
faccessat faccessat2 readlink readlinkat getdents64 getcwd chdir mkdir mkdirat rmdir unlink unlinkat rename renameat
renameat2 ftruncate fsync fdatasync fadvise64 dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 epoll_create1
epoll_ctl epoll_wait epoll_pwait eventfd2 munmap mprotect mremap madvise brk msync membarrier futex
futex_waitv set_robust_list get_robust_list rseq set_tid_address sched_yield sched_getaffinity sched_getparam
sched_getscheduler get_mempolicy arch_prctl exit exit_group rt_sigaction rt_sigprocmask rt_sigreturn
rt_sigtimedwait sigaltstack restart_syscall getpid gettid getppid getpgrp getuid geteuid getgid getegid getgroups
getrlimit getrusage times sysinfo uname umask getcpu clock_gettime clock_getres clock_nanosleep nanosleep
gettimeofday time getrandom alarm setitimer getitimer sched_get_priority_max sched_get_priority_min getpriority
statfs fstatfs
""".split()  # noqa: SIM905 - a list to read
CLONE_THREAD = 0x10000
CLONE_NAMESPACES = 0x7E020080 | 0x02000000  # every CLONE_NEW* bit
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030)  # DUPFD GETFD SETFD GETFL SETFL DUPFD_CLOEXEC
PRCTL_OPTIONS = (15, 16)  # SET_NAME GET_NAME
# Of mmap's flags, MAP_SHARED, MAP_ANONYMOUS and MAP_GROWSDOWN together: a private or shared file, or private memory.
# Shared anonymous memory and stacks that grow are what RLIMIT_DATA does not count. (mincore is not allowed either: it
# tells which pages of a library other jobs have touched.)
MMAP_KINDS, MMAP_ALLOWED = 0x121, (0x00, 0x01, 0x20)
IOCTL_REQUESTS = (0x5401, 0x5413, 0x5451, 0x5450)  # TCGETS TIOCGWINSZ FIOCLEX FIONCLEX
OWN_PROCESS = 1  # in its own pid namespace a job is process 1 and may signal nobody else
ENOSYS = 38  # to clone3: libc falls back to clone, whose flags a filter can see
EPERM = 1
