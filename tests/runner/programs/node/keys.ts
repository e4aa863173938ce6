// Keys of a client that introspects: what is one, and what only looks like one.
import {
  type ClientCredentials,
  introspectionVerifier,
} from "@gatehouse/mcp-auth";
import { testIssuer, testKey } from "@gatehouse/mcp-auth/testing";
import { generateKeyPair, importPKCS8 } from "jose";
import { createPrivateKey, webcrypto } from "node:crypto";

const issuer = "https://auth.example.com";
const client_id = "notes";

const pem = "-----BEGIN PRIVATE KEY-----";
const imported = await importPKCS8(pem, "ES256");
const generated = await generateKeyPair("ES256");
const parameters = { name: "ECDSA", namedCurve: "P-256" };
const pair = await crypto.subtle.generateKey(parameters, true, ["sign"]);
const exported = await crypto.subtle.exportKey("jwk", pair.privateKey);
const node = await webcrypto.subtle.generateKey(parameters, true, ["sign"]);
const { privateKey } = await testKey();

export const clients: ClientCredentials[] = [
  { client_id, private_key: imported },
  { client_id, private_key: generated.privateKey },
  { client_id, private_key: pair.privateKey },
  { client_id, private_key: node.privateKey },
  { client_id, private_key: privateKey },
  { client_id, private_key: exported },
  { client_id, private_key: { kty: "EC", crv: "P-256", d: "", x: "", y: "" } },
  { client_id, private_key: pair.privateKey, kid: undefined },
  { client_id, client_secret: "secret", method: undefined },
  { access_token: "an API key" },
];

for (const client of clients) {
  introspectionVerifier({ issuer, client, cacheSeconds: undefined });
}
await testIssuer({ issuer, audience: "notes", keys: undefined });
await crypto.subtle.sign("ECDSA", privateKey, new Uint8Array());

introspectionVerifier({
  issuer,
  // @ts-expect-error: PEM is not a key before it is imported
  client: { client_id, private_key: pem },
});
introspectionVerifier({
  issuer,
  // @ts-expect-error: bytes are not a key before they are imported
  client: { client_id, private_key: new Uint8Array() },
});
introspectionVerifier({
  issuer,
  // @ts-expect-error: a KeyObject is Node's own: `createPrivateKey(pem).export({ format: "jwk" })` gives a JSON Web Key
  client: { client_id, private_key: createPrivateKey(pem) },
});
introspectionVerifier({
  issuer,
  client: {
    client_id,
    private_key: createPrivateKey(pem).export({ format: "jwk" }),
  },
});
