// One token, aws-jwt-verify, its own checks. The third argument is the folder of node_modules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [token, jwks, folder] = process.argv.slice(2);
const { CognitoJwtVerifier } = createRequire(`${folder}/`)("aws-jwt-verify");
const verifier = CognitoJwtVerifier.create({
  userPoolId: "eu-west-1_LocalPool",
  tokenUse: "access",
  clientId: "1example23456789",
});
verifier.cacheJwks(JSON.parse(readFileSync(jwks, "utf-8")));
verifier.verifySync(token);
