#!/usr/bin/env node
// Start a job over DvSum's job execution API, wait for its end; the details go to stdout.
//
//   export BASE=http://127.0.0.1:7878 CID=CLIENT CSECRET=SECRET
//   node dvsum.mjs 48213
//
// BASE stands for https://apis.dvsum.ai, AUTH (BASE, unless told) for https://auth.dvsum.ai. Node 18 or newer, no package.
// Exit code: 0 Completed, 10 Failed, 12 Stopped, 14 Discarded, 15 lost; 1 refused.
import { randomUUID } from 'node:crypto';

const { BASE, AUTH = BASE, CID, CSECRET, PAUSE = '5' } = process.env;
const [job] = process.argv.slice(2);

async function ask(method, url, headers, body) {
  const answer = await fetch(url, { method, headers, body });
  const said = await answer.json();
  if (answer.ok) return said;
  console.error(`refused: ${said.message ?? said.error_description ?? answer.status}`);
  process.exit(1);
}

// A token lasts an hour; a longer job needs another.
let headers, until = 0;
async function login() {
  const basic = `Basic ${Buffer.from(`${CID}:${CSECRET}`).toString('base64')}`;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  const token = await ask('POST', `${AUTH}/oauth2/token`, { Authorization: basic }, form);
  headers = { Authorization: `Bearer ${token.access_token}`, 'Content-Type': 'application/json' };
  until = Date.now() + 1000 * (token.expires_in - 60);
}

await login();
// With an Idempotency-Key the same start may be sent again: it is the same execution. DvSum itself ignores it.
const start = { ...headers, 'Idempotency-Key': randomUUID() };
let execution = await ask('POST', `${BASE}/integration/jobs/${job}/execute`, start);
console.error(`execution ${execution.execution_id}`);
while (!execution.is_finished) {
  await new Promise((done) => setTimeout(done, 1000 * Number(PAUSE)));
  if (Date.now() > until) await login();
  execution = await ask('GET', `${BASE}/integration/jobs/${execution.execution_id}/details`, headers);
}
console.log(JSON.stringify(execution, null, 2));
const codes = { Completed: 0, Failed: execution.exit_code === 'LOST' ? 15 : 10, Stopped: 12, Discarded: 14 };
process.exitCode = codes[execution.status];
