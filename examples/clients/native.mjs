#!/usr/bin/env node
// Start a job over runbell's own API, wait for its end; its log goes to stderr, its result to stdout.
//
//   export RUNBELL_URL=http://127.0.0.1:7878 RUNBELL_TOKEN=KEY
//   node native.mjs JOB '{"name": "Ada"}'
//
// Instead of RUNBELL_TOKEN (an API key or a token): RUNBELL_CLIENT_ID and RUNBELL_CLIENT_SECRET. Node 18 or newer, no package.
// Exit code: 0 succeeded, 13 with warnings, 10 failed, 11 time limit, 12 stopped, 14 discarded, 15 lost; 1 refused.
import { randomUUID } from 'node:crypto';

const { RUNBELL_URL = 'http://127.0.0.1:7878', RUNBELL_TOKEN, RUNBELL_CLIENT_ID, RUNBELL_CLIENT_SECRET } = process.env;
const LATER = [429, 502, 503, 504];
const CODES = { succeeded: 0, failed: 10, stopped: 12, discarded: 14, lost: 15 };
const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

// The answer's body as text; what fails for the moment is sent again. A refusal ends the program with its reason.
async function ask(method, path, headers, body) {
  for (let attempt = 0; ; attempt++) {
    let answer, text;
    try {
      answer = await fetch(RUNBELL_URL + path, { method, headers, body });
      text = await answer.text();
    } catch (broken) {
      if (attempt === 5) refuse(broken.cause?.message ?? broken.message);
      await sleep(2 ** attempt);
      continue;
    }
    if (answer.ok) return text;
    if (!LATER.includes(answer.status) || attempt === 5) refuse(text.startsWith('{') ? (JSON.parse(text).detail ?? text) : text);
    await sleep(Number(answer.headers.get('Retry-After')) || 2 ** attempt);
  }
}

function refuse(reason) {
  console.error(`refused: ${reason}`);
  process.exit(1);
}

async function aToken() {
  const basic = Buffer.from(`${RUNBELL_CLIENT_ID}:${RUNBELL_CLIENT_SECRET}`).toString('base64');
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  return JSON.parse(await ask('POST', '/oauth/token', { Authorization: `Basic ${basic}` }, form)).access_token;
}

const [job, params = '{}'] = process.argv.slice(2);
if (!job) refuse('which job? node native.mjs JOB [PARAMETERS]');
const bearer = { Authorization: `Bearer ${RUNBELL_TOKEN || (await aToken())}` };

// With an Idempotency-Key the same start may be sent again: it is the same execution.
const start = { ...bearer, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() };
let execution = JSON.parse(await ask('POST', `/api/v1/jobs/${job}/executions`, start, `{"params": ${params}}`));
const path = `/api/v1/executions/${execution.id}`;
console.error(`execution ${execution.number}: ${execution.id}`);
while (execution.ended_at === null) {
  execution = JSON.parse(await ask('GET', `${path}?wait=20`, bearer)); // answers at its end, or after 20 s
}
const { status, exit_status: { code } } = execution;
console.error(`${status} (${code})`);
process.stderr.write(await ask('GET', `${path}/logs/raw`, bearer));
process.stdout.write(await ask('GET', `${path}/result`, bearer)); // nothing (204) when there is none
process.exitCode = { 'succeeded WARN': 13, 'failed TIMEOUT': 11 }[`${status} ${code}`] ?? CODES[status];
