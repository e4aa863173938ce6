import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "node:test";
import {
  type Challenge,
  formatChallenge,
  parseChallenges,
} from "../../src/http/www_authenticate.ts";
import { checkToken, credentialsReader } from "../../src/http/credentials.ts";
import { AccessTokenError, RequestError } from "../../src/errors.ts";
import { readOperations } from "../../src/mcp/operations.ts";
import type { Operation } from "../../src/types.ts";
import { holds, textOf, thrownBy } from "./property.ts";

const TCHAR =
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const token = fc.string({
  unit: fc.constantFrom(...TCHAR),
  minLength: 1,
  maxLength: 12,
});
const name = fc.oneof(
  token,
  fc.constantFrom("scope", "Error", "realm", "__proto__", "constructor"),
);
const text = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
const params = fc.uniqueArray(fc.tuple(name, text), {
  selector: ([written]) => written.toLowerCase(),
  maxLength: 5,
});
const model = fc.array(fc.tuple(token, params), { maxLength: 4 });

/** As a parser gives them: names of schemes and of parameters in lower case, in the order in which they came. */
type Read = readonly (readonly [
  scheme: string,
  params: readonly (readonly [name: string, value: string])[],
])[];

function lowered(challenges: Read): Read {
  return challenges.map(([scheme, params]) => [
    scheme.toLowerCase(),
    params.map(([name, value]) => [name.toLowerCase(), value]),
  ]);
}

function entriesOf(challenges: readonly Challenge[]): unknown {
  return challenges.map(({ scheme, params }) => [
    scheme,
    Object.entries(params),
  ]);
}

test(
  "parseChallenges() gives back what formatChallenge() wrote",
  holds(model, (challenges) => {
    const field = challenges
      .map(([scheme, params]) =>
        formatChallenge({ scheme, params: Object.fromEntries(params) })
      )
      .join(", ");
    // A name such as `1` comes first among an object's own, whoever writes it.
    const written = challenges.map(([scheme, params]) =>
      [scheme, Object.entries(Object.fromEntries(params))] as const
    );
    assertEquals(
      entriesOf(parseChallenges(field)),
      entriesOf(
        lowered(written).map(([scheme, params]) => ({
          scheme,
          params: Object.fromEntries(params),
        })),
      ),
    );
  }),
);

/** What other servers write: space in odd places, values without quotes, escapes that need not be, empty elements. */
const style = fc.record({
  space: fc.constantFrom("", " ", "\t ", "  "),
  comma: fc.constantFrom(",", ", ", " ,\t", ",,", " , , "),
  quote: fc.boolean(),
  escape: fc.boolean(),
});

test(
  "parseChallenges() reads a field in whatever style it is written",
  holds(
    fc.tuple(model, fc.array(style, { minLength: 1, maxLength: 6 })),
    ([challenges, styles]) => {
      let turn = 0;
      const next = (): typeof styles[number] => styles[turn++ % styles.length]!;
      const value = (text: string): string => {
        const { quote, escape } = next();
        if (
          !quote && text !== "" && [...text].every((c) => TCHAR.includes(c))
        ) {
          return text;
        }
        return `"${text.replace(escape ? /[^]/g : /["\\]/g, "\\$&")}"`;
      };
      const elements = challenges.flatMap(([scheme, params]) => {
        const written = params.map(([name, text]) => {
          const { space } = next();
          return `${name}${space}=${space}${value(text)}`;
        });
        const [first, ...rest] = written;
        return first === undefined ? [scheme] : [`${scheme} ${first}`, ...rest];
      });
      const field = elements.map((element) => element + next().comma).join("");
      assertEquals(
        entriesOf(parseChallenges(`${next().space}${field}`)),
        entriesOf(
          lowered(challenges).map(([scheme, params]) => ({
            scheme,
            params: Object.fromEntries(params),
          })),
        ),
      );
    },
  ),
);

const FIELD_PIECES = [
  ...["Bearer", "DPoP", "realm", "scope", "a", "=", "==", ",", " ", "\t"],
  ...['"', "\\", '\\"', '""', ", ", '="x"', "\r\n", "\0", "é", "__proto__"],
];

/** Fields that are one or two pieces away from one that can be read, and fields that are far from it. */
const field = fc.oneof(
  textOf(...FIELD_PIECES),
  fc.tuple(
    model,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...FIELD_PIECES)), {
      maxLength: 2,
    }),
  ).map(([challenges, changes]) => {
    let field = challenges
      .map(([scheme, params]) =>
        formatChallenge({ scheme, params: Object.fromEntries(params) })
      )
      .join(", ");
    for (const [place, piece] of changes) {
      const at = place % (field.length + 1);
      field = field.slice(0, at) + piece + field.slice(at + place % 2);
    }
    return field;
  }),
);

test(
  "parseChallenges() throws nothing but a SyntaxError, which repeats nothing",
  holds(field, async (field) => {
    const error = await thrownBy(() => parseChallenges(field), SyntaxError);
    assert(
      error === undefined ||
        /^Cannot read challenges: (?:the header ends too early|unexpected character at offset \d+)$/
          .test(error.message),
    );
  }),
);

test(
  "parseChallenges() takes no more from a field than formatChallenge() can write again",
  holds(field, async (field) => {
    let read: Challenge[] = [];
    if (await thrownBy(() => read = parseChallenges(field), SyntaxError)) {
      return;
    }
    const unwritable = read.some(({ params }) =>
      Object.values(params).some((value) => /[^ -~]/.test(value!))
    );
    if (unwritable) return;
    const written = read.map(formatChallenge).join(", ");
    assertEquals(entriesOf(parseChallenges(written)), entriesOf(read));
  }),
);

test(
  "parseChallenges() refuses a challenge that has a parameter twice, in whatever case",
  holds(
    fc.tuple(model, token, params, token, fc.nat()),
    async ([before, scheme, params, name, place]) => {
      const written = params.map(([name]) => `${name}="x"`);
      written.splice(place % (written.length + 1), 0, `${name}=y`);
      written.push(`${name.toUpperCase()}=""`);
      const field = [
        ...before.map(([scheme]) => scheme),
        `${scheme} ${written.join(", ")}`,
      ].join(", ");
      assert(await thrownBy(() => parseChallenges(field), SyntaxError));
    },
  ),
);

test(
  "parseChallenges() comes to an end in a moment, whatever comes how often",
  holds(
    fc.tuple(
      fc.array(fc.constantFrom(...FIELD_PIECES), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.constantFrom("", "Bearer ", 'Bearer a="', "Bearer a"),
      fc.constantFrom("", '"', "(", "=", ","),
    ),
    async ([pieces, head, tail]) => {
      const field = `${head}${pieces.join("").repeat(3000)}${tail}`;
      const begun = performance.now();
      await thrownBy(() => parseChallenges(field), SyntaxError);
      assert(performance.now() - begun < 1000);
    },
  ),
);

/** What a field may hold at all: `Headers` takes nothing else. */
const fieldText = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  arbitrary.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ""));

const credentials = fieldText(
  fc.tuple(
    fc.constantFrom("Bearer ", "bearer  ", "Bearer\t", "Basic ", "DPoP ", ""),
    textOf("Bearer", "bearer ", "Basic ", " ", "abc", "a.b-c", "=", ",", "/"),
  ).map((parts) => parts.join("")),
);
const bearer = fc.tuple(
  fc.constantFrom("Bearer", "bearer", "BEARER", "beaRER"),
  fc.constantFrom(" ", "  "),
  fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,30}={0,2}$/),
).map((parts) => parts.join(""));

const readCredentials = credentialsReader();

/** The token of a request, with its characters checked. */
function readBearerToken(request: Request): string {
  const { reason, token } = readCredentials(request);
  if (reason !== undefined) throw new AccessTokenError(reason);
  return checkToken(token);
}

function requestWith(...fields: readonly string[]): Request {
  const headers = new Headers();
  for (const field of fields) headers.append("authorization", field);
  return new Request("https://notes.example.com/mcp", { headers });
}

test(
  "credentialsReader() lets nothing out but the token of RFC 6750 §2.1, whole",
  holds(fc.oneof(credentials, bearer), async (field) => {
    const request = requestWith(field);
    let read: string | undefined;
    await thrownBy(() => read = readBearerToken(request), AccessTokenError);
    const trimmed = field.replace(/^[\t ]+|[\t ]+$/g, "");
    const [scheme, ...rest] = trimmed.split(" ");
    const token = rest.join(" ").replace(/^ +/, "");
    const isToken = [...token.replace(/=*$/, "")].every((char) =>
      "-._~+/".includes(char) || /[A-Za-z0-9]/.test(char)
    ) && token.replace(/=*$/, "") !== "";
    assertEquals(
      read,
      scheme?.toLowerCase() === "bearer" && isToken ? token : undefined,
    );
    assert(readCredentials(request).reason !== "no_credentials");
  }),
);

test(
  "credentialsReader() reads no token where there are two credentials",
  holds(
    fc.tuple(
      bearer,
      // An empty field is none, and Deno leaves it out.
      fc.oneof(bearer, credentials.filter((field) => /[^ \t]/.test(field))),
      fc.boolean(),
    ),
    async ([one, other, turned]) => {
      const request = requestWith(...turned ? [other, one] : [one, other]);
      const error = await thrownBy(
        () => readBearerToken(request),
        AccessTokenError,
      );
      assert(error !== undefined);
    },
  ),
);

test(
  "credentialsReader() says of two tokens that they are two",
  holds(fc.array(bearer, { minLength: 2, maxLength: 4 }), async (fields) => {
    const error = await thrownBy(
      () => readBearerToken(requestWith(...fields)),
      AccessTokenError,
    );
    assertEquals(error?.reason, "multiple_credentials");
  }),
);

const query = fc.string({ unit: fc.constantFrom(..."ab=&+%?/", "%20", "%C3") });

test(
  "credentialsReader() reads no token where the query has one",
  holds(
    fc.tuple(
      fc.option(bearer),
      query,
      query,
      fc.constantFrom("access_token", "access%5ftoken", "%61ccess_token"),
      fc.constantFrom("", "=", "=abc"),
    ),
    async ([field, before, behind, parameter, value]) => {
      const url =
        `https://notes.example.com/mcp?${before}&${parameter}${value}&${behind}`;
      const headers: HeadersInit = field === null
        ? {}
        : { authorization: field };
      const error = await thrownBy(
        () => readBearerToken(new Request(url, { headers })),
        AccessTokenError,
      );
      assertEquals(
        error?.reason,
        field === null ? "unsupported_scheme" : "multiple_credentials",
      );
    },
  ),
);

const message = fc.record({
  jsonrpc: fc.constant("2.0"),
  id: fc.oneof(fc.integer(), fc.string()),
  method: fc.oneof(
    fc.constantFrom("tools/call", "prompts/get", "resources/read", "ping"),
    fc.jsonValue({ maxDepth: 1 }),
  ),
  params: fc.oneof(
    fc.record({ name: fc.jsonValue(), uri: fc.jsonValue() }, {
      requiredKeys: [],
    }),
    fc.jsonValue({ maxDepth: 1 }),
  ),
}, { requiredKeys: [] });
const body = fc.oneof(
  message,
  fc.array(message, { maxLength: 4 }),
  fc.array(fc.oneof(message, fc.jsonValue()), { maxLength: 4 }),
  fc.jsonValue(),
);
/** The same in more than one spelling. */
const bodyText = fc.tuple(body, fc.nat({ max: 2 }), fc.constantFrom("", " \n"))
  .map(([value, indent, space]) =>
    `${space}${JSON.stringify(value, null, indent)}${space}`
  );

function post(body: BodyInit): Request {
  return new Request("https://notes.example.com/mcp", { method: "POST", body });
}

test(
  "readOperations() reads JSON as JSON.parse() does, and hands the same bytes on",
  holds(bodyText, async (text) => {
    let read: Awaited<ReturnType<typeof readOperations>> | undefined;
    const error = await thrownBy(
      async () => read = await readOperations(post(text), 1e6),
      RequestError,
    );
    const value: unknown = JSON.parse(text);
    const messages: unknown[] = Array.isArray(value) ? value : [value];
    const isObject = (item: unknown): boolean =>
      Object.prototype.toString.call(item) === "[object Object]";
    const operations = messages.every(isObject)
      ? messages.flatMap(operationOf)
      : [undefined];
    if (operations.includes(undefined)) {
      assertEquals(error?.reason, "body_not_a_message");
      return;
    }
    assertEquals(error, undefined);
    assertEquals(read?.parsedBody, value);
    assertEquals(await read?.request.text(), text);
    assertEquals(read?.operations as unknown, operations);
  }),
);

/**
 * What the SDK would do at this message: a call by its `name`, a reading by its `uri`. `undefined` where one of these is
 * no text.
 */
function operationOf(message: unknown): (Operation | undefined)[] {
  const { method, params } = JSON.parse(JSON.stringify(message));
  if (method === undefined) return [];
  if (typeof method !== "string") return [undefined];
  let name: unknown;
  if (/^(?:tools\/call|prompts\/get)$/.test(method)) name = params?.name;
  if (/^resources\/(?:read|(?:un)?subscribe)$/.test(method)) name = params?.uri;
  if (name !== undefined && typeof name !== "string") return [undefined];
  return [name === undefined ? { method } : { method, name }];
}

test(
  "readOperations() throws nothing but a RequestError at any bytes",
  holds(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      textOf(
        "{",
        "}",
        "[",
        "]",
        '"method"',
        ":",
        ",",
        '"ping"',
        "\ufeff",
        "\\u",
      )
        .map((text) => new TextEncoder().encode(text)),
    ),
    async (bytes) => {
      const sent = Uint8Array.from(bytes);
      let read: Awaited<ReturnType<typeof readOperations>> | undefined;
      const error = await thrownBy(
        async () => read = await readOperations(post(sent), 30),
        RequestError,
      );
      if (sent.length > 30) assertEquals(error?.reason, "body_too_large");
      if (read === undefined) return;
      assertEquals(new Uint8Array(await read.request.arrayBuffer()), sent);
      assertEquals(
        read.parsedBody,
        JSON.parse(new TextDecoder().decode(sent)),
      );
    },
  ),
);
