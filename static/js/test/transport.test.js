import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { config } from "../src/config.js";
import { KEPT, REJECTED, SAVED, outcomeOf, refresh, sendAct } from "../src/transport.js";
import { give } from "./config.js";

const act = {
  submission_id: "5e9a2ab0-3fd6-4b8e-8d5f-6a1d5f5b7c11",
  notice_token: "token",
  control: "save",
  layer: "dialog",
  choices: { ads: false },
  page_group: undefined,
  at: 1,
  seen: "cookie",
  scope: "4bf92f3577b34da6",
  replaces: "",
};
const seen = [];
let status = 201;
let answer = {};

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  seen.push({ method: request.method, url: request.url, type: request.headers["content-type"], body });
  response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
  response.end(JSON.stringify(answer));
});
let api;
before(async () => {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  api = `http://127.0.0.1:${server.address().port}/api`;
});
after(() => server.close());

test("an act is sent with what the API asks for and nothing of what we only keep", async () => {
  status = 201;
  give({ API: api });
  assert.equal(await sendAct(act), SAVED);
  const { method, url, type, body } = seen.pop();
  assert.deepEqual([method, url, type], ["POST", "/api/consents", "application/json"]);
  assert.deepEqual(JSON.parse(body), {
    submission_id: act.submission_id,
    notice_token: "token",
    control: "save",
    layer: "dialog",
    choices: { ads: false },
  });
});

test("a server in trouble, or none, leaves the act to be sent again", async () => {
  status = 503;
  give({ API: api });
  assert.equal(await sendAct(act), KEPT);
  give({ API: "http://127.0.0.1:1/api" });
  assert.equal(await sendAct(act), KEPT);
});

test("what may pass keeps the act, a definite answer ends it", () => {
  const ours = "application/problem+json";
  for (const code of [408, 425, 429, 500, 502, 503, 504]) assert.equal(outcomeOf(code + ours), KEPT);
  for (const code of [400, 403, 404, 409, 413, 422]) {
    assert.equal(outcomeOf(code + ours), REJECTED);
    assert.equal(outcomeOf(code + "text/html"), KEPT, "a proxy's word is not definite");
    assert.equal(outcomeOf(code + "null"), KEPT);
  }
});

test("the configuration in a language is asked for, and ours stays when it cannot be had", async () => {
  status = 200;
  give({ API: api, LANGUAGE: "en" });
  const ours = config;
  answer = { title: "not a notice" };
  await refresh("nl");
  assert.equal(seen.pop().url, "/api/notice?lang=nl");
  assert.equal(config, ours);
  answer = { config: ["/newer"] };
  await refresh("nl");
  assert.deepEqual(config, ["https://o.test/newer"]);
  give({ API: "http://127.0.0.1:1/api" });
  const again = config;
  await refresh("nl");
  assert.equal(config, again);
});
