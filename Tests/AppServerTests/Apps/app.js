// The app on Node's own server: node app.js PORT KEEP-ALIVE-MILLISECONDS
'use strict';
const { createHmac } = require('crypto');
const { appendFileSync } = require('fs');
const { createServer } = require('http');

const block = (number) => Buffer.from((String(number).padStart(15, '0') + '\n').repeat(4096));

function blocks(response, count, number = 0) {
  while (number < count) {
    if (!response.write(block(number++))) return response.once('drain', () => blocks(response, count, number));
  }
  response.end();
}

const whole = {
  bare: (response) => response.writeHead(204).end(),
  unchanged: (response) => response.writeHead(304, { etag: '"same"' }).end(),
  chunked: (response) => blocks(response, 16),
  interim: (response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    setTimeout(() => response.end('interim'), 5);
  },
  closing: (response) => {
    response.removeHeader('transfer-encoding');
    blocks(response, 16);
  },
  trailers: (response) => {
    response.setHeader('trailer', 'x-sum');
    response.write(block(0));
    response.addTrailers({ 'x-sum': 'done' });
    response.end();
  },
  large: (response) => {
    response.setHeader('content-length', 1600 * 65536);
    blocks(response, 1600);
  },
};

function take(request, response, body) {
  const name = request.url.split('/').pop();
  if (whole[name]) return whole[name](response);
  const line = `${createHmac('sha256', 'witness').update(body).digest('hex')} ${body.length}`;
  appendFileSync(process.env.WITNESS_FILE, `${request.headers['x-witness'] || '-'} ${line}\n`);
  if (name === 'dying') return request.socket.destroy();
  const text = `${line} ${request.socket.remotePort}`;
  response.setHeader('content-length', text.length);
  response.end(text);
}

let isEnding = false;
const server = createServer((request, response) => {
  if (isEnding) response.shouldKeepAlive = false;
  const early = /early(\d+)$/.exec(request.url);
  if (early) {
    response.writeHead(Number(early[1]), { 'content-length': 5 });
    return response.end('early');
  }
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => take(request, response, Buffer.concat(parts)));
});
server.keepAliveTimeout = Number(process.argv[3]);
server.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => {
  isEnding = true;
  server.close();
  server.closeIdleConnections();
});
