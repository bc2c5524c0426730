"""Programs that try to get out, to stay, or to take more than they may; and those that run out of time."""

import re

from tests.cases.expected import (
    ANYTHING,
    Expected,
    Program,
    containing,
    dies,
    does_not_compile,
    prints,
    times_out,
    without_secrets,
)

_NO_SECRETS = without_secrets()


def _harmless(text: re.Pattern[str] = _NO_SECRETS) -> tuple[Expected, ...]:
    """It compiles or it does not; in either case it tells nothing."""
    return (
        Expected(stdout=text, stderr=text, compile_output=text),
        *does_not_compile(text, stdout="", compile_output_truncated=None),
    )


ISOLATION = (
    Program(
        cases=("S01",),
        name="prints its environment",
        source="import os\nprint(*sorted(os.environ.items()), sep='\\n')\nassert len(os.environ) < 12\n",
        outcomes=prints(without_secrets("PATH")),
    ),
    Program(
        cases=("S01",),
        name="prints its environment from node",
        language="javascript",
        source="console.log(process.env);\n",
        outcomes=prints(without_secrets("PATH")),
    ),
    Program(
        cases=("S02",),
        name="reads the environment of every process",
        source="""
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "task/" + pid + "/environ"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                print(file.read().replace(b"\\0", b"\\n").decode(errors="replace"))
        except OSError:
            pass
""",
        outcomes=prints(without_secrets("PATH")),
    ),
    Program(
        cases=("S02",),
        name="looks into every other process",
        source="""
import os
own = str(os.getpid())
for pid in filter(str.isdigit, os.listdir("/proc")):
    if pid == own:
        continue
    for name in ("mem", "maps", "syscall", "stack", "fd/0", "fd/1", "fd/3", "cwd/main.py", "root/etc/shadow"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if file.read(1):
                    print("open:", name, open(f"/proc/{pid}/cmdline").read().replace(chr(0), " "))
        except OSError:
            pass
""",
        outcomes=prints(""),
    ),
    Program(
        cases=("S03",),
        name="asks for the cloud's metadata",
        source="""
import urllib.request
for url in ("http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/v2/credentials", "http://1.1.1.1/"):
    try:
        urllib.request.urlopen(url, timeout=3)
        print("answered")
    except OSError as error:
        print("no way")
""",
        outcomes=prints("no way\n" * 3),
    ),
    Program(
        cases=("S04",),
        name="looks for the runtime API on loopback",
        source="""
import socket
ports = {3000, 4566, 5432, 9001}
try:
    for line in open("/proc/net/tcp").readlines()[1:]:
        ports.add(int(line.split()[1].split(":")[1], 16))
except OSError:
    pass
reached = 0
for port in ports:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        reached += 1
    except OSError:
        pass
print(reached, "reached")
""",
        outcomes=prints("0 reached\n"),
    ),
    Program(
        cases=("S04",),
        name="speaks UDP, netlink and raw",
        source="""
import socket
kinds = (
    (socket.AF_INET, socket.SOCK_DGRAM),
    (socket.AF_INET6, socket.SOCK_STREAM),
    (socket.AF_NETLINK, socket.SOCK_RAW),
    (socket.AF_PACKET, socket.SOCK_RAW),
    (socket.AF_VSOCK, socket.SOCK_STREAM),
)
for family, kind in kinds:
    try:
        socket.socket(family, kind)
        print("opened", family)
    except OSError:
        print("refused")
""",
        outcomes=prints("refused\n" * 5),
    ),
    Program(
        cases=("S06",),
        name="serves on loopback",
        source="""
import http.server
try:
    http.server.HTTPServer(("127.0.0.1", 8080), http.server.BaseHTTPRequestHandler)
    print("serves")
except PermissionError:
    print("denied")
""",
        outcomes=prints("denied\n"),
    ),
    Program(
        cases=("S10",),
        name="keeps a key in the kernel",
        language="c++",
        source="""
#include <cerrno>
#include <iostream>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    long key = syscall(SYS_add_key, "user", "note", "text", 4, -3);
    std::cout << key << ' ' << (errno == EPERM || errno == ENOSYS);
}
""",
        outcomes=prints("-1 1"),
    ),
    Program(
        cases=("S12",),
        name="asks where it is",
        source="""
import platform
for path in ("/proc/self/cgroup", "/proc/self/mounts", "/proc/self/cmdline", "/proc/uptime", "/proc/version"):
    try:
        print(open(path).read())
    except OSError:
        print("shut")
print(platform.node())
""",
        outcomes=prints(without_secrets()),
    ),
    Program(
        cases=("S14",),
        name="asks AWS who it is",
        source="""
try:
    import boto3
    print(boto3.client("sts", region_name="us-east-1").get_caller_identity())
except Exception as error:
    print(type(error).__name__)
""",
        outcomes=prints(re.compile(r"\A(ModuleNotFoundError|NoCredentialsError)\n\Z")),
    ),
    *(
        Program(
            cases=("C05",),
            name=f"includes {path}",
            language="c++",
            source=f'#include "{path}"\nint main() {{}}\n',
            outcomes=_harmless(),
        )
        for path in ("/etc/passwd", "/proc/self/environ", "/proc/1/environ", "/var/task/handler.py")
    ),
    *(
        Program(
            cases=("C15",),
            name=f"assembles {path}",
            language="c++",
            source=f"""
#include <cstdio>
asm(".section .rodata\\nblob: .incbin \\"{path}\\"\\nblob_end: .byte 0\\n.text");
extern const char blob[] asm("blob");
extern const char blob_end[] asm("blob_end");
int main() {{ fwrite(blob, 1, blob_end - blob, stdout); }}
""",
            outcomes=_harmless(),
        )
        for path in ("/etc/passwd", "/proc/self/environ")
    ),
    Program(
        cases=("F01",),
        name="writes and reads a file",
        source='open("data.txt", "w").write("kept")\nprint(open("./data.txt").read())\n',
        outcomes=prints("kept\n"),
    ),
    Program(
        cases=("F04",),
        name="overwrites programs and libraries",
        source="""
import json, os, shutil
programs = (shutil.which("g++"), shutil.which("node"), "/bin/bash")
for path in (*programs, json.__file__, os.__file__, "/etc/passwd", "/etc/environment"):
    try:
        open(path, "r+b").close()
        print("open", path)
    except OSError:
        print("shut")
for folder in ("/opt", "/usr/bin", "/etc", "/var/task", os.path.dirname(json.__file__)):
    try:
        os.mkdir(folder + "/mine")
        print("made", folder)
    except OSError:
        print("shut")
""",
        outcomes=prints("shut\n" * 12),
    ),
    Program(
        cases=("F09",),
        name="leaves a sparse file, a loop and a name that is no text",
        source="""
import os
try:
    with open("sparse", "wb") as file:
        file.truncate(10**12)
except OSError:
    pass
os.symlink("loop", "loop")
os.symlink("/etc/passwd", "out")
os.symlink("..", "up")
os.close(os.open(b"\\xff\\xfe", os.O_CREAT | os.O_WRONLY))
os.mkfifo("pipe")
print("left")
""",
        outcomes=prints("left\n"),
    ),
)

PROCESSES = (
    Program(
        cases=("P01",),
        name="leaves a child that holds its output",
        source='import subprocess\nsubprocess.Popen(["sleep", "600"])\nprint("done")\n',
        outcomes=prints("done\n"),
    ),
    Program(
        cases=("P02",),
        name="leaves a child in a session of its own",
        source='import subprocess\nsubprocess.Popen(["sleep", "600"], start_new_session=True)\nprint("done")\n',
        outcomes=prints("done\n"),
    ),
    Program(
        cases=("P02",),
        name="leaves a daemon, forked twice",
        source="""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
print("done")
""",
        outcomes=prints("done\n"),
    ),
    Program(
        cases=("P07",),
        name="starts ten thousand threads",
        language="c++",
        source="""
#include <chrono>
#include <thread>
#include <vector>
int main() {
    std::vector<std::thread> threads;
    for (int n = 0; n < 10000; n++) threads.emplace_back([] { std::this_thread::sleep_for(std::chrono::hours(1)); });
}
""",
        outcomes=dies("SIGABRT", stderr=containing("Resource temporarily unavailable")),
    ),
    Program(
        cases=("P07",),
        name="forks without end",
        source="""
import os, time
forks = 0
try:
    while forks < 5000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        forks += 1
except OSError:
    print("stopped", forks <= 64)
""",
        outcomes=prints("stopped True\n"),
    ),
    Program(
        cases=("P08",),
        name="stops itself",
        source='import os, signal\nprint("stopping")\nos.kill(os.getpid(), signal.SIGSTOP)\n',
        outcomes=times_out("stopping\n"),
        small_limits=True,
    ),
    Program(
        cases=("P10",),
        name="stops its parent",
        language="c++",
        source="#include <csignal>\n#include <unistd.h>\nint main() { kill(getppid(), SIGSTOP); for (;;) pause(); }\n",
        outcomes=times_out(),
        small_limits=True,
    ),
    Program(
        cases=("P11",),
        name="kills everyone it can",
        source="""
import os
for target in (-1, 0, os.getppid(), 1):
    if target == 0:
        continue
    try:
        os.kill(target, 9)
    except OSError:
        pass
print("alone")
""",
        outcomes=(*prints("alone\n"), *dies("SIGKILL", stdout=ANYTHING)),
    ),
    Program(
        cases=("P13",),
        name="closes its output and goes on",
        source="import os, time\nos.close(1)\nos.close(2)\ntime.sleep(1)\nos._exit(0)\n",
        outcomes=prints("", least_execution_time_ms=1000),
    ),
    Program(
        cases=("P14",),
        name="waits for a child that never ends",
        source="""
import os
if os.fork() == 0:
    while True:
        pass
os.wait()
""",
        outcomes=times_out(),
        small_limits=True,
    ),
    Program(
        cases=("P14",),
        name="lets a child do the work",
        source="""
import os, time
if os.fork() == 0:
    while time.process_time() < 0.5:
        pass
    os._exit(0)
os.wait()
""",
        outcomes=prints("", least_cpu_time_ms=450),
    ),
    Program(
        cases=("P16",),
        name="raises its own priority and limits",
        source="""
import os, resource
for attempt in (
    lambda: os.nice(-20),
    lambda: resource.setrlimit(resource.RLIMIT_NPROC, (resource.RLIM_INFINITY,) * 2),
    lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2),
    lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2),
):
    try:
        attempt()
        print("raised")
    except (OSError, ValueError):
        print("refused")
""",
        outcomes=prints("refused\n" * 4),
    ),
)

TIME = (
    Program(
        cases=("R06",),
        name="computes one number for hours",
        source='print("go")\nn = 7 ** (10**9)\n',
        outcomes=times_out("go\n"),
        small_limits=True,
    ),
    Program(
        cases=("R08", "L21"),
        name="sleeps for too long",
        source="import time\ntime.sleep(120)\n",
        outcomes=times_out(least_execution_time_ms=1900),
        small_limits=True,
    ),
    Program(
        cases=("R08",),
        name="never ends",
        source="while True:\n    pass\n",
        outcomes=times_out(least_execution_time_ms=1900, least_cpu_time_ms=500),
        small_limits=True,
    ),
    Program(
        cases=("R08",),
        name="never ends in node",
        language="javascript",
        source='console.log("spinning");\nfor (;;);\n',
        outcomes=times_out("spinning\n"),
        small_limits=True,
    ),
    Program(
        cases=("R21",),
        name="never ends in C++",
        language="c++",
        source="int main() { while (1); }\n",
        outcomes=times_out(compile_output=ANYTHING),
        small_limits=True,
    ),
    Program(
        cases=("P08",),
        name="ignores every signal that may be ignored",
        source="""
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True:
    signal.pause()
""",
        outcomes=times_out(),
        small_limits=True,
    ),
)
