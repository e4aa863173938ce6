/**
 * A server of all that the MCP conformance suite asks for by name, as far as the SDK has it: what is looked at is not
 * what it answers, but whether it answers the same behind the guard. It keeps sessions for the older versions.
 *
 * @module
 */
import {
  type CallToolResult,
  completable,
  createMcpHandler,
  hostHeaderValidationResponse,
  inputRequired,
  isInitializeRequest,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  type McpHandlerRequestOptions,
  McpServer,
  originValidationResponse,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { z } from "zod";

/** One red pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** No sound. */
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

const TEXT = { type: "text", text: "Text for the conformance suite." } as const;
const IMAGE = { type: "image", data: PNG, mimeType: "image/png" } as const;
const RESOURCE = {
  type: "resource",
  resource: {
    uri: "test://embedded-resource",
    mimeType: "text/plain",
    text: "An embedded resource.",
  },
} as const;

const modern = createMcpHandler(server, { legacy: "reject" });
const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

/** Answers in the era of the request. */
export async function handle(
  request: Request,
  context: McpHandlerRequestOptions = {},
): Promise<Response> {
  const refusal =
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
  if (refusal !== undefined) return refusal;
  const { parsedBody } = context;
  if (!await isLegacyRequest(request.clone(), parsedBody)) {
    return await modern.fetch(request, context);
  }
  const id = request.headers.get("mcp-session-id");
  const known = sessions.get(id ?? "");
  if (known !== undefined) return await known.handleRequest(request, context);
  const body: unknown = parsedBody ??
    await request.clone().json().catch(() => undefined);
  if (id !== null || !isInitializeRequest(body)) {
    const status = id === null ? 400 : 404;
    const error = { code: -32001, message: "Session not found" };
    return Response.json({ jsonrpc: "2.0", error, id: null }, { status });
  }
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => crypto.randomUUID(),
    onsessioninitialized: (opened) => void sessions.set(opened, transport),
    onsessionclosed: (closed) => void sessions.delete(closed),
  });
  await server().connect(transport);
  return await transport.handleRequest(request, context);
}

function server(): McpServer {
  const self = new McpServer({ name: "conformance", version: "1.0.0" }, {
    capabilities: { logging: {}, resources: { subscribe: true } },
  });
  registerTools(self);
  registerResources(self);
  registerPrompts(self);
  return self;
}

function registerTools(self: McpServer): void {
  const answers: Readonly<Record<string, CallToolResult["content"]>> = {
    test_simple_text: [TEXT],
    test_image_content: [IMAGE],
    test_audio_content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }],
    test_embedded_resource: [RESOURCE],
    test_multiple_content_types: [TEXT, IMAGE, RESOURCE],
  };
  for (const [name, content] of Object.entries(answers)) {
    self.registerTool(name, { description: name }, () => ({ content }));
  }

  self.registerTool("test_error_handling", { description: "Fails" }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });

  self.registerTool(
    "test_tool_with_logging",
    { description: "Logs" },
    async ({ mcpReq }) => {
      for (const step of ["started", "processing data", "completed"]) {
        await mcpReq.log("info", `Tool execution ${step}`);
      }
      return { content: [TEXT] };
    },
  );

  self.registerTool(
    "test_tool_with_progress",
    { description: "Tells of its progress" },
    async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken ?? 0;
      for (const progress of [0, 50, 100]) {
        await mcpReq.notify({
          method: "notifications/progress",
          params: { progressToken, progress, total: 100 },
        });
      }
      return { content: [TEXT] };
    },
  );

  self.registerTool("test_custom_headers", {
    description: "Has its arguments repeated in fields",
    inputSchema: z.object({
      region: z.string().meta({ "x-mcp-header": "Region" }),
    }),
  }, ({ region }) => ({ content: [{ type: "text", text: region }] }));

  self.registerTool("test_logging_tool", {
    description: "Logs, if it is asked to",
  }, async ({ mcpReq }) => {
    await mcpReq.log("info", "A line of the log");
    return { content: [TEXT] };
  });

  self.registerTool("test_sampling", {
    description: "Asks the client's model",
    inputSchema: z.object({ prompt: z.string() }),
  }, async ({ prompt }, { mcpReq }) => {
    const { content } = await mcpReq.requestSampling({
      messages: [{ role: "user", content: { type: "text", text: prompt } }],
      maxTokens: 100,
    });
    const text = `LLM response: ${JSON.stringify(content)}`;
    return { content: [{ type: "text", text }] };
  });

  self.registerTool("test_elicitation", {
    description: "Asks the user",
    inputSchema: z.object({ message: z.string() }),
  }, async ({ message }, { mcpReq }) => {
    const answer = await mcpReq.elicitInput({
      message,
      requestedSchema: {
        type: "object",
        properties: { username: { type: "string" } },
        required: ["username"],
      },
    });
    const text = `User response: ${JSON.stringify(answer)}`;
    return { content: [{ type: "text", text }] };
  });

  self.registerTool("test_input_required_result_elicitation", {
    description: "Asks for a name, in the result",
  }, ({ mcpReq }) => {
    if (mcpReq.inputResponses !== undefined) return { content: [TEXT] };
    return inputRequired({
      inputRequests: {
        user_name: inputRequired.elicit({
          message: "What is your name?",
          requestedSchema: {
            type: "object",
            properties: { name: { type: "string" } },
            required: ["name"],
          },
        }),
      },
    });
  });
}

function registerResources(self: McpServer): void {
  const texts: Readonly<Record<string, string>> = {
    "test://static-text": "A static text.",
    "test://watched-resource": "A watched text.",
  };
  for (const [uri, text] of Object.entries(texts)) {
    const mimeType = "text/plain";
    self.registerResource(
      uri,
      uri,
      { mimeType },
      () => ({ contents: [{ uri, mimeType, text }] }),
    );
  }
  self.registerResource(
    "static-binary",
    "test://static-binary",
    { mimeType: "image/png" },
    ({ href: uri }) => ({
      contents: [{ uri, mimeType: "image/png", blob: PNG }],
    }),
  );
  self.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { mimeType: "application/json" },
    ({ href: uri }, { id }) => ({
      contents: [{
        uri,
        mimeType: "application/json",
        text: JSON.stringify({ id, data: `Data for ${id}` }),
      }],
    }),
  );
  self.server.setRequestHandler("resources/subscribe", () => ({}));
  self.server.setRequestHandler("resources/unsubscribe", () => ({}));
}

function registerPrompts(self: McpServer): void {
  const contents = {
    test_simple_prompt: [TEXT],
    test_prompt_with_image: [IMAGE, TEXT],
  };
  for (const [name, content] of Object.entries(contents)) {
    self.registerPrompt(name, { description: name }, () => ({
      messages: content.map((each) => ({ role: "user", content: each })),
    }));
  }
  self.registerPrompt("test_prompt_with_arguments", {
    description: "Repeats its arguments",
    argsSchema: z.object({
      arg1: completable(z.string(), () => ["paris", "park"]),
      arg2: z.string(),
    }),
  }, ({ arg1, arg2 }) => ({
    messages: [{
      role: "user",
      content: { type: "text", text: `arg1='${arg1}', arg2='${arg2}'` },
    }],
  }));
  self.registerPrompt("test_prompt_with_embedded_resource", {
    description: "Has a resource in it",
    argsSchema: z.object({ resourceUri: z.string() }),
  }, ({ resourceUri: uri }) => ({
    messages: [
      {
        role: "user",
        content: {
          ...RESOURCE,
          resource: { ...RESOURCE.resource, uri },
        },
      },
      { role: "user", content: TEXT },
    ],
  }));
}
