#!/usr/bin/env node
// Start a job over OCAPI (Data API, Jobs), wait for its end; its log goes to stderr, the job execution to stdout.
//
//   export BASE=http://127.0.0.1:7878 CID=CLIENT CSECRET=SECRET
//   node ocapi.mjs CustomerImportJob region=north
//
// BASE stands for the instance, AUTH (BASE, unless told) for the account manager. Node 18 or newer, no package.
// Exit code: 0 finished well, 13 with warnings, 10 in error, 12 aborted, 14 discarded, 15 lost; 1 refused.
const { BASE, AUTH = BASE, CID, CSECRET, PAUSE = '5' } = process.env;
const [job, ...pairs] = process.argv.slice(2);

// The answer's body as text. A refusal ends the program with its reason.
async function ask(method, url, headers, body) {
  const answer = await fetch(url, { method, headers, body });
  const text = await answer.text();
  if (answer.ok) return text;
  console.error(`refused: ${text.startsWith('{') ? (JSON.parse(text).fault?.message ?? text) : text}`);
  process.exit(1);
}

// A token lasts half an hour; a longer job needs another.
let headers, until = 0;
async function login() {
  const basic = `Basic ${Buffer.from(`${CID}:${CSECRET}`).toString('base64')}`;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  const token = JSON.parse(await ask('POST', `${AUTH}/dwsso/oauth2/access_token`, { Authorization: basic }, form));
  headers = { Authorization: `Bearer ${token.access_token}`, 'Content-Type': 'application/json; charset=UTF-8' };
  until = Date.now() + 1000 * (token.expires_in - 60);
}

await login();
const executions = `${BASE}/s/-/dw/data/v17_4/jobs/${encodeURIComponent(job)}/executions`;
const parameters = pairs.map((pair) => ({ name: pair.split('=')[0], value: pair.split('=').slice(1).join('=') }));
let execution = JSON.parse(await ask('POST', executions, headers, JSON.stringify({ parameters })));
console.error(`execution ${execution.id}`);
while (!['finished', 'aborted'].includes(execution.execution_status)) {
  await new Promise((done) => setTimeout(done, 1000 * Number(PAUSE)));
  if (Date.now() > until) await login();
  execution = JSON.parse(await ask('GET', `${executions}/${execution.id}`, headers));
}
process.stderr.write(await ask('GET', `${BASE}/on/demandware.servlet/webdav${execution.log_file_path}`, headers));
console.log(JSON.stringify(execution, null, 2));
const bad = { ABORTED: 12, DISCARDED: 14, LOST: 15 }[execution.status] ?? 10;
process.exitCode = execution.exit_status.status !== 'ok' ? bad : execution.status === 'WARN' ? 13 : 0;
