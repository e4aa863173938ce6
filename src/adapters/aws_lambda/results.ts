/**
 * What a function returns for a response, in the payload format of its event.
 *
 * @module
 */

/**
 * The field that repeats a challenge. API Gateway renames `WWW-Authenticate`, and this one not: a response parameter
 * mapping makes the one of the other again.
 */
export const CHALLENGE_FIELD = "x-www-authenticate";

/** The result of a function behind an API or a Function URL. */
export interface LambdaResult {
  /** The response's status. */
  readonly statusCode: number;
  /** Its fields, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** In payload format 2.0: the `Set-Cookie` fields. */
  readonly cookies?: string[];
  /** In payload format 1.0: the `Set-Cookie` fields, the only ones that cannot be joined. */
  readonly multiValueHeaders?: Readonly<Record<string, string[]>>;
  /** The body, as text where it is UTF-8 and in base64 otherwise. */
  readonly body: string;
  /** Which of the two. */
  readonly isBase64Encoded: boolean;
}

/** What goes before a body. */
export type LambdaResultHead = Omit<LambdaResult, "body" | "isBase64Encoded">;

/** The result for a response, once its body has ended. */
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

/** Status, fields and cookies of a response. */
export function headOf(
  { status, headers }: Response,
  version2: boolean,
): LambdaResultHead {
  const cookies = headers.getSetCookie();
  const fields = Object.fromEntries(
    [...headers].filter(([name]) => name !== "set-cookie"),
  );
  const challenge = headers.get("www-authenticate");
  if (challenge !== null) fields[CHALLENGE_FIELD] = challenge;
  return {
    statusCode: status,
    headers: fields,
    ...(cookies.length > 0 &&
      (version2
        ? { cookies }
        : { multiValueHeaders: { "set-cookie": cookies } })),
  };
}

/** Bytes that are UTF-8 come back from it unchanged; any others have no text. */
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
