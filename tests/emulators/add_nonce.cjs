// For `node --require`: cognito-local leaves `nonce` out of the ID token, and Cognito puts it in.
// All else is cognito-local's own. One browser at a time, as the last nonce that came is taken.

const { createRequire } = require("node:module");
const http = require("node:http");

const jwt = createRequire(process.argv[1])("jsonwebtoken");
const { emit } = http.Server.prototype;
const { sign } = jwt;
let nonce;

http.Server.prototype.emit = function (event, request, ...more) {
  if (event === "request") {
    const asked = new URL(request.url, "http://127.0.0.1").searchParams;
    nonce = asked.get("nonce") ?? nonce;
  }
  return emit.call(this, event, request, ...more);
};

jwt.sign = (claims, ...more) =>
  sign(claims.token_use === "id" && nonce ? { ...claims, nonce } : claims, ...more);
