/**
 * The result of a function for a response, in the payload format of its event.
 *
 * @module
 */

/**
 * The header that repeats a challenge. API Gateway renames `WWW-Authenticate` but not this one: a response parameter
 * mapping copies it back.
 */
export const CHALLENGE_FIELD = "x-www-authenticate";

/** The result of a function behind an API or a Function URL. */
export interface LambdaResult {
  /** The response's status. */
  readonly statusCode: number;
  /** The headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** In payload format 2.0: the `Set-Cookie` headers. */
  readonly cookies?: string[];
  /** In payload format 1.0: the `Set-Cookie` headers, the only ones that cannot be joined. */
  readonly multiValueHeaders?: Readonly<Record<string, string[]>>;
  /** The body: as it is if it is UTF-8, or else in Base64. */
  readonly body: string;
  /** Whether the body is in Base64. */
  readonly isBase64Encoded: boolean;
}

/** A result without its body. */
export type LambdaResultHead = Omit<LambdaResult, "body" | "isBase64Encoded">;

/** The result for a response. Resolves when the body has ended. */
export async function resultOf(
  response: Response,
  version2: boolean,
): Promise<LambdaResult> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = decode(bytes);
  return {
    ...headOf(response, version2),
    body: text ?? encodeBase64(bytes),
    isBase64Encoded: text === undefined,
  };
}

/** The status, headers and cookies of a response. */
export function headOf(
  { status, headers }: Response,
  version2: boolean,
): LambdaResultHead {
  const cookies = headers.getSetCookie();
  const others = Object.fromEntries(
    [...headers].filter(([name]) => name !== "set-cookie"),
  );
  const challenge = headers.get("www-authenticate");
  if (challenge !== null) others[CHALLENGE_FIELD] = challenge;
  return {
    statusCode: status,
    headers: others,
    ...(cookies.length > 0 &&
      (version2
        ? { cookies }
        : { multiValueHeaders: { "set-cookie": cookies } })),
  };
}

/** Decodes UTF-8 without losing a byte; `undefined` if the bytes are not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return undefined;
  }
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}
