"""Asks the Runtime API by every way node has."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a connection",
    outside="the server heard nobody, and its secret is not in the output",
    language="javascript",
    source="""
const http = require('http'), net = require('net');
const url = `http://127.0.0.1:${port}/2018-06-01/runtime/invocation/next`;
const byFetch = fetch(url).then(answer => answer.text()).then(won, () => {});
const byHttp = new Promise(done => {
  http.get(url, answer => { won(answer.statusCode); answer.resume(); done(); }).on('error', done);
});
const byNet = new Promise(done => {
  const s = net.connect(port, '127.0.0.1', () => { won('net'); s.destroy(); done(); }).on('error', done);
});
Promise.all([byFetch, byHttp, byNet]).then(() => console.log('end'));
""",
)
