// The loop of a worker process on Node, in the words of worker.py: aws-jwt-verify and fast-jwt.
// Run with the folder of node_modules as its second argument.
import { createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [materialPath, folder, library] = process.argv.slice(2);
const given = JSON.parse(readFileSync(materialPath, "utf-8"));
const require = createRequire(`${folder}/`);

function bare() {
  const [head, payload, signature] = given.tokens.good.split(".");
  const signed = Buffer.from(`${head}.${payload}`);
  const bytes = Buffer.from(signature, "base64url");
  const key = createPublicKey(given.pem);
  return () => {
    if (!verifySignature("sha256", signed, key, bytes)) throw new Error("bad signature");
  };
}

const libraries = {
  "aws-jwt-verify": () => {
    const { CognitoJwtVerifier } = require("aws-jwt-verify");
    const verifier = CognitoJwtVerifier.create({
      userPoolId: given.user_pool_id,
      tokenUse: "access",
      clientId: given.client_id,
    });
    verifier.cacheJwks(given.jwks);
    return { verify: (token) => verifier.verifySync(token) };
  },
  "fast-jwt": () => {
    const { createVerifier } = require("fast-jwt");
    const options = {
      key: given.pem,
      algorithms: ["RS256"],
      allowedIss: given.issuer,
      requiredClaims: ["exp", "iss", "sub"],
    };
    const checked = (verifier) => (token) => {
      const claims = verifier(token);
      if (claims.token_use !== "access" || claims.client_id !== given.client_id) {
        throw new Error("another use or client");
      }
    };
    return {
      verify: checked(createVerifier(options)),
      repeat: checked(createVerifier({ ...options, cache: true })),
    };
  },
};

const calls = { bare: bare(), ...libraries[library]() };

function measure({ call, token = "good", calls: count }) {
  const bytes = Buffer.from(given.tokens[token]);
  const texts = Array.from({ length: count }, () => bytes.toString("latin1"));
  const run = calls[call];
  const bad = given.junk.includes(token);
  const start = process.hrtime.bigint();
  for (const text of texts) {
    if (!bad) run(text);
    else if (!refused(run, text)) throw new Error("a bad token was accepted");
  }
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

function refused(run, text) {
  try {
    run(text);
  } catch {
    return true;
  }
  return false;
}

function about() {
  for (const run of Object.values(calls)) run(given.tokens.good);
  return {
    version: JSON.parse(readFileSync(`${folder}/node_modules/${library}/package.json`)).version,
    calls: Object.keys(calls),
    refuses: Object.fromEntries(
      given.junk.map((kind) => [kind, refused(calls.verify, given.tokens[kind])]),
    ),
  };
}

const answers = { about, measure };
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = answers[request.do](request);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
