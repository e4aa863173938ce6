/**
 * A stand-in for the API of a language model, so that an agent calls a tool without an account: it answers the first
 * request that lists the tool with a call of it, and every other request with the word "Done".
 *
 * @module
 */

import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** A call of a tool. */
export interface ToolCall {
  /** The tool's name at the MCP server. Agents put the server's name before it. */
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A model that listens. */
export interface Model {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What the agent told the model about the call: the tool's result, or an error. */
  result(): string;
}

/** One API: how it lists tools and results, and how it answers with a call of a tool or with text. */
interface Api {
  readonly path: string;
  tools(body: Body): readonly Tool[];
  result(body: Body): unknown;
  answer(call: { tool: Tool; args: string } | undefined): readonly unknown[];
}

interface Tool {
  readonly name: string;
  readonly namespace?: string;
}

// deno-lint-ignore no-explicit-any -- the APIs' documents, of which little is used
type Body = any;

const ID = "call_1";

/** Anthropic's Messages API, which Claude Code uses. */
const MESSAGES: Api = {
  path: "/v1/messages",
  tools: ({ tools = [] }) => tools,
  result: ({ messages }) =>
    contents(messages).find(({ type }) => type === "tool_result")?.content,
  answer: (call) => {
    const message = { id: "msg_1", type: "message", role: "assistant" };
    const usage = { input_tokens: 1, output_tokens: 1 };
    const [block, delta] = call === undefined
      ? [{ type: "text", text: "" }, { type: "text_delta", text: "Done" }]
      : [
        { type: "tool_use", id: ID, name: call.tool.name, input: {} },
        { type: "input_json_delta", partial_json: call.args },
      ];
    const stop_reason = call === undefined ? "end_turn" : "tool_use";
    return [
      { type: "message_start", message: { ...message, content: [], usage } },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason }, usage },
      { type: "message_stop" },
    ];
  },
};

/** OpenAI's Responses API, which Codex uses. */
const RESPONSES: Api = {
  path: "/v1/responses",
  tools: ({ tools = [] }) =>
    tools.flatMap((tool: Body) =>
      tool.type === "namespace"
        ? tool.tools.map(({ name }: Tool) => ({ name, namespace: tool.name }))
        : [tool]
    ),
  result: ({ input }) =>
    input.find(({ type }: Body) => type === "function_call_output")?.output,
  answer: (call) => {
    const item = call === undefined
      ? {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "Done" }],
      }
      : {
        type: "function_call",
        call_id: ID,
        name: call.tool.name,
        namespace: call.tool.namespace,
        arguments: call.args,
      };
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    const response = { id: "resp_1", output: [item], usage };
    return [
      { type: "response.created", response: { id: "resp_1" } },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response },
    ];
  },
};

/** OpenAI's Chat Completions API, which opencode uses for a provider of the user's own. */
const CHAT: Api = {
  path: "/v1/chat/completions",
  tools: ({ tools = [] }) =>
    tools.map((tool: { function: Tool }) => tool.function),
  result: ({ messages }) =>
    messages.find(({ role }: Body) => role === "tool")?.content,
  answer: (call) => {
    const delta = call === undefined ? { content: "Done" } : {
      tool_calls: [{
        index: 0,
        id: ID,
        type: "function",
        function: { name: call.tool.name, arguments: call.args },
      }],
    };
    const finish_reason = call === undefined ? "stop" : "tool_calls";
    const chunk = { id: "chat_1", object: "chat.completion.chunk" };
    return [
      { ...chunk, choices: [{ index: 0, delta }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] },
    ];
  },
};

/** Lends a model to a function, and stops it afterwards. */
export async function withModel(
  { tool, args = {} }: ToolCall,
  use: (model: Model) => Promise<void>,
): Promise<void> {
  const results: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url?.split("?")[0];
    const api = [MESSAGES, RESPONSES, CHAT].find((one) => one.path === path);
    if (api === undefined) return void response.writeHead(404).end();
    const body = JSON.parse(await textOf(request));
    const result = api.result(body);
    if (result !== undefined) results.push(JSON.stringify(result));
    const listed = api.tools(body).find(({ name }) => name?.endsWith(tool));
    const call = listed !== undefined && result === undefined
      ? { tool: listed, args: JSON.stringify(args) }
      : undefined;
    response.writeHead(200, { "content-type": "text/event-stream" })
      .end(api.answer(call).map(event).join(""));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    await use({
      origin: `http://127.0.0.1:${port}`,
      result: () => results.at(-1) ?? "",
    });
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}

function contents(messages: Body): Body[] {
  return messages.map((message: Body) => message.content)
    .filter(Array.isArray).flat();
}

function event(data: unknown): string {
  const { type } = Object(data);
  return `${type ? `event: ${type}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
