"""Ordinary programs in JavaScript, and what each prints."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

PROGRAMS: dict[str, tuple[str, str]] = {
    "worker with messages": (
        "const { Worker, isMainThread, parentPort } = require('worker_threads');\nif (isMainThread) { const w = new Worker(__filename); w.on('message', m => console.log(m)); w.postMessage(20); } else parentPort.once('message', n => parentPort.postMessage(n + 1));",
        "21\n",
    ),
    "four workers": (
        "const { Worker } = require('worker_threads');\nPromise.all([1, 2, 3, 4].map(n => new Promise(d => new Worker(`require('worker_threads').parentPort.postMessage(${n} ** 2)`, { eval: true }).on('message', d)))).then(a => console.log(a));",
        "[ 1, 4, 9, 16 ]\n",
    ),
    "shared memory and Atomics": (
        "const { Worker } = require('worker_threads');\nconst a = new Int32Array(new SharedArrayBuffer(4));\nnew Worker(`Atomics.store(require('worker_threads').workerData, 0, 5); Atomics.notify(require('worker_threads').workerData, 0);`, { eval: true, workerData: a });\nAtomics.wait(a, 0, 0); console.log(a[0]);",
        "5\n",
    ),
    "message channel": (
        "const { port1, port2 } = new MessageChannel();\nport2.on('message', m => { console.log(m); port2.close(); }); port1.postMessage({ a: [1] });",
        "{ a: [ 1 ] }\n",
    ),
    "exec": ("require('child_process').exec('echo $((6 * 7))', (e, out) => process.stdout.write(out));", "42\n"),
    "spawn with input": (
        "const p = require('child_process').spawn('tr', ['a-z', 'A-Z']); p.stdout.on('data', d => console.log(String(d))); p.stdin.end('hello');",
        "HELLO\n",
    ),
    "spawnSync": ("console.log(require('child_process').spawnSync('sh', ['-c', 'exit 3']).status);", "3\n"),
    "kill of a child": (
        "const p = require('child_process').spawn('sleep', ['60']); p.on('exit', (c, s) => console.log(c, s)); p.kill();",
        "null SIGTERM\n",
    ),
    "fork with messages": (
        "if (process.send) { process.on('message', n => { process.send(n * 2); process.disconnect(); }); } else { const c = require('child_process').fork(__filename); c.on('message', m => console.log(m)); c.send(21); }",
        "42\n",
    ),
    "files, synchronously": (
        "const fs = require('fs'); fs.mkdirSync('a/b', { recursive: true }); fs.writeFileSync('a/b/c', 'x'); fs.appendFileSync('a/b/c', 'y'); fs.renameSync('a/b/c', 'd'); console.log(fs.readFileSync('d', 'utf8'), fs.statSync('d').size, fs.readdirSync('a'));",
        "xy 2 [ 'b' ]\n",
    ),
    "files, with promises": (
        "import { mkdtemp, rm, readdir, writeFile } from 'node:fs/promises'; import os from 'node:os'; import path from 'node:path';\nconst d = await mkdtemp(path.join(os.tmpdir(), 'x-')); await writeFile(path.join(d, 'f'), ''); console.log(await readdir(d)); await rm(d, { recursive: true });",
        "[ 'f' ]\n",
    ),
    "links and modes": (
        "const fs = require('fs'); fs.writeFileSync('f', ''); fs.symlinkSync('f', 'l'); fs.linkSync('f', 'h'); fs.chmodSync('f', 0o600); console.log(fs.readlinkSync('l'), fs.statSync('f').nlink, (fs.statSync('f').mode & 0o777).toString(8));",
        "f 2 600\n",
    ),
    "file streams": (
        "const fs = require('fs'), { pipeline } = require('stream/promises');\nfs.writeFileSync('a', 'x'.repeat(1e5)); pipeline(fs.createReadStream('a'), fs.createWriteStream('b')).then(() => console.log(fs.statSync('b').size));",
        "100000\n",
    ),
    "transform stream": (
        "const { Readable, Transform } = require('stream');\nReadable.from(['a', 'b']).pipe(new Transform({ transform(c, e, d) { d(null, String(c).toUpperCase() + '\\n'); } })).pipe(process.stdout);",
        "A\nB\n",
    ),
    "web streams": (
        "const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } }); let n = 0; for await (const x of s) n += x; console.log(n);",
        "3\n",
    ),
    "line by line": (
        "const rl = require('readline').createInterface({ input: require('stream').Readable.from(['a\\nb\\n']) }); rl.on('line', l => console.log(l));",
        "a\nb\n",
    ),
    "module by import": ("import path, { join } from 'path'; console.log(join('a', '..', 'b'), path.sep);", "b /\n"),
    "module of its own": (
        "import { writeFileSync } from 'fs'; writeFileSync('other.mjs', 'export const x = 42; export default () => x;'); const m = await import('./other.mjs'); console.log(m.x, m.default());",
        "42 42\n",
    ),
    "import.meta": (
        "import { fileURLToPath } from 'url'; console.log(fileURLToPath(import.meta.url).split('/').pop());",
        "main.js\n",
    ),
    "CommonJS module of its own": (
        "require('fs').writeFileSync('m.js', 'exports.f = n => n + 1;'); console.log(require('./m').f(1), module.children.length);",
        "2 1\n",
    ),
    "JSON module": ("require('fs').writeFileSync('d.json', '[1]'); console.log(require('./d.json'));", "[ 1 ]\n"),
    "createRequire": (
        "import { createRequire } from 'module'; console.log(createRequire(import.meta.url)('os').EOL.length);",
        "1\n",
    ),
    "top-level await": (
        "const x = await new Promise(d => setTimeout(d, 1, 'later')); console.log(x); export {};",
        "later\n",
    ),
    "WebAssembly": (
        "const m = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]);\nWebAssembly.instantiate(m).then(({ instance }) => console.log(instance.exports.add(40, 2)));",
        "42\n",
    ),
    "WebAssembly memory": (
        "const m = new WebAssembly.Memory({ initial: 1 }); m.grow(1); console.log(m.buffer.byteLength);",
        "131072\n",
    ),
    "hashes": (
        "const c = require('crypto'); console.log(c.createHash('sha256').update('').digest('hex').slice(0, 8), c.randomUUID().length);",
        "e3b0c442 36\n",
    ),
    "encryption": (
        "const c = require('crypto'), k = c.randomBytes(32), i = c.randomBytes(16); const e = c.createCipheriv('aes-256-cbc', k, i); const x = Buffer.concat([e.update('hi'), e.final()]); const d = c.createDecipheriv('aes-256-cbc', k, i); console.log(d.update(x, null, 'utf8') + d.final('utf8'));",
        "hi\n",
    ),
    "keys and signatures": (
        "const c = require('crypto'); const { publicKey, privateKey } = c.generateKeyPairSync('ed25519'); console.log(c.verify(null, Buffer.from('m'), publicKey, c.sign(null, Buffer.from('m'), privateKey)));",
        "true\n",
    ),
    "web crypto": (
        "const d = await crypto.subtle.digest('SHA-1', new TextEncoder().encode('')); console.log(Buffer.from(d).toString('hex').slice(0, 8)); export {};",
        "da39a3ee\n",
    ),
    "scrypt in the pool": (
        "require('crypto').scrypt('p', 's', 16, { N: 1024 }, (e, k) => console.log(k.length));",
        "16\n",
    ),
    "compression": (
        "const z = require('zlib'); z.brotliCompress('x'.repeat(1000), (e, b) => console.log(z.brotliDecompressSync(b).length, z.inflateSync(z.deflateSync('y')).toString()));",
        "1000 y\n",
    ),
    "order of the event loop": (
        "setImmediate(() => { console.log('immediate'); setTimeout(() => console.log('timeout'), 1); }); process.nextTick(() => console.log('tick')); Promise.resolve().then(() => console.log('promise')); console.log('now');",
        "now\ntick\npromise\nimmediate\ntimeout\n",
    ),
    "timers with promises": (
        "import { setTimeout as sleep } from 'timers/promises'; console.log(await sleep(1, 'slept'));",
        "slept\n",
    ),
    "abort": (
        "const a = new AbortController(); require('timers/promises').setTimeout(60000, 0, { signal: a.signal }).catch(e => console.log(e.name)); a.abort();",
        "AbortError\n",
    ),
    "events": (
        "const e = new (require('events'))(); e.once('x', v => console.log(v)); e.emit('x', 1); console.log(e.emit('x', 2));",
        "1\nfalse\n",
    ),
    "signals": (
        "process.once('SIGUSR2', s => { console.log(s); clearInterval(t); }); const t = setInterval(() => {}, 1000); process.kill(process.pid, 'SIGUSR2');",
        "SIGUSR2\n",
    ),
    "exit code and handlers": ("process.on('exit', c => console.log('exit', c)); process.exitCode = 0;", "exit 0\n"),
    "uncaught exception handled": (
        "process.on('uncaughtException', e => console.log(e.message)); setTimeout(() => { throw new Error('late'); }, 1);",
        "late\n",
    ),
    "async iteration": (
        "async function* g() { yield 1; yield 2; } (async () => { for await (const x of g()) console.log(x); })();",
        "1\n2\n",
    ),
    "all settled": (
        "Promise.allSettled([1, Promise.reject(2)]).then(r => console.log(r.map(x => x.status).join()));",
        "fulfilled,rejected\n",
    ),
    "classes, private fields, optional chaining": (
        "class A { #x = 1; static n = 2; get x() { return this.#x; } } console.log(new A().x, A.n, null?.y ?? 'none', 2 ** 64);",
        "1 2 none 18446744073709552000\n",
    ),
    "BigInt": ("let f = 1n; for (let i = 1n; i <= 25n; i++) f *= i; console.log(f);", "15511210043330985984000000n\n"),
    "Intl": (
        "console.log(new Intl.NumberFormat('de-DE').format(1234567.8), new Date(0).toISOString());",
        "1.234.567,8 1970-01-01T00:00:00.000Z\n",
    ),
    "regular expressions": (
        "console.log('2024-02-29'.replace(/(?<y>\\d+)-(?<m>\\d+)-(?<d>\\d+)/u, '$<d>.$<m>.$<y>'));",
        "29.02.2024\n",
    ),
    "typed arrays and Buffers": (
        "console.log(Buffer.from('héllo').toString('base64'), new Float64Array([1.5])[0], Buffer.alloc(1e6).length);",
        "aMOpbGxv 1.5 1000000\n",
    ),
    "Map, Set, WeakRef, Proxy": (
        "const p = new Proxy({}, { get: (t, k) => k }); console.log(new Map([[1, 2]]).get(1), new Set([1, 1]).size, new WeakRef(p).deref().abc);",
        "2 1 abc\n",
    ),
    "vm": ("console.log(require('vm').runInNewContext('x + 1', { x: 41 }));", "42\n"),
    "util": (
        "const u = require('util'); console.log(u.format('%s:%d', 'a', 1), u.inspect({ a: { b: {} } }), u.types.isDate(new Date()));",
        "a:1 { a: { b: {} } } true\n",
    ),
    "assert": (
        "try { require('assert').deepStrictEqual({ a: 1 }, { a: 2 }); } catch (e) { console.log(e.code); }",
        "ERR_ASSERTION\n",
    ),
    "performance": (
        "const { performance } = require('perf_hooks'); console.log(performance.now() > 0, process.hrtime.bigint() > 0n, process.memoryUsage().rss > 0);",
        "true true true\n",
    ),
    "structured clone": ("console.log(structuredClone(new Map([['a', new Date(0)]])).get('a').getTime());", "0\n"),
    "async local storage": (
        "const { AsyncLocalStorage } = require('async_hooks'); const s = new AsyncLocalStorage(); s.run(7, () => setTimeout(() => console.log(s.getStore()), 1));",
        "7\n",
    ),
    "URL": (
        "const u = new URL('http://a.b/c?d=1#e'); u.searchParams.append('f', '2'); console.log(u.search, u.hash);",
        "?d=1&f=2 #e\n",
    ),
    "large output": ("console.log('x'.repeat(99999));", "x" * 99_999 + "\n"),
    "deep recursion": ("const f = n => n && 1 + f(n - 1); console.log(f(5000));", "5000\n"),
    "user and machine": (
        "const os = require('os'); console.log(process.getuid() > 0, os.platform(), os.cpus().length > 0, process.cwd().endsWith('/work'));",
        "true linux true true\n",
    ),
    "environment": (
        "console.log(process.env.HOME.endsWith('/home'), process.env.AWS_SECRET_ACCESS_KEY, process.argv.length);",
        "true undefined 2\n",
    ),
    "questions at the end of input": (
        "const r = require('readline').createInterface({ input: process.stdin }); r.on('line', l => console.log(l)).on('close', () => console.log('closed'));",
        "closed\n",
    ),
    "input at once": (
        "console.log(JSON.stringify(require('fs').readFileSync(0, 'utf8')));",
        '""\n',
    ),
    "cluster": (
        "const c = require('cluster'); if (c.isPrimary) c.fork().on('exit', code => console.log('worker', code)); else process.exit(3);",
        "worker 3\n",
    ),
    "tables and groups": (
        "console.group('g'); console.log('%s is %d', 'a', 1); console.groupEnd(); console.table([{ a: 1 }]);",
        "g\n  a is 1\n┌─────────┬───┐\n│ (index) │ a │\n├─────────┼───┤\n│ 0       │ 1 │\n└─────────┴───┘\n",
    ),
    "iterators, groups and labels": (
        "outer: for (const [i, x] of ['a', 'b'].entries()) { for (;;) { if (i) break outer; console.log(x); continue outer; } }\nconsole.log([3, 1, 2].sort(), [1, 2].at(-1), Object.fromEntries([['a', 1]]));",
        "a\n[ 1, 2, 3 ] 2 { a: 1 }\n",
    ),
    "standard streams by their names": (
        "const fs = require('fs'); const text = fs.readFileSync('/dev/stdin', 'utf8'); fs.writeFileSync('/dev/stdout', `rows: ${text.split('\\n').filter(Boolean).length}\\n`); fs.writeFileSync('/dev/stderr', '');",
        "rows: 0\n",
    ),
    "standard input as a whole": ("console.log(JSON.stringify(require('fs').readFileSync(0, 'utf8')));", '""\n'),
}
