// An independent SCIM 2.0 service in memory, on a port of its own choice, which it prints. BULK=no: it has no bulk operations; PATCH=no: no PATCH;
// FILTER=no: it passes filters over and lists everybody; TOKEN: the token that it takes, until POST /token says another. GET and POST /kept tell and change what it keeps, by another way than SCIM; GET /asked counts requests
// by method and resource.
const express = require("express");
const SCIMMY = require("scimmy").default ?? require("scimmy");
const routers = require("scimmy-routers");
const SCIMMYRouters = routers.default ?? routers;

const kept = { users: new Map(), groups: new Map() };
let last = 0;

// keep makes a resource's handlers of a map.
function keep(type, map, unique) {
  type.ingress((resource, instance) => {
    if (resource.id && !map.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not kept`);
    const data = JSON.parse(JSON.stringify(instance));
    for (const other of map.values())
      if (other.id !== resource.id && other[unique]?.toLowerCase() === data[unique]?.toLowerCase())
        throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} is taken`);
    const id = resource.id ?? `r${++last}`;
    const one = { ...data, id };
    map.set(id, one);
    return one;
  });
  type.egress((resource) => {
    if (resource.id && !map.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not kept`);
    if (resource.id) return map.get(resource.id);
    return resource.filter && process.env.FILTER !== "no" ? resource.filter.match([...map.values()]) : [...map.values()];
  });
  type.degress((resource) => {
    if (!map.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `${resource.id} is not kept`);
  });
}

keep(SCIMMY.Resources.declare(SCIMMY.Resources.User), kept.users, "userName");
keep(SCIMMY.Resources.declare(SCIMMY.Resources.Group), kept.groups, "displayName");
SCIMMY.Config.set({ patch: process.env.PATCH !== "no", filter: { supported: true, maxResults: 200 }, bulk: process.env.BULK === "no" ? false : { supported: true, maxOperations: 100, maxPayloadSize: 1 << 20 } });

const app = express();
const asked = {};
let token = process.env.TOKEN ?? "secret";
app.post("/token", express.text(), (request, answer) => answer.send((token = request.body)));
app.use((request, _, next) => {
  const what = `${request.method} /${request.path.split("/").slice(3, 4).join("")}`;
  if (request.path.startsWith("/scim/")) asked[what] = (asked[what] ?? 0) + 1;
  next();
});
// scimmy-routers turns numbers of the query into numbers, which express 5 would read anew as text: paging then does nothing.
app.use((request, _, next) => {
  Object.defineProperty(request, "query", { value: { ...request.query }, writable: true });
  next();
});
app.use((request, answer, next) => (request.method === "PATCH" && process.env.PATCH === "no" ? answer.status(501).end() : next()));
app.get("/asked", (_, answer) => answer.json(asked));
app.post("/kept", express.json(), (request, answer) => {
  const one = { ...request.body, id: `r${++last}` };
  (one.userName ? kept.users : kept.groups).set(one.id, one);
  answer.json(one);
});
app.get("/kept", (_, answer) => answer.json({ users: [...kept.users.values()], groups: [...kept.groups.values()] }));
app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  docUri: "https://example.test",
  baseUri: () => "",
  handler: (request) => {
    if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("who are you?");
    return "tester";
  },
}));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume(); // with whoever started it
