/* Landlock: what of the file system a program reaches, no TCP, and no signal or abstract socket out of its run. */

#include "launcher.h"

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
#define FS_REFER (1ULL << 13)          /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14)       /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15)      /* ABI 5 */
#define NET_BIND_CONNECT_TCP 3ULL      /* ABI 4 */
#define SCOPE_ABSTRACT_AND_SIGNAL 3ULL /* ABI 6 */
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset_attributes {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

struct path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

static void allow_path(long ruleset, const char *path, uint64_t access)
{
	long descriptor = open_path(path, O_PATH);
	if (descriptor == -ENOENT || descriptor == -ENOTDIR || descriptor == -EACCES)
		return; /* not there, so there is nothing to allow */
	struct path_beneath rule = {.allowed_access = access, .parent_fd = (int)need(descriptor, "landlock path")};
	long result = CALL_4(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
	if (result == -EINVAL) { /* a file: the kernel refuses rights on it that only a folder can have */
		rule.allowed_access &= FS_OF_FILES;
		result = CALL_4(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
	}
	need(result, "landlock rule");
	CALL_1(__NR_close, descriptor);
}

int enter_landlock(const struct options *options)
{
	if (!options->landlock)
		return 0;
	long abi = CALL_3(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION_FLAG);
	need(abi ? abi : -EOPNOTSUPP, "landlock");
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
	long ruleset = need(CALL_3(LANDLOCK_CREATE_RULESET, &attributes, size, 0), "landlock ruleset");
	for (int i = 0; i < options->count; i++) {
		const char *path;
		if ((path = value_of(options->arguments[i], "read")))
			allow_path(ruleset, path, (FS_READ_FILE | FS_READ_DIR | FS_EXECUTE) & handled);
		else if ((path = value_of(options->arguments[i], "write")))
			allow_path(ruleset, path, ~(FS_MAKE_CHAR | FS_MAKE_BLOCK) & handled);
		else if ((path = value_of(options->arguments[i], "device")))
			allow_path(ruleset, path, (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE) & handled);
	}
	need(CALL_2(LANDLOCK_RESTRICT_SELF, ruleset, 0), "landlock restrict");
	CALL_1(__NR_close, ruleset);
	return (int)abi;
}
