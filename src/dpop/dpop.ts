/**
 * DPoP at the protected resource: tokens that only the holder of their key can use
 * ({@link https://www.rfc-editor.org/rfc/rfc9449 | RFC 9449}, §4.3, §7, §9).
 *
 * @module
 */

import { AccessTokenError } from "../errors.ts";
import { isObject } from "../http/body.ts";
import {
  isSignatureAlgorithm,
  SIGNATURE_ALGORITHMS,
} from "../issuers/signing_keys.ts";
import type {
  ProofChecks,
  ProofOfPossession,
  ProvenResource,
} from "../tokens/proof_of_possession.ts";
import {
  checkOptions,
  isStrings,
  mustBe,
  oneOf,
  type OptionShape,
  optionsOf,
} from "../runtime/option_checks.ts";
import type { Store } from "../runtime/store.ts";
import type { SignatureAlgorithm } from "../types.ts";
import { dpopChallenges } from "./challenges.ts";
import { nonces } from "./nonces.ts";
import {
  checkAge,
  checkTokenHash,
  DEFAULT_MAX_AGE_SECONDS,
  PROOF_ALGORITHMS,
  type ProofRules,
  proofVerifier,
  readProof,
} from "./proof.ts";
import { proofMemory } from "./replay.ts";
import { publicUrls } from "./target.ts";

/** Options of {@linkcode dpop}. Only `mode` has no default. */
export interface DpopOptions {
  /**
   * `"optional"`: tokens that are bound to a key are accepted with a proof, and unbound ones as Bearer. `"required"`: only
   * bound tokens are accepted.
   */
  readonly mode: "optional" | "required";
  /** The accepted algorithms of proofs, which the metadata lists. Default: ES256, EdDSA and Ed25519. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** How far the `iat` of a proof may be from the time of this server, either way: 1 to 299 seconds. Default: 60. */
  readonly maxAgeSeconds?: number | undefined;
  /** If set, a proof must contain a nonce that this server has handed out. Default: none is needed. */
  readonly nonce?: DpopNonceOptions | undefined;
  /**
   * Where used proofs are remembered, for twice `maxAgeSeconds`. Instances that share a store accept a proof once. Default:
   * the memory of this instance, which holds the newest 100,000 proofs of each resource.
   */
  readonly replay?: Store | undefined;
}

/** Options of the nonces. */
export interface DpopNonceOptions {
  /**
   * What nonces are derived from, each of 32 characters or more: the first for new ones, the others are still accepted.
   * Instances with the same secrets accept each other's nonces. Default: a random one, so that a proof is accepted only by
   * the instance that handed out its nonce; a client has to reach that instance again.
   */
  readonly secrets?: readonly string[] | undefined;
}

/** At 5 minutes, a proof is too old or too new, whatever the clocks are. */
const MAX_MAX_AGE_SECONDS = 299;
const MIN_SECRET_LENGTH = 32;

const SHAPE: OptionShape<DpopOptions> = {
  members: {
    mode: oneOf("optional", "required"),
    algorithms: mustBe(
      (value) =>
        isStrings(value) && value.length > 0 &&
        value.every(isSignatureAlgorithm),
      `list some of ${SIGNATURE_ALGORITHMS.join(", ")}`,
    ),
    maxAgeSeconds: mustBe(
      (value) =>
        typeof value === "number" && value >= 1 && value <= MAX_MAX_AGE_SECONDS,
      `use 1 to ${MAX_MAX_AGE_SECONDS}`,
    ),
    nonce: optionsOf<DpopNonceOptions>({
      members: {
        secrets: mustBe(
          (value) =>
            isStrings(value) && value.length > 0 &&
            value.every(({ length }) => length >= MIN_SECRET_LENGTH),
          `list at least one, each of ${MIN_SECRET_LENGTH} characters or more`,
        ),
      },
    }),
    replay: mustBe(
      (value) => typeof (value as Store)?.set === "function",
      "give a store, such as redisStore() of @gatehouse/mcp-auth/bridge",
    ),
  },
  otherNames: { alg: "algorithms", algs: "algorithms", store: "replay" },
  example: '{ mode: "optional" }',
};

/**
 * Verifies DPoP proofs: the `dpop` option of `protectResource`, `protectResources`, the Hono middleware and the Lambda
 * authorizer. A stolen token is useless without the private key of its client.
 *
 * @example
 * ```ts
 * import { protectResource } from "@gatehouse/mcp-auth";
 * import { dpop } from "@gatehouse/mcp-auth/dpop";
 *
 * export default {
 *   fetch: protectResource(() => new Response("Hello"), {
 *     metadata: {
 *       resource: "https://notes.example.com/mcp",
 *       authorization_servers: ["https://auth.example.com"],
 *     },
 *     dpop: dpop({ mode: "optional" }),
 *   }),
 * };
 * ```
 *
 * @throws {TypeError} If an option cannot be used. The message says what to change.
 */
export function dpop(options: DpopOptions): ProofOfPossession {
  checkOptions(options, "", SHAPE);
  const { mode, algorithms = PROOF_ALGORITHMS } = options;
  SHAPE.members.mode(mode, "mode");
  return {
    metadata: {
      dpop_signing_alg_values_supported: [...algorithms],
      ...(mode === "required" && { dpop_bound_access_tokens_required: true }),
    },
    checksOf: (resource) =>
      proofChecks(resource, { ...options, algorithms: [...algorithms] }),
  };
}

function proofChecks(
  { resource, mounts, now }: ProvenResource,
  options: DpopOptions & Pick<ProofRules, "algorithms">,
): ProofChecks {
  const { algorithms, nonce, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS } =
    options;
  const isRequired = options.mode === "required";
  const rules: ProofRules = { algorithms, maxAgeSeconds, now };
  const verify = proofVerifier(rules);
  const urlOf = publicUrls(resource, mounts);
  const remember = proofMemory(
    resource,
    maxAgeSeconds,
    now,
    options.replay,
  );
  const known = nonce &&
    nonces(resource, nonce.secrets, { periodSeconds: maxAgeSeconds, now });

  return {
    read(request, { scheme, token }): ReturnType<ProofChecks["read"]> {
      if (scheme !== "DPoP") {
        if (isRequired) throw new AccessTokenError("unsupported_scheme");
        return ({ cnf }) =>
          cnf === undefined
            ? Promise.resolve()
            : Promise.reject(wrongBinding("no cnf", cnf));
      }
      const target = { method: request.method, url: urlOf(request.url) };
      const proof = readProof(request.headers.get("dpop"), target, rules);
      let thumbprint: string | undefined;
      return async ({ cnf }) => {
        if (thumbprint !== undefined) return checkBinding(cnf, thumbprint);
        if (await known?.accepts(proof.claims.nonce) === false) {
          throw new AccessTokenError("nonce_required");
        }
        await checkTokenHash(proof, token);
        const signer = await verify(proof);
        checkBinding(cnf, signer);
        // Last: only the holder of a token can fill the memory.
        await remember(signer, proof.claims.jti);
        // The token, or the store, may have taken long: an earlier use may be forgotten by now.
        checkAge(proof.claims.iat, rules);
        thumbprint = signer;
      };
    },
    challenge: dpopChallenges(algorithms, isRequired),
    amend(headers, scheme): void {
      const value = scheme === "DPoP" ? known?.current() : undefined;
      if (value === undefined) return;
      headers.set("dpop-nonce", value);
      headers.set("cache-control", "no-store");
    },
  };
}

/**
 * Checks that a token is bound to a key, and to nothing else
 * ({@link https://www.rfc-editor.org/rfc/rfc9449#section-6 | RFC 9449 §6}).
 */
function checkBinding(cnf: unknown, thumbprint: string): void {
  if (cnf === undefined) throw wrongBinding("cnf", cnf);
  if (
    !isObject(cnf) || typeof cnf.jkt !== "string" ||
    Object.keys(cnf).length > 1
  ) {
    throw new AccessTokenError("unsupported_confirmation", {
      expected: ["cnf with only jkt"],
      received: isObject(cnf) ? Object.keys(cnf) : typeof cnf,
    });
  }
  if (cnf.jkt !== thumbprint) throw wrongBinding(`jkt ${thumbprint}`, cnf.jkt);
}

function wrongBinding(expected: string, received: unknown): AccessTokenError {
  return new AccessTokenError("wrong_binding", {
    expected: [expected],
    received: isObject(received) ? Object.keys(received) : received,
  });
}
