/**
 * Other guards, as their own documents show them, each with the check of signature, issuer, audience and time that
 * it leaves to its user, or has. All are bundled and measured in one process.
 *
 * @module
 */
import { bearerAuth } from "@hono/mcp/auth";
import {
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
} from "@modelcontextprotocol/server";
import { JwtVerifier } from "aws-jwt-verify";
import { type Context, Hono } from "hono";
import { jwk as honoJwk } from "hono/jwk";
import { createLocalJWKSet, jwtVerify } from "jose";
import { handleBearerAuth, MCPAuthTokenVerificationError } from "mcp-auth";
import { withMcpAuth } from "mcp-handler";
import { expectStatus, measure, report, type Variant } from "../measure.ts";
import {
  ALG,
  answer,
  forged,
  guard,
  ISSUER,
  jwk,
  requestWith,
  RESOURCE,
  sign,
} from "../subject.ts";

type Guard = (request: Request) => Response | Promise<Response>;

const keys = createLocalJWKSet({ keys: [jwk] });

/** What a user writes where a guard asks for a verifier. */
async function verify(token: string): Promise<{
  token: string;
  clientId: string;
  scopes: string[];
  expiresAt: number;
}> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: [ALG],
    audience: RESOURCE,
    issuer: ISSUER,
  });
  return {
    token,
    clientId: `${payload.client_id}`,
    scopes: `${payload.scope}`.split(" "),
    expiresAt: payload.exp!,
  };
}

function mcpHandler(): Guard {
  return withMcpAuth(
    answer,
    (_request, token) =>
      token === undefined
        ? Promise.resolve(undefined)
        : verify(token).catch(() => undefined),
    { required: true },
  );
}

function sdk(): Guard {
  const gate = requireBearerAuth({
    verifier: {
      verifyAccessToken: (token: string) =>
        verify(token).catch(() => {
          throw new OAuthError(OAuthErrorCode.InvalidToken, "invalid");
        }),
    },
  });
  return async (request) => {
    const result = await gate(request);
    return result instanceof Response ? result : answer();
  };
}

/** Express's request and response are only as much of them as the guard uses. */
function mcpAuth(): Guard {
  const handler = handleBearerAuth({
    audience: RESOURCE,
    issuer: ISSUER,
    resource: RESOURCE,
    async verifyAccessToken(token: string) {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: [ALG],
        audience: RESOURCE,
        issuer: ISSUER,
      }).catch(() => {
        throw new MCPAuthTokenVerificationError("invalid_token");
      });
      return {
        token,
        issuer: payload.iss,
        clientId: payload.client_id,
        subject: payload.sub,
        audience: payload.aud,
        scopes: `${payload.scope}`.split(" "),
        expiresAt: payload.exp,
        claims: payload,
      };
    },
  } as never);
  return (request) =>
    new Promise((resolve, reject) => {
      let status = 200;
      const response = {
        set: () => response,
        status: (value: number) => {
          status = value;
          return response;
        },
        json: (body: unknown) => resolve(Response.json(body, { status })),
      };
      Promise.resolve(handler(
        {
          headers: { authorization: request.headers.get("authorization") },
        } as never,
        response as never,
        () => resolve(answer()),
      )).catch(reject);
    });
}

function hono(middleware: Parameters<Hono["use"]>[1]): Guard {
  const app = new Hono();
  app.use("/mcp", middleware);
  app.post("/mcp", () => answer());
  return (request) => app.fetch(request);
}

function aws(): Guard {
  const verifier = JwtVerifier.create({
    issuer: ISSUER,
    audience: RESOURCE,
    jwksUri: `${ISSUER}/jwks`,
  });
  verifier.cacheJwks({ keys: [jwk] } as never);
  return async (request) => {
    try {
      await verifier.verify(
        request.headers.get("authorization")!.slice("Bearer ".length),
      );
      return answer();
    } catch {
      return new Response(null, { status: 401 });
    }
  };
}

const guards: Readonly<Record<string, Guard>> = {
  "Gatehouse": guard(),
  "aws-jwt-verify": aws(),
  "mcp-handler, withMcpAuth": mcpHandler(),
  "@modelcontextprotocol/server, requireBearerAuth": sdk(),
  "mcp-auth, bearerAuth": mcpAuth(),
  "@hono/mcp, bearerAuth": hono(bearerAuth({
    verifyToken: (token: string, _context: Context) =>
      verify(token).then(() => true, () => false),
  })),
  "hono/jwk": hono(honoJwk({ keys: [jwk as never], alg: [ALG] })),
};

const token = await sign();
const bad = forged(token);

report(
  await measure([
    {
      name: "the handler alone",
      run: () => {
        requestWith(token);
        return answer();
      },
    },
    ...Object.entries(guards).map(([name, handle]): Variant => ({
      name,
      run: () => handle(requestWith(token)),
      async check(): Promise<void> {
        try {
          await expectStatus(200, handle(requestWith(token)));
          await expectStatus(401, handle(requestWith(bad)));
        } catch (cause) {
          throw new Error(`Cannot compare ${name}`, { cause });
        }
      },
    })),
  ]),
);
