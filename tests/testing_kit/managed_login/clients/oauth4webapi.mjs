// npm's oauth4webapi signs in, refreshes and revokes at a user pool that listens.
//
// Standard input holds a JSON object: `module` (oauth4webapi's main file), `issuer`, `clientId`,
// `clientSecret` (or null), `method` ("none", "basic" or "post"), `redirectUri` and `username`.
// Standard output is what it got: `claims`, `userInfo`, `rotated`, and `afterwards`, the error of
// a refresh after the revocation. Anything that is against a specification is an error here.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const asked = JSON.parse(readFileSync(0, "utf8"));
const oauth = await import(pathToFileURL(asked.module).href);

const plain = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(asked.issuer);
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { ...plain, algorithm: "oidc" }),
);
const client = { client_id: asked.clientId };
const authentication = {
  none: () => oauth.None(),
  basic: () => oauth.ClientSecretBasic(asked.clientSecret),
  post: () => oauth.ClientSecretPost(asked.clientSecret),
}[asked.method]();

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
const address = new URL(server.authorization_endpoint);
address.search = new URLSearchParams({
  client_id: asked.clientId,
  redirect_uri: asked.redirectUri,
  response_type: "code",
  scope: "openid email",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});

// The browser's part: the sign-in page, and the button of a user.
const sentAway = await fetch(address, { redirect: "manual" });
const login = new URL(sentAway.headers.get("location"), address);
const page = await fetch(login);
const cookie = page.headers.getSetCookie().map((line) => line.split(";")[0]);
const form = new URLSearchParams({ username: asked.username });
for (const [, name, value] of (await page.text()).matchAll(
  /<input type="hidden" name="(\w+)" value="([^"]*)">/g,
)) {
  form.set(name, value);
}
const chosen = await fetch(login, {
  method: "POST",
  body: form,
  headers: { cookie: cookie.join("; ") },
  redirect: "manual",
});
const back = new URL(chosen.headers.get("location"));

const parameters = oauth.validateAuthResponse(server, client, back, state);
const response = await oauth.authorizationCodeGrantRequest(
  server,
  client,
  authentication,
  parameters,
  asked.redirectUri,
  verifier,
  plain,
);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
  expectedNonce: nonce,
  maxAge: 300,
  requireIdToken: true,
});
await oauth.validateApplicationLevelSignature(server, response, plain);
const claims = oauth.getValidatedIdTokenClaims(tokens);
const userInfo = await oauth.processUserInfoResponse(
  server,
  client,
  claims.sub,
  await oauth.userInfoRequest(server, client, tokens.access_token, plain),
);

const refresh = async (token) => {
  const answer = await oauth.refreshTokenGrantRequest(server, client, authentication, token, plain);
  const fresh = await oauth.processRefreshTokenResponse(server, client, answer);
  await oauth.validateApplicationLevelSignature(server, answer, plain);
  return fresh;
};
const fresh = await refresh(tokens.refresh_token);
const latest = fresh.refresh_token ?? tokens.refresh_token;
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, authentication, latest, plain),
);
let afterwards = null;
try {
  await refresh(latest);
} catch (error) {
  afterwards = error.error;
}
console.log(JSON.stringify({ claims, userInfo, rotated: "refresh_token" in fresh, afterwards }));
