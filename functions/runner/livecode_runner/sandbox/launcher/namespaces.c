/* Namespaces, where the runner has the privilege: a run that sees only its own processes, no network device,
 * no kernel object of anybody else, a /dev/shm of its own, and in chosen places what it is given instead of the machine's.
 *
 * This process moves into the new namespaces and makes two children, both the runner's (CLONE_PARENT): first the init of
 * the PID namespace, then the program. So the runner reaps and measures the program as ever; what loses its parent in
 * the namespace becomes a child of init; and whoever kills init has ended everything in it, the kernel sees to that. */

#include "launcher.h"

#include <linux/mount.h>
#include <linux/sched.h>

enum { KILL_SIGNAL = 9, CHILD_SIGNAL = 17, SIGNAL_SET_BYTES = 8, BLOCK_SIGNALS = 0, NO_HANG = 1 };

/* Its children's CPU time becomes its own as it reaps them. */
_Noreturn static void reap_orphans(void)
{
	const uint64_t child_signal = 1ULL << (CHILD_SIGNAL - 1);
	need(CALL_4(__NR_rt_sigprocmask, BLOCK_SIGNALS, &child_signal, NULL, SIGNAL_SET_BYTES), "init");
	end_with_runner();
	need(CALL_0(__NR_setsid), "init");
	need(CALL_1(__NR_chdir, "/"), "init");
	need(CALL_3(__NR_close_range, 0, ~0U, 0), "init");
	for (;;) {
		CALL_4(__NR_rt_sigtimedwait, &child_signal, NULL, NULL, SIGNAL_SET_BYTES);
		while (CALL_4(__NR_wait4, -1, NULL, NO_HANG, NULL) > 0)
			continue;
	}
}

void enter_namespaces(const struct options *options)
{
	if (!options->namespaces)
		return;
	need(CALL_1(__NR_unshare, options->namespaces), "namespaces");
	if (!(options->namespaces & CLONE_NEWPID))
		return;
	long init = need(CALL_2(__NR_clone, CLONE_PARENT | CHILD_SIGNAL, 0), "init");
	if (init == 0)
		reap_orphans();
	write_status("init", "", (unsigned long)init);
}

static void mount_over(const char *place, const char *type, const char *data)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	long result = system_call(__NR_mount, (long)type, (long)place, (long)type, (long)flags, (long)data);
	if (result != -ENOENT) /* no such folder: nothing to cover */
		need(result, place);
}

/* In the order of the arguments: what is mounted inside a folder goes along when that is mounted elsewhere. */
static void bind_folders(const struct options *options)
{
	const char *source = NULL, *place;
	for (int i = 0; i < options->count; i++)
		if ((place = value_of(options->arguments[i], "over")))
			need(system_call(__NR_mount, (long)source, (long)place, 0, MS_BIND | MS_REC, 0), place);
		else if ((place = value_of(options->arguments[i], "bind")))
			source = place;
}

void mount_own_folders(const struct options *options)
{
	if (!(options->namespaces & CLONE_NEWNS))
		return;
	/* What is mounted from here on must not reach anybody else. */
	need(system_call(__NR_mount, 0, (long)"/", 0, MS_REC | MS_PRIVATE, 0), "private mounts");
	struct line size = {0};
	add_text(&size, "mode=1777,size=");
	add_number(&size, options->shared_memory);
	mount_over("/dev/shm", "tmpfs", size.text);
	if (options->namespaces & CLONE_NEWPID)
		mount_over("/proc", "proc", "hidepid=2");
	bind_folders(options);
}
