"""Ordinary programs in C++, and what each prints. Light headers: compiling is what these tests cost."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to


def _program(includes: str, body: str, before: str = "") -> str:
    lines = [f"#include <{name}>" for name in ("cstdio", *includes.split())]
    return "\n".join([*lines, before, f"int main() {{ {body} }}\n"])


PROGRAMS: dict[str, tuple[str, str]] = {
    "thread": (_program("thread", 'std::thread t([] { std::puts("in"); }); t.join(); std::puts("out");'), "in\nout\n"),
    "jthread": (_program("thread", 'std::jthread([](std::stop_token) { std::puts("in"); });'), "in\n"),
    "mutex and condition": (
        _program(
            "thread mutex condition_variable",
            'std::mutex m; std::condition_variable c; bool b = false; std::thread t([&] { std::lock_guard l(m); b = true; c.notify_one(); }); std::unique_lock l(m); c.wait(l, [&] { return b; }); l.unlock(); t.join(); std::puts("met");',
        ),
        "met\n",
    ),
    "async and future": (
        _program(
            "future", 'auto f = std::async(std::launch::async, [] { return 42; }); std::printf("%d\\n", f.get());'
        ),
        "42\n",
    ),
    "atomics": (
        _program(
            "atomic thread",
            'std::atomic<int> n{0}; auto f = [&] { for (int i = 0; i < 1000; i++) n++; }; std::thread a(f), b(f); a.join(); b.join(); std::printf("%d\\n", n.load());',
        ),
        "2000\n",
    ),
    "atomic wait": (
        _program(
            "atomic thread",
            'std::atomic<int> n{0}; std::thread t([&] { n = 1; n.notify_all(); }); n.wait(0); t.join(); std::printf("%d\\n", n.load());',
        ),
        "1\n",
    ),
    "semaphore, latch and barrier": (
        _program(
            "semaphore latch barrier thread",
            'std::counting_semaphore<2> s(0); std::latch l(1); std::barrier b(1); std::thread t([&] { s.release(); l.count_down(); }); s.acquire(); l.wait(); b.arrive_and_wait(); t.join(); std::puts("passed");',
        ),
        "passed\n",
    ),
    "thread-local data": (
        _program("thread", 'x = 1; std::thread([] { std::printf("%d\\n", x); }).join();', "thread_local int x = 0;"),
        "0\n",
    ),
    "call once": (
        _program(
            "mutex", 'std::once_flag f; for (int i = 0; i < 3; i++) std::call_once(f, [] { std::puts("once"); });'
        ),
        "once\n",
    ),
    "pthreads": (
        _program(
            "pthread.h",
            'pthread_t t; pthread_create(&t, nullptr, [](void *p) -> void * { *(int *)p = 5; return nullptr; }, &x); pthread_join(t, nullptr); std::printf("%d\\n", x);',
            "int x;",
        ),
        "5\n",
    ),
    "file system": (
        _program(
            "filesystem fstream",
            'namespace fs = std::filesystem; fs::create_directories("a/b"); std::ofstream("a/b/c") << "xyz"; auto n = fs::file_size("a/b/c"); std::printf("%d %d\\n", (int)n, (int)fs::remove_all("a"));',
        ),
        "3 3\n",
    ),
    "file streams": (
        _program(
            "fstream string",
            '{ std::ofstream f("x"); f << 42 << " word"; } std::ifstream f("x"); int n; std::string w; f >> n >> w; std::printf("%d %s\\n", n, w.c_str());',
        ),
        "42 word\n",
    ),
    "iostream": (
        _program(
            "iostream iomanip",
            "std::cout << std::setw(5) << std::setfill('0') << 42 << \" \" << std::boolalpha << true << std::endl;",
        ),
        "00042 true\n",
    ),
    "end of input": (_program("iostream", 'int n; std::puts(std::cin >> n ? "read" : "end");'), "end\n"),
    "string streams": (
        _program(
            "sstream string",
            'std::istringstream s("1 2 3"); int n, t = 0; while (s >> n) t += n; std::printf("%d\\n", t);',
        ),
        "6\n",
    ),
    "standard files": (
        _program(
            "cstring",
            'FILE *f = std::fopen("x", "w+"); std::fprintf(f, "%d", 42); std::rewind(f); char b[8] = ""; std::fgets(b, 8, f); std::puts(b); std::fclose(f);',
        ),
        "42\n",
    ),
    "temporary file": (
        _program(
            "cstdlib unistd.h",
            'char n[] = "/tmp/x"; (void)n; FILE *f = std::fopen("t", "w+"); unlink("t"); std::fputs("hi", f); std::rewind(f); std::printf("%c\\n", std::fgetc(f));',
        ),
        "h\n",
    ),
    "temporary file without a name": (
        _program(
            "",
            'FILE *f = std::tmpfile(); if (!f) return 1; std::fputs("hi", f); std::rewind(f); std::printf("%c\\n", std::fgetc(f));',
        ),
        "h\n",
    ),
    "temporary names": (
        _program(
            "cstdlib filesystem unistd.h",
            'char n[] = "/tmp/xXXXXXX"; int f = mkstemp(n); std::printf("%d ", f >= 0); unlink(n); auto p = std::filesystem::temp_directory_path() / "y"; FILE *g = std::fopen(p.c_str(), "w"); std::printf("%d\\n", g != nullptr);',
        ),
        "1 1\n",
    ),
    "atomics of 16 bytes": (
        _program(
            "atomic",
            'std::atomic<P> a; a.store({1, 2}); P b = a.load(), c{3, 4}; a.compare_exchange_strong(b, c); std::printf("%ld\\n", a.load().y);',
            "struct P { long x, y; };",
        ),
        "4\n",
    ),
    "ranges": (
        _program(
            "ranges vector",
            'std::vector v{1, 2, 3, 4}; for (int x : v | std::views::filter([](int x) { return x % 2 == 0; }) | std::views::transform([](int x) { return x * x; })) std::printf("%d ", x); std::puts("");',
        ),
        "4 16 \n",
    ),
    "range algorithms": (
        _program(
            "algorithm vector",
            'std::vector v{3, 1, 2}; std::ranges::sort(v); std::printf("%d %d %d\\n", v[0], v[1], v[2]);',
        ),
        "1 2 3\n",
    ),
    "concepts": (
        _program(
            "concepts", 'std::printf("%d\\n", twice(21));', "template <std::integral T> T twice(T x) { return x * 2; }"
        ),
        "42\n",
    ),
    "coroutines": (
        _program(
            "coroutine",
            'auto g = count(); for (int i = 0; i < 3; i++) { g.h.resume(); std::printf("%d ", g.h.promise().v); } g.h.destroy(); std::puts("");',
            "struct G { struct promise_type { int v; G get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; } std::suspend_always initial_suspend() { return {}; } std::suspend_always final_suspend() noexcept { return {}; } std::suspend_always yield_value(int x) { v = x; return {}; } void return_void() {} void unhandled_exception() {} }; std::coroutine_handle<promise_type> h; };\nG count() { for (int i = 0;; i++) co_yield i; }",
        ),
        "0 1 2 \n",
    ),
    "span and bit": (
        _program(
            "span bit", 'int a[] = {1, 2, 3}; std::span s(a); std::printf("%zu %d\\n", s.size(), std::popcount(255u));'
        ),
        "3 8\n",
    ),
    "three-way comparison": (
        _program(
            "compare",
            'std::printf("%d\\n", P{1, 2} < P{1, 3});',
            "struct P { int a, b; auto operator<=>(const P &) const = default; };",
        ),
        "1\n",
    ),
    "consteval and templates": (
        _program(
            "",
            'static_assert(f(5) == 120); std::printf("%d\\n", f(5));',
            "consteval int f(int n) { return n < 2 ? 1 : n * f(n - 1); }",
        ),
        "120\n",
    ),
    # Unoptimised: this header alone costs as much as ten of the others.
    "regular expressions": (
        '#pragma GCC optimize("O0")\n'
        + _program(
            "regex",
            'std::cmatch m; bool b = std::regex_search("a1b22", m, std::regex("[0-9]+$")); std::printf("%d %td\\n", b, m.position());',
        ),
        "1 3\n",
    ),
    "chrono": (
        _program(
            "chrono",
            'using namespace std::chrono; auto t = steady_clock::now(); std::printf("%d %d\\n", (int)duration_cast<seconds>(90min).count(), steady_clock::now() >= t);',
        ),
        "5400 1\n",
    ),
    "sleep": (
        _program("thread chrono", 'std::this_thread::sleep_for(std::chrono::milliseconds(1)); std::puts("awake");'),
        "awake\n",
    ),
    "random": (
        _program("random", 'std::mt19937 g(1); std::random_device d; (void)d(); std::printf("%u\\n", g());'),
        "1791095845\n",
    ),
    "maps": (
        _program(
            "map unordered_map string",
            'std::map<std::string, int> m{{"b", 2}, {"a", 1}}; std::unordered_map<int, int> u; u[1]++; std::printf("%s %d\\n", m.begin()->first.c_str(), u[1]);',
        ),
        "a 1\n",
    ),
    "priority queue": (
        _program(
            "queue vector",
            'std::priority_queue<int> q; q.push(1); q.push(3); q.push(2); std::printf("%d\\n", q.top());',
        ),
        "3\n",
    ),
    "sets and bitset": (
        _program(
            "set bitset",
            'std::set<int> s{2, 1, 2}; std::bitset<8> b(5); std::printf("%zu %zu\\n", s.size(), b.count());',
        ),
        "2 2\n",
    ),
    "optional, variant and any": (
        _program(
            "optional variant any",
            'std::optional<int> o; std::variant<int, double> v = 1.5; std::any a = 3; std::printf("%d %zu %d\\n", o.value_or(7), v.index(), std::any_cast<int>(a));',
        ),
        "7 1 3\n",
    ),
    "smart pointers": (
        _program(
            "memory",
            'auto s = std::make_shared<int>(4); std::weak_ptr w = s; s.reset(); std::printf("%d %d\\n", w.expired(), *std::make_unique<int>(5));',
        ),
        "1 5\n",
    ),
    "functions and tuples": (
        _program(
            "functional tuple",
            'std::function<int(int)> f = [](int x) { return x + 1; }; auto [a, b] = std::make_tuple(1, 2.5); std::printf("%d %.1f\\n", f(a), b);',
        ),
        "2 2.5\n",
    ),
    "exceptions": (
        _program(
            "stdexcept",
            'try { throw std::runtime_error("thrown"); } catch (const std::exception &e) { std::puts(e.what()); }',
        ),
        "thrown\n",
    ),
    "dynamic cast": (
        _program(
            "typeinfo",
            'B b; A *a = &b; std::printf("%d\\n", dynamic_cast<B *>(a) != nullptr);',
            "struct A { virtual ~A() = default; }; struct B : A {};",
        ),
        "1\n",
    ),
    "numeric": (
        _program(
            "numeric vector",
            'std::vector<int> v(10); std::iota(v.begin(), v.end(), 1); std::printf("%d %d\\n", std::accumulate(v.begin(), v.end(), 0), std::gcd(12, 18));',
        ),
        "55 6\n",
    ),
    "mathematics": (
        _program(
            "cmath complex numbers",
            'std::printf("%.4f %.1f %.3f\\n", std::sin(1.0), std::abs(std::complex<double>(3, 4)), std::numbers::pi);',
        ),
        "0.8415 5.0 3.142\n",
    ),
    "char conversions": (
        _program(
            "charconv string_view",
            'int n; std::string_view s = "42"; std::from_chars(s.data(), s.data() + 2, n); std::printf("%d\\n", n);',
        ),
        "42\n",
    ),
    "128 bits": (
        _program(
            "cstdint", 'unsigned __int128 x = 1; x <<= 100; std::printf("%llu\\n", (unsigned long long)(x >> 90));'
        ),
        "1024\n",
    ),
    "large array": (
        _program(
            "",
            "static int a[30"
            "'"
            "000"
            "'"
            "000]; for (int i = 0; i < 30"
            "'"
            "000"
            "'"
            '000; i += 1024) a[i] = 1; std::printf("%d\\n", a[1024]);',
        ),
        "1\n",
    ),
    "deep recursion": (
        _program(
            "",
            'std::printf("%d\\n", f(200000));',
            "__attribute__((noinline)) int f(int n) { volatile char b[64]; b[0] = 0; return n == 0 ? b[0] : 1 + f(n - 1); }",
        ),
        "200000\n",
    ),
    "fork and wait": (
        _program(
            "unistd.h sys/wait.h",
            'pid_t p = fork(); if (p == 0) _exit(3); int s; waitpid(p, &s, 0); std::printf("%d\\n", WEXITSTATUS(s));',
        ),
        "3\n",
    ),
    "pipe and exec": (
        _program(
            "",
            'FILE *p = popen("echo hello", "r"); char b[16]; std::fgets(b, 16, p); pclose(p); std::fputs(b, stdout);',
        ),
        "hello\n",
    ),
    "signal handler": (
        _program("csignal", 'std::signal(SIGUSR1, [](int) { std::puts("caught"); }); std::raise(SIGUSR1);'),
        "caught\n",
    ),
    "memory map": (
        _program(
            "sys/mman.h",
            'char *m = (char *)mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); m[0] = 65; std::putchar(m[0]); std::puts("");',
        ),
        "A\n",
    ),
    "epoll and eventfd": (
        _program(
            "sys/epoll.h sys/eventfd.h unistd.h",
            'int e = epoll_create1(0), v = eventfd(1, 0); epoll_event x{}; x.events = EPOLLIN; epoll_ctl(e, EPOLL_CTL_ADD, v, &x); std::printf("%d\\n", epoll_wait(e, &x, 1, 1000));',
        ),
        "1\n",
    ),
    "format, where there is one": (
        '#include <iostream>\n#if __has_include(<format>)\n#include <format>\nint main() { std::cout << std::format("{:>4}", 42) << "\\n"; }\n#else\nint main() { std::cout << "  42\\n"; }\n#endif\n',
        "  42\n",
    ),
    "parallel algorithms": (
        _program(
            "algorithm execution vector",
            'std::vector<int> v{3, 1, 2}; std::sort(std::execution::par, v.begin(), v.end()); std::printf("%d\\n", v[0]);',
        ),
        "1\n",
    ),
    "locale": (
        _program(
            "iostream locale",
            'std::cout.imbue(std::locale("C.UTF-8")); std::cout << std::toupper(\'a\', std::locale("C.UTF-8")) << 1234567 << "\\n";',
        ),
        "A1234567\n",
    ),
    "everything at once": (
        "#include <bits/stdc++.h>\nusing namespace std;\nint main() { vector<int> v{3, 1, 2}; sort(v.begin(), v.end()); for (int x : v) cout << x << ' '; cout << endl; }\n",
        "1 2 3 \n",
    ),
    "standard streams by their names": (
        _program(
            "fstream",
            'std::ifstream in("/dev/stdin"); int x = 7; bool read = static_cast<bool>(in >> x); std::ofstream("/dev/stdout") << read << "\\n"; std::ofstream("/dev/stderr").flush();',
        ),
        "0\n",
    ),
}

# These in every mode; the others in one.
EVERYWHERE = (
    *("standard streams by their names", "thread", "file system", "iostream", "fork and wait", "atomic wait"),
    "temporary file without a name",
)
