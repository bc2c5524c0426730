/* Executes one command in the sandbox: limits, session, identity, Landlock, seccomp, then execve.
 *
 *     launcher NAME=VALUE ... -- COMMAND ARGUMENT ...
 *     launcher NAME=VALUE ... probe
 *
 * How it works. The runner spawns this program (vfork and exec: cheap, however large the runner is). It makes the real
 * child with CLONE_PARENT, so that the child belongs to the runner and its peak memory is not counted from the runner's
 * size (a vforked child's ru_maxrss starts there), reports the child's process id on the status pipe, and ends. The child
 * applies each layer, in an order in which each one still may, and executes the command. The status pipe (descriptor 3)
 * is close-on-exec: its end without a further line says that the command is running; otherwise the line says which step
 * failed, and no exit code of a program can be mistaken for that.
 *
 *     pid 123
 *     error landlock 13
 *
 * With `probe` the child does not execute anything: it tries what a program must not be able to do, prints what it found
 * on standard output, and ends. Nothing here allocates memory; every failure is fatal, none is ignored.
 *
 * Arguments, in any order, repeated where that makes sense:
 *     folder=DIR        the working folder
 *     path=A:B          where COMMAND is looked up, unless it has a slash
 *     rlimit=N:VALUE    soft and hard limit, never above the present hard one
 *     uid=N             user and group id to become
 *     filter=FILE       seccomp program (seccomp.py)
 *     read=PATH         Landlock: readable and executable; any of these three turns Landlock on
 *     write=DIR         Landlock: everything allowed below
 *     device=FILE       Landlock: readable and writable
 *     avoid=ID,ID       processes, threads, groups that signals must never reach, even after process ids wrapped around
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STATUS_FD = 3, MAX_FILTER = 4096, SPARE_FD_LIMIT = 65536, LAUNCH_FAILED = 126 };

/* linux/landlock.h, spelled out: the header of the machine that builds this may be older than the kernel that runs it. */
enum { LANDLOCK_CREATE_RULESET = 444, LANDLOCK_ADD_RULE = 445, LANDLOCK_RESTRICT_SELF = 446 };
enum { LANDLOCK_VERSION_FLAG = 1, LANDLOCK_PATH_BENEATH = 1 };
#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_MAKE_CHAR (1ULL << 6)
#define FS_MAKE_BLOCK (1ULL << 11)
#define FS_ABI_1 ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)     /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND_CONNECT_TCP 3ULL /* ABI 4 */
#define SCOPE_ABSTRACT_AND_SIGNAL 3ULL /* ABI 6 */

struct ruleset_attributes {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

struct path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* seccomp.py has the same; those for signals have FOR_SIGNALS set. */
enum { WINDOW_LOW = 0x4C430001, WINDOW_HIGH, NEGATED_WINDOW_LOW, NEGATED_WINDOW_HIGH, FOR_SIGNALS = 0x10 };

static void write_status(const char *word, const char *step, long number)
{
	char line[128];
	int length = snprintf(line, sizeof line, "%s %s%s%ld\n", word, step, *step ? " " : "", number);
	if (write(STATUS_FD, line, (size_t)length) != length)
		_exit(LAUNCH_FAILED);
}

_Noreturn static void fail(const char *step)
{
	write_status("error", step, errno);
	_exit(LAUNCH_FAILED);
}

static unsigned long parse_number(const char *text, char end, const char **rest)
{
	char *stop;
	errno = EINVAL;
	if (*text < '0' || *text > '9')
		fail("arguments");
	errno = 0;
	unsigned long value = strtoul(text, &stop, 10);
	if (errno == 0 && *stop != end)
		errno = EINVAL;
	if (errno)
		fail("arguments");
	if (rest)
		*rest = stop + 1;
	return value;
}

static const char *value_of(const char *argument, const char *name)
{
	size_t length = strlen(name);
	return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

/* The last value of that name, or NULL. */
static const char *find(char **arguments, int count, const char *name)
{
	const char *found = NULL;
	for (int i = 0; i < count; i++) {
		const char *value = value_of(arguments[i], name);
		if (value)
			found = value;
	}
	return found;
}

static void check_names(char **arguments, int count)
{
	static const char *const names[] = {"folder", "path", "rlimit", "uid", "filter", "read", "write", "device", "avoid"};
	for (int i = 0; i < count; i++) {
		size_t known = 0;
		for (size_t n = 0; n < sizeof names / sizeof *names; n++)
			known += value_of(arguments[i], names[n]) != NULL;
		if (!known) {
			errno = EINVAL;
			fail("arguments");
		}
	}
}

static void reset_signals(void)
{
	/* The runner ignores SIGPIPE, as Python does, and execve would hand that on. */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL))
		fail("signals");
}

static void close_descriptors(void)
{
	if (fcntl(STATUS_FD, F_SETFD, FD_CLOEXEC))
		_exit(LAUNCH_FAILED);
	if (syscall(SYS_close_range, STATUS_FD + 1, ~0U, 0) == 0)
		return;
	/* Before Linux 5.9. The runner opens everything close-on-exec; this is the second lock on that door. */
	for (int descriptor = STATUS_FD + 1; descriptor < SPARE_FD_LIMIT; descriptor++)
		close(descriptor);
}

static void prefer_for_oom_killer(void)
{
	int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (descriptor < 0)
		return; /* a kernel or container without it: the memory watch still works */
	if (write(descriptor, "1000", 4) != 4)
		fail("oom_score_adj");
	close(descriptor);
}

static void set_limits(char **arguments, int count)
{
	for (int i = 0; i < count; i++) {
		const char *value = value_of(arguments[i], "rlimit");
		if (!value)
			continue;
		struct rlimit limit;
		int resource = (int)parse_number(value, ':', &value);
		rlim_t wanted = parse_number(value, '\0', NULL);
		if (getrlimit(resource, &limit))
			fail("getrlimit");
		limit.rlim_max = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(resource, &limit))
			fail("setrlimit");
	}
}

static void drop_privileges(const char *uid)
{
	if (uid) {
		uid_t wanted = (uid_t)parse_number(uid, '\0', NULL);
		if (setgroups(0, NULL) || setresgid(wanted, wanted, wanted) || setresuid(wanted, wanted, wanted))
			fail("uid");
	}
	/* Also without a uid to become: a root that cannot change its uid must not keep what else it can. */
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3] = {{0}};
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, nothing))
		fail("capset");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("no_new_privs");
}

static void end_with_runner(pid_t runner)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		fail("pdeathsig");
	errno = ESRCH;
	if (getppid() != runner)
		fail("runner");
}

static void allow_path(int ruleset, const char *path, uint64_t access, uint64_t handled)
{
	struct path_beneath rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
	if (rule.parent_fd < 0) {
		if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
			return; /* not there, so there is nothing to allow */
		fail("landlock path");
	}
	struct stat status;
	if (fstat(rule.parent_fd, &status))
		fail("landlock stat");
	if (!S_ISDIR(status.st_mode)) /* the kernel refuses rights on a file that only a folder can have */
		access &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
	rule.allowed_access = access & handled;
	if (syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0))
		fail("landlock rule");
	close(rule.parent_fd);
}

/* Returns the ABI in force, 0 if Landlock was not asked for. */
static int enter_landlock(char **arguments, int count)
{
	if (!find(arguments, count, "read") && !find(arguments, count, "write") && !find(arguments, count, "device"))
		return 0;
	int abi = (int)syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION_FLAG);
	if (abi < 1)
		fail("landlock");
	struct ruleset_attributes attributes = {.handled_access_fs = FS_ABI_1};
	size_t size = offsetof(struct ruleset_attributes, handled_access_net);
	if (abi >= 2)
		attributes.handled_access_fs |= FS_REFER;
	if (abi >= 3)
		attributes.handled_access_fs |= FS_TRUNCATE;
	if (abi >= 4) {
		attributes.handled_access_net = NET_BIND_CONNECT_TCP;
		size = offsetof(struct ruleset_attributes, scoped);
	}
	if (abi >= 5)
		attributes.handled_access_fs |= FS_IOCTL_DEV;
	if (abi >= 6) {
		attributes.scoped = SCOPE_ABSTRACT_AND_SIGNAL;
		size = sizeof attributes;
	}
	uint64_t handled = attributes.handled_access_fs;
	int ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &attributes, size, 0);
	if (ruleset < 0)
		fail("landlock ruleset");
	for (int i = 0; i < count; i++) {
		const char *path;
		if ((path = value_of(arguments[i], "read")))
			allow_path(ruleset, path, FS_READ_FILE | FS_READ_DIR | FS_EXECUTE, handled);
		else if ((path = value_of(arguments[i], "write")))
			allow_path(ruleset, path, ~(FS_MAKE_CHAR | FS_MAKE_BLOCK), handled);
		else if ((path = value_of(arguments[i], "device")))
			allow_path(ruleset, path, FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE, handled);
	}
	if (syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0))
		fail("landlock restrict");
	close(ruleset);
	return abi;
}

/* Opened before privileges are dropped: it lies in the runner's own folder. Returns -1 if there is none to load. */
static int open_filter(char **arguments, int count)
{
	const char *path = find(arguments, count, "filter");
	int descriptor = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (path && descriptor < 0)
		fail("filter");
	return descriptor;
}

static void enter_seccomp(char **arguments, int count, int descriptor, int landlock_abi)
{
	static struct sock_filter program[MAX_FILTER];
	if (descriptor < 0)
		return;
	ssize_t size = read(descriptor, program, sizeof program);
	errno = EINVAL;
	if (size <= 0 || (size_t)size % sizeof *program || (size_t)size == sizeof program)
		fail("filter");
	close(descriptor);

	/* The processes of a run are as young as its first one or younger, until process ids wrap around: then also stay
	 * below every id that is to be left alone. Landlock's scope, where there is one, says the same of signals by kinship,
	 * so that nothing has to be guessed from numbers. */
	uint32_t low = (uint32_t)getpid(), high = 0x80000000U;
	for (const char *rest = find(arguments, count, "avoid"); rest && *rest;) {
		const char *after = strchr(rest, ',');
		unsigned long avoided = parse_number(rest, after ? ',' : '\0', NULL);
		if (avoided >= low && avoided < high)
			high = (uint32_t)avoided;
		rest = after ? after + 1 : NULL;
	}
	struct sock_fprog loaded = {.len = (unsigned short)((size_t)size / sizeof *program), .filter = program};
	for (int i = 0; i < loaded.len; i++) {
		if (BPF_CLASS(program[i].code) != BPF_JMP)
			continue;
		int open = (program[i].k & FOR_SIGNALS) && landlock_abi >= 6;
		uint32_t lowest = open ? 1 : low, above = open ? 0x80000000U : high;
		switch (program[i].k & ~(uint32_t)FOR_SIGNALS) {
		case WINDOW_LOW: program[i].k = lowest; break;
		case WINDOW_HIGH: program[i].k = above; break;
		case NEGATED_WINDOW_LOW: program[i].k = 0U - lowest; break;
		case NEGATED_WINDOW_HIGH: program[i].k = 0U - above; break;
		}
	}
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded))
		fail("seccomp");
}

/* What of other processes this one can read: the number of environments opened that hold anything. */
static int count_readable_environments(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int readable = 0;
	while (processes && (entry = readdir(processes))) {
		char path[64], byte;
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof path, "/proc/%.20s/environ", entry->d_name);
		int descriptor = open(path, O_RDONLY | O_CLOEXEC);
		if (descriptor >= 0) {
			readable += read(descriptor, &byte, 1) == 1;
			close(descriptor);
		}
	}
	return readable;
}

_Noreturn static void probe(pid_t runner, int landlock_abi)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/environ", (int)runner);
	printf("no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("seccomp %d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER &&
	       socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EACCES);
	printf("landlock %d\n", landlock_abi);
	printf("uid %d\n", (int)getuid());
	printf("runner_unreadable %d\n", open(path, O_RDONLY | O_CLOEXEC) < 0);
	printf("readable_environments %d\n", count_readable_environments());
	fflush(stdout);
	_exit(ferror(stdout) ? LAUNCH_FAILED : 0);
}

/* execvpe, but with the given path and without allocating. */
_Noreturn static void execute(const char *path, char **command)
{
	if (strchr(command[0], '/')) {
		execve(command[0], command, environ);
		fail("exec");
	}
	int error = ENOENT;
	while (path && *path) {
		char file[PATH_MAX];
		size_t length = strcspn(path, ":");
		if (snprintf(file, sizeof file, "%.*s/%s", (int)length, path, command[0]) < (int)sizeof file) {
			execve(file, command, environ);
			if (errno != ENOENT && errno != ENOTDIR)
				error = errno;
		}
		path += length + (path[length] == ':');
	}
	errno = error;
	fail("exec");
}

int main(int argc, char **argv)
{
	int count = 0;
	while (count + 1 < argc && strcmp(argv[count + 1], "--") != 0 && strcmp(argv[count + 1], "probe") != 0)
		count++;
	char **arguments = argv + 1, **command = argv + count + 2;
	int probing = count + 1 < argc && strcmp(argv[count + 1], "probe") == 0;
	errno = EINVAL;
	if (count + 1 >= argc || (!probing && count + 2 >= argc))
		fail("arguments");
	check_names(arguments, count);

	pid_t runner = getppid();
	/* A raw clone: the child shares nothing with this process, and its parent is the runner. */
	long child = syscall(SYS_clone, (unsigned long)(CLONE_PARENT | SIGCHLD), 0, 0, 0, 0);
	if (child < 0)
		fail("clone");
	if (child > 0) {
		write_status("pid", "", child);
		_exit(0);
	}

	const char *folder = find(arguments, count, "folder");
	reset_signals();
	umask(S_IWGRP | S_IWOTH);
	if (setsid() < 0)
		fail("setsid");
	close_descriptors();
	prefer_for_oom_killer();
	int filter = open_filter(arguments, count);
	set_limits(arguments, count);
	drop_privileges(find(arguments, count, "uid"));
	if (folder && chdir(folder))
		fail("folder");
	end_with_runner(runner);
	int landlock_abi = enter_landlock(arguments, count);
	enter_seccomp(arguments, count, filter, landlock_abi);
	if (probing)
		probe(runner, landlock_abi);
	execute(find(arguments, count, "path"), command);
}
