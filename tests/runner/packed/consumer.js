// A program of a user's, who has the package and nothing of its repository.
import { protectResource } from "@gatehouse/mcp-auth";
import { testIssuer } from "@gatehouse/mcp-auth/testing";

const resource = "https://notes.example.com/mcp";

/** Throws unless a good token is let in, and the lack of one is not. */
export async function check() {
  const issuer = await testIssuer({
    issuer: "https://auth.example.com",
    audience: resource,
  });
  const mcp = protectResource(
    (_request, { authInfo }) => new Response(authInfo.extra.sub),
    {
      metadata: { resource, authorization_servers: [issuer.issuer] },
      platform: issuer.platform,
    },
  );
  const headers = { authorization: `Bearer ${await issuer.token()}` };
  const accepted = await mcp(new Request(resource, { headers }));
  const refused = await mcp(new Request(resource));
  const seen = [accepted.status, await accepted.text(), refused.status];
  if (`${seen}` !== "200,user-1,401") throw new Error(`It answered ${seen}`);
}
