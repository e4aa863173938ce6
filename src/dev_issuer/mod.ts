/**
 * For development only: an authorization server on this machine that accepts every user name and every client.
 *
 * @module
 */

export {
  type Application,
  type DevIssuer,
  type DevIssuerOptions,
  startDevIssuer,
} from "./server.ts";
