// npm's aws-jwt-verify, asked about many tokens in one process.
//
// The first line on standard input is a JSON object: `module` (the folder of aws-jwt-verify), `now`
// (seconds since 1970), and `pool` (userPoolId, clientId, tokenUse, jwks) or `loadBalancer` (albArn,
// clientId, issuer, jwk). Each line after it is a token as a JSON string, and is answered by a
// line: an empty one if it is good, and otherwise the error's name.
"use strict";

const readline = require("node:readline");

function verifier(question) {
  const { CognitoJwtVerifier, AlbJwtVerifier } = require(question.module);
  if (question.pool) {
    const { jwks, ...properties } = question.pool;
    const asked = CognitoJwtVerifier.create(properties);
    asked.cacheJwks(jwks);
    return asked;
  }
  const { jwk, ...properties } = question.loadBalancer;
  const asked = AlbJwtVerifier.create(properties);
  asked.cacheJwks({ keys: [jwk] });
  return asked;
}

async function main() {
  let asked;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const value = JSON.parse(line);
    if (!asked) {
      Date.now = () => value.now * 1000;
      asked = verifier(value);
      continue;
    }
    let answer = "";
    try {
      asked.verifySync(value);
    } catch (error) {
      answer = error.name === "Error" ? error.constructor.name : error.name;
    }
    process.stdout.write(answer + "\n");
  }
}

main();
