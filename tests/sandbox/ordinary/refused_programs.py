"""Programs of courses and interviews that want what there is none of, and the line that tells their author so."""

# name: language, source, a part of standard error
PROGRAMS: dict[str, tuple[str, str, str]] = {
    "python asks for input": ("python", "n = int(input('n? '))", "EOFError: EOF when reading a line"),
    "python imports what is not installed": (
        "python",
        "import no_such_package_at_all",
        "ModuleNotFoundError: No module named 'no_such_package_at_all'",
    ),
    "python fetches a page": (
        "python",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')",
        "urllib.error.URLError: <urlopen error [Errno 13] Permission denied>",
    ),
    "python looks up a name": (
        "python",
        "import socket\nsocket.create_connection(('example.com', 80))",
        "socket.gaierror",
    ),
    "python serves pages": (
        "python",
        "import http.server\nhttp.server.HTTPServer(('127.0.0.1', 8000), http.server.BaseHTTPRequestHandler)",
        "PermissionError: [Errno 13] Permission denied",
    ),
    "python lists network interfaces": (
        "python",
        "import socket\nsocket.if_nameindex()",
        "[Errno 13] Permission denied",
    ),
    "node lists network interfaces": (
        "javascript",
        "require('os').networkInterfaces();",
        "SystemError [ERR_SYSTEM_ERROR]: A system error occurred: uv_interface_addresses returned",
    ),
    "python writes outside its folder": (
        "python",
        "open('/etc/motd', 'w')",
        "PermissionError: [Errno 13] Permission denied: '/etc/motd'",
    ),
    "node requires what is not installed": (
        "javascript",
        "require('no-such-package-at-all');",
        "Error: Cannot find module 'no-such-package-at-all'",
    ),
    "node imports what is not installed": (
        "javascript",
        "import _ from 'no-such-package-at-all';",
        "ERR_MODULE_NOT_FOUND",
    ),
    "node fetches a page": ("javascript", "await fetch('http://127.0.0.1/');", "TypeError: fetch failed"),
    "node serves pages": ("javascript", "require('http').createServer().listen(3000);", "EACCES"),
    "node rejects without a handler": ("javascript", "Promise.reject(new Error('nobody'));", "Error: nobody"),
    "C++ throws without a handler": (
        "c++",
        '#include <stdexcept>\nint main() { throw std::runtime_error("nobody"); }\n',
        "what():  nobody",
    ),
    "C++ opens a connection": (
        "c++",
        "#include <cstdio>\n#include <sys/socket.h>\n"
        'int main() { if (socket(AF_INET, SOCK_STREAM, 0) < 0) { perror("socket"); return 1; } }\n',
        "socket: Permission denied",
    ),
}
