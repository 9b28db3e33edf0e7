// An independent SCIM 2.0 client: what a service answers is read by the message and schema classes of scimmy, filters are evaluated once
// more by scim2-parse-filter, and each PATCH is applied a second time by scim-patch; the results have to agree. URL, TOKEN, SEED and
// ROUNDS come by the environment. Each thing that is not as it should be is one line; the last line says how much was looked at.
const SCIMMY = require("scimmy").default ?? require("scimmy");
const { scimPatch } = require("scim-patch");
const { filter: evaluate, parse } = require("scim2-parse-filter");
const { isDeepStrictEqual: equal } = require("node:util");

const { URL: base, TOKEN: token, SEED: seed, ROUNDS: rounds } = process.env;
const core = "urn:ietf:params:scim:schemas:core:2.0:";
const passly = "urn:passly:params:scim:schemas:extension:directory:2.0:User";
let extension; // its attributes, as published
const seen = { answers: 0, filters: 0, patches: 0, refusals: 0 };
const wrong = (what, ...more) => console.log(["wrong:", what, ...more.map((m) => (typeof m === "string" ? m : JSON.stringify(m)))].join(" "));

// random numbers that a seed decides (mulberry32)
let state = Number(seed) >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n) => Math.floor(random() * n);
const pick = (all) => all[below(all.length)];
let made = 0;
const fresh = (word) => `${word}${++made}`;

async function ask(method, path, body) {
  const answer = await fetch(base + path, {
    method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json", Accept: "application/scim+json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  seen.answers++;
  if (text && !answer.headers.get("content-type")?.startsWith("application/scim+json")) wrong("content type of", method, path, String(answer.headers.get("content-type")));
  const read = { status: answer.status, body: text ? JSON.parse(text) : undefined, etag: answer.headers.get("etag"), location: answer.headers.get("location") };
  if (answer.status >= 400) isError(`${method} ${path}`, read);
  return read;
}

// reads hands an answer to a class of scimmy, which throws at what its schema or message does not allow.
function reads(what, read) {
  try {
    return read();
  } catch (error) {
    wrong(what, "cannot be read:", String(error.message));
  }
}

function isError(what, { status, body }) {
  if (!body?.schemas?.includes("urn:ietf:params:scim:api:messages:2.0:Error")) return wrong(what, "is no SCIM error:", body ?? null);
  if (body.status !== String(status)) wrong(what, "has status", body.status, "in an answer of", String(status));
  const { schemas, ...said } = body; // with schemas, scimmy throws the error that it read
  const again = reads(what, () => new SCIMMY.Messages.Error({ ...said, status: Number(body.status) }));
  if (again && body.scimType !== again.scimType) wrong(what, "has a scimType that is not for its status:", body);
}

// isResource reads a resource by its schema: nothing may be of another type, and nothing may be there that the schema does not have.
function isResource(what, Schema, resource) {
  if (resource?.meta?.resourceType !== Schema.definition.name) wrong(what, "has meta", resource?.meta ?? null);
  if (typeof resource.id !== "string" || !resource.meta?.location?.endsWith(`/${resource.id}`)) wrong(what, "has id and location", resource.id, resource.meta ?? null);
  resource = withoutExtension(what, resource);
  const read = reads(what, () => plain(new Schema(resource, "out")));
  if (!read) return;
  for (const [name, value] of Object.entries(resource)) {
    if (name === "schemas") {
      if (!equal([...read.schemas].sort(), [...value].sort())) wrong(what, "has schemas", value, "want", read.schemas);
    } else if (name === "meta" || name === "id") continue;
    else if (!equal(plain(read[name]), plain(value))) wrong(what, name, "is read as", plain(read[name]) ?? null, "from", value);
  }
}

// withoutExtension holds the extension to its published schema, and leaves it out: scimmy takes extensions of the IETF only.
function withoutExtension(what, resource) {
  const { [passly]: extended, ...rest } = resource;
  if ((extended !== undefined) !== resource.schemas.includes(passly)) wrong(what, "has an extension and schemas", extended ?? null, resource.schemas);
  for (const [name, v] of Object.entries(extended ?? {}))
    if (!extension.some((a) => a.name === name && a.type === typeof v)) wrong(what, "has in its extension", name, v);
  return { ...rest, schemas: resource.schemas.filter((s) => s !== passly) };
}

const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

function isList(what, list) {
  reads(what, () => new SCIMMY.Messages.ListResponse(list));
  if (!list.schemas.includes("urn:ietf:params:scim:api:messages:2.0:ListResponse")) wrong(what, "has schemas", list.schemas);
  if (list.itemsPerPage !== undefined && list.itemsPerPage !== list.Resources.length) wrong(what, "says", String(list.itemsPerPage), "of", String(list.Resources.length));
  return list.Resources;
}

// sameAttributes holds a schema that the service publishes to the one that scimmy took from RFC 7643.
function sameAttributes(where, ours, theirs) {
  for (const one of ours) {
    const other = theirs.find((t) => t.name.toLowerCase() === one.name.toLowerCase());
    if (!other) {
      if (!["externalId", "id", "meta"].includes(one.name)) wrong(where, "has the attribute", one.name, "that RFC 7643 does not");
      continue;
    }
    for (const facet of ["name", "type", "multiValued", "mutability", "returned"])
      if (!equal(one[facet], other[facet]) && other[facet] !== undefined) wrong(`${where}.${one.name}`, facet, "is", one[facet] ?? null, "in RFC 7643", other[facet]);
    if (one.subAttributes) sameAttributes(`${where}.${one.name}`, one.subAttributes, other.subAttributes ?? []);
  }
}

async function discovery() {
  const config = (await ask("GET", "/ServiceProviderConfig")).body;
  const read = reads("ServiceProviderConfig", () => plain(new SCIMMY.Schemas.ServiceProviderConfig(config, "out")));
  for (const scheme of config.authenticationSchemes) delete scheme.primary; // scimmy leaves out what RFC 7643 §2.4 has for every such list
  for (const name of ["patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes"])
    if (read && !equal(read[name], config[name])) wrong("ServiceProviderConfig", name, "is read as", read[name] ?? null, "from", config[name] ?? null);
  const schemas = isList("Schemas", (await ask("GET", "/Schemas")).body);
  for (const one of schemas) {
    const again = (await ask("GET", `/Schemas/${one.id}`)).body;
    if (!equal(again, one)) wrong("Schemas", one.id, "is another in the list");
    const standard = Object.values(SCIMMY.Schemas).find((s) => s?.definition?.id === one.id);
    if (standard) sameAttributes(one.name, one.attributes, plain(standard.definition.describe()).attributes);
    else if (one.id.startsWith(core)) wrong("Schemas", one.id, "is not one of RFC 7643");
  }
  for (const one of isList("ResourceTypes", (await ask("GET", "/ResourceTypes")).body)) {
    reads(`ResourceTypes ${one.name}`, () => new SCIMMY.Schemas.ResourceType(one, "out"));
    for (const id of [one.schema, ...(one.schemaExtensions ?? []).map((e) => e.schema)])
      if (!schemas.some((s) => s.id === id)) wrong("ResourceTypes", one.name, "has a schema that is not published:", id);
    const listed = await ask("GET", `${one.endpoint}?count=1`);
    if (listed.status !== 200) wrong("ResourceTypes", one.name, "has an endpoint that answers", String(listed.status));
  }
  extension = schemas.find((s) => s.id === passly).attributes;
}

const newUser = (n) => ({
  schemas: [`${core}User`, passly], externalId: `x-${n}`, userName: `User${n}@example.test`, name: { givenName: `Given${n % 3}`, familyName: `Family${n}` },
  displayName: pick([`Shown ${n}`, `shown ${n % 2}`]), active: n % 4 !== 0,
  emails: [{ value: `u${n}@example.test`, type: pick(["work", "home"]), primary: true }],
  [passly]: { samAccountName: `u${n}` },
});

async function people() {
  const users = [], groups = [];
  for (let n = 0; n < 12; n++) {
    const answer = await ask("POST", "/Users", newUser(n));
    if (answer.status !== 201 || answer.location !== answer.body.meta?.location) wrong("POST /Users", String(answer.status), answer.location ?? null, answer.body);
    isResource("a new user", SCIMMY.Schemas.User, answer.body);
    users.push(answer.body.id);
  }
  for (let n = 0; n < 4; n++) {
    const answer = await ask("POST", "/Groups", { schemas: [`${core}Group`], externalId: `g-${n}`, displayName: `Group ${n}`, members: users.slice(0, 2 + n).map((value) => ({ value })) });
    isResource("a new group", SCIMMY.Schemas.Group, answer.body);
    groups.push(answer.body.id);
  }
  for (const [path, Schema] of [["/Users", SCIMMY.Schemas.User], ["/Groups", SCIMMY.Schemas.Group]]) {
    for (const one of isList(path, (await ask("GET", path)).body)) isResource(`one of ${path}`, Schema, one);
    const pages = [];
    for (let start = 1; ; start += 3) {
      const page = isList(path, (await ask("GET", `${path}?sortBy=id&startIndex=${start}&count=3`)).body);
      if (page.length === 0) break;
      pages.push(...page.map((one) => one.id));
    }
    if (new Set(pages).size !== pages.length || pages.length !== (path === "/Users" ? users : groups).length) wrong(path, "by pages gives", pages);
  }
  return { users, groups };
}

// bad asks for what is refused; ask reads each refusal as an error.
async function bad({ users }) {
  for (const [method, path, body, want] of [
    ["GET", "/Users/no-such", undefined, [404]],
    ["GET", "/Nowhere", undefined, [404]],
    ["GET", `/Users?filter=${encodeURIComponent("userName zz 1")}`, undefined, [400]],
    ["POST", "/Users", { schemas: [`${core}User`] }, [400]],
    ["POST", "/Users", newUser(1), [409]],
    ["PUT", `/Users/${users[2]}`, { ...newUser(2), userName: "User1@example.test" }, [409]],
    ["PATCH", `/Users/${users[0]}`, patch([]), [400]],
    ["PATCH", `/Users/${users[0]}`, patch([{ op: "replace", path: "id", value: "x" }]), [400]],
    ["PATCH", `/Users/${users[0]}`, patch([{ op: "replace", path: "emails[", value: "x" }]), [400]],
    ["PATCH", `/Users/${users[0]}`, patch([{ op: "rename", path: "displayName", value: "x" }]), [400]],
    ["DELETE", "/Users/no-such", undefined, [404]],
    ["POST", "/Bulk", { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"] }, [200, 400]],
    ["PUT", "/Users", newUser(1), [404, 405]],
  ]) {
    const answer = await ask(method, path, body);
    seen.refusals++;
    if (!want.includes(answer.status)) wrong(method, path, "answers", String(answer.status), "want", want, answer.body ?? null);
  }
  const bulk = await ask("POST", "/Bulk", {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: [
      { method: "POST", path: "/Users", bulkId: "a", data: newUser(90) }, { method: "POST", path: "/Users", bulkId: "b", data: newUser(1) },
      { method: "POST", path: "/Groups", bulkId: "c", data: { schemas: [`${core}Group`], displayName: "By bulk", members: [{ value: "bulkId:a" }] } },
      { method: "DELETE", path: "/Users/no-such" },
    ],
  });
  reads("BulkResponse", () => new SCIMMY.Messages.BulkResponse(bulk.body));
  const statuses = bulk.body.Operations.map((o) => o.status);
  if (!equal(statuses, ["201", "409", "201", "404"])) wrong("Bulk answers", statuses);
  for (const one of bulk.body.Operations) if (Number(one.status) >= 400) isError("an operation of Bulk", { status: one.status, body: one.response });
  for (const one of bulk.body.Operations) if (one.status === "201") await ask("DELETE", one.location.slice(one.location.indexOf("/scim/v2") + 8));
}

const texts = ["userName", "displayName", "name.familyName", "name.givenName", "emails.value", "emails.type", "externalId"];
const value = () => pick(["user1", "User3@example.test", "shown 1", "Shown", "given1", "Family", "work", "home.test", "x-4", "X-4", "h", "nobody"]);

function filterText(depth = 0) {
  switch (depth < 2 ? below(7) : 0) {
    case 1: return `${filterText(depth + 1)} and ${filterText(depth + 1)}`;
    case 2: return `${filterText(depth + 1)} or ${filterText(depth + 1)}`;
    case 3: return `not (${filterText(depth + 1)})`;
    case 4: return `(${filterText(depth + 1)} or ${filterText(depth + 1)}) and ${filterText(depth + 1)}`;
    case 5: return `active eq ${pick(["true", "false"])}`;
    case 6: return `emails[type eq "${pick(["work", "home", "other"])}" and value ${pick(["co", "sw", "eq"])} "${value()}"]`;
  }
  return random() < 0.15 ? `${pick(texts)} pr` : `${pick(texts)} ${pick(["eq", "ne", "co", "sw", "ew"])} "${value()}"`;
}

// filters asks by random filters, and evaluates each once more over everybody.
async function filters() {
  const all = (await ask("GET", "/Users?count=200")).body.Resources;
  for (let i = 0; i < Number(rounds); i++) {
    const text = filterText();
    const answer = await ask("GET", `/Users?count=200&filter=${encodeURIComponent(text)}`);
    if (answer.status !== 200) { wrong("the filter", text, "is refused:", answer.body); continue; }
    // Those attributes are caseExact: false; the evaluator compares exactly, so both sides are folded. externalId is not.
    const folded = all.map((one) => fold(one));
    const want = folded.filter(evaluate(parse(foldFilter(text)))).map((one) => one.id).sort();
    const got = answer.body.Resources.map((one) => one.id).sort();
    seen.filters++;
    if (!equal(want, got)) wrong("the filter", text, "finds", String(got.length), "want", String(want.length));
  }
}

const fold = (one) => JSON.parse(JSON.stringify(one), (name, v) => (typeof v === "string" && !["id", "externalId"].includes(name) ? v.toLowerCase() : v));
const foldFilter = (text) => text.replace(/(externalId \w\w )?"([^"]*)"/g, (whole, exact) => (exact ? whole : whole.toLowerCase()));

const patch = (Operations) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });

function userOp(user) {
  const op = pick(["add", "replace"]);
  const mail = () => ({ value: `${fresh("m")}@example.test`, type: pick(["work", "home", "other"]) });
  const there = user.emails?.length ? pick(user.emails).value : "nobody@example.test";
  return pick([
    () => ({ op, path: pick(["displayName", "name.givenName", "name.familyName", "externalId", `${passly}:samAccountName`]), value: fresh("v") }),
    () => ({ op, path: "userName", value: `${fresh("n")}@example.test` }),
    () => ({ op: "replace", path: "active", value: random() < 0.5 }),
    () => ({ op, path: "name", value: { familyName: fresh("f") } }),
    () => ({ op, value: { displayName: fresh("d"), name: { givenName: fresh("g") } } }),
    () => ({ op, value: { active: random() < 0.5, externalId: fresh("e") } }),
    () => ({ op: "remove", path: pick(["displayName", "name.givenName", "externalId", "name"]) }),
    () => ({ op: "add", path: "emails", value: [mail()] }),
    () => ({ op: "add", path: "emails", value: [{ ...mail(), primary: true }] }),
    () => ({ op: "replace", path: "emails", value: [mail(), { ...mail(), primary: true }] }),
    () => ({ op: "replace", path: `emails[value eq "${there}"].value`, value: `${fresh("r")}@example.test` }),
    () => ({ op: "replace", path: `emails[type eq "${pick(["work", "home", "other"])}"].type`, value: pick(["work", "home", "other"]) }),
    () => ({ op: "remove", path: `emails[value eq "${there}"]` }),
    () => ({ op: "remove", path: `emails[type eq "home"]` }),
    () => ({ op: "remove", path: "emails" }),
  ])();
}

function groupOp(group, users) {
  const member = () => ({ value: pick(users) });
  const there = group.members?.length ? pick(group.members).value : users[0];
  return pick([
    () => ({ op: pick(["add", "replace"]), path: "displayName", value: fresh("Group ") }),
    () => ({ op: "add", path: "members", value: [member(), member()] }),
    () => ({ op: "add", value: { members: [member()] } }),
    () => ({ op: "remove", path: `members[value eq "${there}"]` }),
    () => ({ op: "remove", path: `members[value eq "${there}" or value eq "${pick(users)}"]` }),
    () => ({ op: "replace", path: "members", value: [member(), member(), member()] }),
    () => ({ op: "replace", value: { displayName: fresh("Group "), members: [member()] } }),
    () => ({ op: "remove", path: "members" }),
  ])();
}

// spelled writes an operation so that scim-patch does with it what RFC 7644 §3.5.2 says: without a path as one operation an attribute, and
// a complex attribute by its parts, of which those that are not named stay (§3.5.2.3), where it would replace them all.
// Nobody to replace is noTarget (§3.5.2.3), where it would add; nobody to remove is fine, where it wants a list.
function spelled({ op, path, value }, resource) {
  const [, list, by] = path?.match(/^(\w+)\[(.*)\]/) ?? [];
  const there = list ? (resource[list] ?? []).some(evaluate(parse(by))) : true;
  if (!there && op === "replace") throw new Error("noTarget");
  if (op === "remove") return there ? [{ op, path }] : [];
  if (path === undefined) return Object.entries(value).flatMap(([name, v]) => spelled({ op, path: name, value: v }, resource));
  if (path === "name") return Object.entries(value).map(([name, v]) => ({ op: "add", path: `name.${name}`, value: v }));
  return [{ op: op === "replace" && !path.includes("[") && !["emails", "members"].includes(path) ? "add" : op, path, value }];
}

// shape is what two resources are compared by: sets without order and doubles, no empty values, and only what a client may write.
function shape(resource) {
  const { id, meta, schemas, groups, ...rest } = plain(resource);
  if (rest[passly]) rest[passly] = { samAccountName: rest[passly].samAccountName };
  if (rest.members) rest.members = [...new Set(rest.members.map((m) => m.value))].sort();
  if (rest.emails?.length && !rest.emails.some((m) => m.primary === true)) rest.emails[0].primary = true; // Passly always has one
  if (rest.emails) rest.emails = rest.emails.map((m) => JSON.stringify([m.value, m.type ?? null, m.primary === true])).sort();
  for (const [name, v] of Object.entries(rest)) if (v === "" || v === null || v === undefined || (typeof v === "object" && Object.keys(plain(v)).length === 0)) delete rest[name];
  return rest;
}

// onePrimary keeps the primary address that came last, as RFC 7644 §3.5.2 asks of the service: scim-patch leaves that to who uses it.
function onePrimary(before, after) {
  const primaries = (after.emails ?? []).filter((m) => m.primary === true);
  if (primaries.length < 2) return after;
  const old = new Set((before.emails ?? []).filter((m) => m.primary === true).map((m) => m.value));
  for (const mail of primaries) if (old.has(mail.value)) mail.primary = false;
  return after;
}

async function patches({ users, groups }) {
  for (let i = 0; i < Number(rounds); i++) {
    const isUser = random() < 0.7;
    const path = isUser ? `/Users/${pick(users)}` : `/Groups/${pick(groups)}`;
    const before = (await ask("GET", path)).body;
    let local = plain(before), failed = null;
    const operations = [];
    for (let n = 1 + below(3); n > 0; n--) {
      const op = isUser ? userOp(local) : groupOp(local, users);
      operations.push(op);
      try {
        for (const one of spelled(op, local)) local = onePrimary(plain(local), scimPatch(local, [plain(one)]));
      } catch (error) {
        failed = error.message;
        break;
      }
    }
    const answer = await ask("PATCH", path, patch(operations));
    const after = (await ask("GET", path)).body;
    seen.patches++;
    if (answer.status >= 400) {
      if (!failed) wrong("PATCH", operations, "of", shape(before), "is refused:", answer.body.detail);
      if (!equal(after, before)) wrong("PATCH", operations, "is refused, and changed something");
      continue;
    }
    isResource(`after PATCH ${JSON.stringify(operations)}`, isUser ? SCIMMY.Schemas.User : SCIMMY.Schemas.Group, after);
    if (failed) wrong("PATCH", operations, "of", shape(before), "is taken; want a refusal:", failed);
    else if (!equal(shape(after), shape(local))) wrong("PATCH", operations, "of", shape(before), "gives", shape(after), "want", shape(local));
    for (const name of new Set([...Object.keys(answer.body ?? {}), ...Object.keys(after)]))
      if (answer.body && !equal(answer.body[name], after[name])) wrong("PATCH", operations, "answers", name, answer.body[name] ?? null, "and GET", after[name] ?? null);
    if (answer.etag !== after.meta.version) wrong("PATCH", operations, "has the ETag", answer.etag ?? null, "and GET", after.meta.version);
  }
}

(async () => {
  await discovery();
  const there = await people();
  await bad(there);
  await filters();
  await patches(there);
  console.log("looked at", JSON.stringify(seen));
})().catch((error) => { console.log("wrong: the client ended:", error.stack); process.exitCode = 1; });
