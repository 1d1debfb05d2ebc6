// HMAC-SHA256 over timestamp, "." and body by njs's webcrypto, for nginx-njs.conf.
const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };

async function check(r) {
  const timestamp = r.headersIn['mor-timestamp'] || '';
  const signature = r.headersIn['mor-signature'] || '';
  if (!/^[0-9]{1,15}$/.test(timestamp) || !/^[0-9a-f]{64}$/.test(signature)
      || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) {
    r.return(401);
    return;
  }
  const key = await crypto.subtle.importKey(
    'raw', Buffer.from(r.variables.secret), ALGORITHM, false, ['verify']);
  // njs 0.7.9 cannot join an empty buffer.
  const head = Buffer.from(timestamp + '.');
  const signed = r.headersIn['content-length'] === '0' ? head : Buffer.concat([head, r.requestBuffer]);
  if (await crypto.subtle.verify(ALGORITHM, key, Buffer.from(signature, 'hex'), signed)) {
    r.internalRedirect('@app');
  } else {
    r.return(401);
  }
}

export default { check };
