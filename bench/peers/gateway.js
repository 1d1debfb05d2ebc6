// A verifying reverse proxy of Node's standard library: gateway.js PORT UPSTREAM SECRET-FILE.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');

const [port, upstream] = [Number(process.argv[2]), Number(process.argv[3])];
const key = crypto.createSecretKey(Buffer.from(fs.readFileSync(process.argv[4], 'utf8').trim()));
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 2048 });
const BODY_BYTES_MAX = 1 << 20;
const TOLERANCE_SECONDS = 300;

function verifies(headers, chunks) {
  const timestamp = headers['mor-timestamp'] || '';
  const signature = headers['mor-signature'] || '';
  if (!/^[0-9]{1,15}$/.test(timestamp) || !/^[0-9a-f]{64}$/.test(signature)
      || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const mac = crypto.createHmac('sha256', key).update(timestamp).update('.');
  for (const chunk of chunks) mac.update(chunk);
  return crypto.timingSafeEqual(mac.digest(), Buffer.from(signature, 'hex'));
}

function refuse(response, status) {
  response.writeHead(status, { 'content-length': 0 });
  response.end();
}

function forward(request, response, chunks, bytes) {
  const headers = { ...request.headers, 'content-length': bytes, 'x-verified': 'true' };
  delete headers.connection;
  delete headers['transfer-encoding'];
  const options = { agent, port: upstream, host: '127.0.0.1', method: request.method, path: request.url, headers };
  const out = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders.length ? answer.headers : undefined);
    answer.pipe(response);
  });
  out.on('error', () => refuse(response, 502));
  for (const chunk of chunks) out.write(chunk);
  out.end();
}

http.createServer((request, response) => {
  const chunks = [];
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  });
  request.on('end', () => {
    if (bytes > BODY_BYTES_MAX) refuse(response, 413);
    else if (!verifies(request.headers, chunks)) refuse(response, 401);
    else forward(request, response, chunks, bytes);
  });
}).listen(port, '127.0.0.1', 4096);
