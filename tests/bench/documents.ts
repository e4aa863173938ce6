/**
 * What is answered before a token is looked at, each beside a constant answer with the same body and fields.
 *
 * @module
 */
import { expectStatus, measure, report, type Variant } from "./measure.ts";
import { guard, METADATA_URL, requestWith, RESOURCE } from "./subject.ts";

const guarded = guard();

report(
  await measure([
    ...await pair("401 without a token", 401, () => requestWith()),
    ...await pair("the metadata", 200, () => new Request(METADATA_URL)),
    ...await pair("a preflight", 204, () =>
      new Request(RESOURCE, {
        method: "OPTIONS",
        headers: {
          origin: "https://app.example",
          "access-control-request-method": "POST",
          "access-control-request-headers":
            "authorization, content-type, mcp-protocol-version",
        },
      })),
  ]),
);

async function pair(
  name: string,
  status: number,
  ask: () => Request,
): Promise<Variant[]> {
  const example = await guarded(ask());
  const headers = [...example.headers];
  const body = example.body === null ? null : await example.text();
  const base = `${name}, as a constant`;
  return [
    {
      name: base,
      base,
      run: () => {
        ask();
        return new Response(body, { status, headers });
      },
    },
    {
      name,
      base,
      run: () => guarded(ask()),
      check: () => expectStatus(status, guarded(ask())),
    },
  ];
}
