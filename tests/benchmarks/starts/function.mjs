// The same as function.py for aws-jwt-verify. Arguments: the key set, the tokens, node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [jwks, tokens, folder] = process.argv.slice(2);
let verify = () => {};
if (folder) {
  const { CognitoJwtVerifier } = createRequire(`${folder}/`)("aws-jwt-verify");
  const verifier = CognitoJwtVerifier.create({
    userPoolId: "eu-west-1_LocalPool",
    tokenUse: "access",
    clientId: "1example23456789",
  });
  verifier.cacheJwks(JSON.parse(readFileSync(jwks, "utf-8")));
  verify = (token) => verifier.verifySync(token);
}
const used = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const init = used();
const [first, ...others] = readFileSync(tokens, "utf-8").trim().split("\n");
const seconds = (list) => {
  const start = used();
  for (const token of list) verify(token);
  return (used() - start) / list.length;
};
console.log(
  JSON.stringify({
    init,
    first: seconds([first]),
    next: seconds(others),
    again: seconds(Array(200).fill(first)),
    kilobytes: Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf-8"))[1]),
  }),
);
