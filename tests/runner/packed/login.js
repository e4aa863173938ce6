// A login at the development issuer, whose parts are bundled in npm's package, and a request with its token.
import { protectResource } from "@gatehouse/mcp-auth";
import { startDevIssuer } from "@gatehouse/mcp-auth/dev-issuer";
import { createServer } from "node:net";

const resource = "http://localhost:8000/mcp";
const callback = "http://localhost:1/callback";
// RFC 7636, Appendix B
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** Throws unless the guard lets in who has logged in. */
export async function checkLogin() {
  const { issuer, close } = await startDevIssuer({
    port: await freePort(),
    autoApprove: true,
  });
  try {
    const mcp = protectResource(
      (_request, { authInfo }) => new Response(authInfo.extra.sub),
      { metadata: { resource, authorization_servers: [issuer] } },
    );
    const headers = { authorization: `Bearer ${await logIn(issuer)}` };
    const response = await mcp(new Request(resource, { headers }));
    const seen = [response.status, await response.text()];
    if (`${seen}` !== "200,developer") throw new Error(`It answered ${seen}`);
  } finally {
    await close();
  }
}

async function logIn(issuer) {
  const registered = await fetch(`${issuer}/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [callback],
      token_endpoint_auth_method: "none",
    }),
  });
  const { client_id } = await registered.json();
  const query = new URLSearchParams({
    client_id,
    redirect_uri: callback,
    response_type: "code",
    code_challenge: challenge,
    code_challenge_method: "S256",
    resource,
  });
  const authorized = await fetch(`${issuer}/authorize?${query}`, {
    redirect: "manual",
  });
  const location = new URL(authorized.headers.get("location"));
  const redeemed = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id,
      code: location.searchParams.get("code"),
      code_verifier: verifier,
      redirect_uri: callback,
    }),
  });
  return (await redeemed.json()).access_token;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
