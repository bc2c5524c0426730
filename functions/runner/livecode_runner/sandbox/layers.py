"""The layers of the sandbox, each on or off in a given environment."""

from enum import StrEnum


class Layer(StrEnum):
    LAUNCHER = "launcher"  # limits, session, no_new_privs, no inherited descriptors
    SECCOMP = "seccomp"
    DUMPABLE = "dumpable"  # the runner is not: nobody of its uid can read it
    SUBREAPER = "subreaper"
    LANDLOCK = "landlock"
    SEPARATE_UID = "separate_uid"  # of its own for each concurrent run
    PID_NAMESPACE = "pid_namespace"  # of its own too, like the next four
    MOUNT_NAMESPACE = "mount_namespace"
    NETWORK_NAMESPACE = "network_namespace"
    IPC_NAMESPACE = "ipc_namespace"
    CGROUP = "cgroup"  # bounds memory
    CLEAN_FOLDERS = "clean_folders"  # nothing is left in /tmp, /var/tmp, /dev/shm
    PRIVATE_ENVIRONMENTS = "private_environments"  # no process's environment could be read at start


NAMESPACES = {
    Layer.PID_NAMESPACE: "pid",
    Layer.MOUNT_NAMESPACE: "mount",
    Layer.NETWORK_NAMESPACE: "network",
    Layer.IPC_NAMESPACE: "ipc",
}
