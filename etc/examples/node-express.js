// Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.
//
//   npm install express; node node-express.js    Node 20.10 or later
const { createHash } = require('node:crypto');
const fs = require('node:fs/promises');
const express = require('express');

const folder = process.env.STATE_DIRECTORY ?? '.';
const inbox = `${folder}/deliveries`; // ID.json is a delivery, ID.done says that its work is done

const app = express();

// The bytes as they came: express.json() would have them parsed before they are kept. vesigate's bound is 1 MiB too.
app.post('/vesicash', refuse, express.raw({ type: () => true, limit: '1mb' }), (request, response, next) => {
  // Durable routes name each delivery. Elsewhere the same body is the same delivery.
  const id = request.get('X-Delivery-Id') ?? createHash('sha256').update(request.body).digest('hex');
  keep(id, request.body).then((isNew) => {
    if (isNew) work(id);
    response.sendStatus(200); // it is on disk, once, however often it comes
  }).catch(next); // 500: it comes again
});

function refuse(request, response, next) {
  if (request.get('X-Verified') === 'true') next();
  else response.sendStatus(403); // vesigate did not send this
}

/** Whether it is new. A link is made whole or not at all, and never over another. */
async function keep(id, body) {
  const part = `${inbox}/${process.hrtime.bigint()}.part`;
  await fs.writeFile(part, body, { flush: true });
  const known = await fs.link(part, `${inbox}/${id}.json`).catch((error) => error);
  await fs.unlink(part);
  if (known && known.code !== 'EEXIST') throw known;
  const names = await fs.open(inbox);
  await names.sync().finally(() => names.close());
  return !known;
}

let last = Promise.resolve();

/** One after the other. What fails is tried again at the next start. */
function work(id) {
  last = last.then(async () => {
    await handle(JSON.parse(await fs.readFile(`${inbox}/${id}.json`, 'utf8')));
    await fs.writeFile(`${inbox}/${id}.done`, '');
  }).catch((error) => console.error(`delivery ${id} failed:`, error));
}

/** What your business does about it. Here: a line in a file. */
async function handle({ data }) {
  await fs.appendFile(`${folder}/payments.txt`, `${data.reference} ${data.amount} ${data.currency}\n`);
}

fs.mkdir(inbox, { recursive: true }).then(() => fs.readdir(inbox)).then((names) => {
  const isLeft = (name) => name.endsWith('.json') && !names.includes(name.replace('.json', '.done'));
  for (const name of names.filter(isLeft)) work(name.slice(0, -5));
  app.listen(process.env.PORT ?? 8000, '127.0.0.1');
});
