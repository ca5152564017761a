// Who is logged in, and requests in their name.

export interface User {
  name: string;
  role: string;
  via: "open" | "session" | "token";
  csrf: string | null;
}

/** What `GET /v1/session` says: somebody, nobody (a login is needed), or that there is no account yet. */
export type Standing = { user: User } | { user: null; isSetUp: boolean };

let user: User | null = null;

/** A refusal of the service, with its message in both languages. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    // biome-ignore lint/suspicious/noExplicitAny: each code has a detail of its own
    readonly detail: Record<string, any> = {},
  ) {
    super(message);
  }
}

export async function refusalOf(response: Response): Promise<Refusal> {
  const body = await response.json().catch(() => null);
  const error = body?.error;
  return new Refusal(error?.code ?? "unknown", error?.message ?? `HTTP ${response.status}`, error?.detail ?? {});
}

export function toLogin(): Promise<never> {
  const wanted = location.pathname + location.search;
  location.assign(wanted === "/" ? "/login" : `/login?next=${encodeURIComponent(wanted)}`);
  return new Promise(() => {}); // what waits for an answer is left waiting: the page goes
}

export async function standing(): Promise<Standing> {
  const response = await fetch("/v1/session?anonymous=true");
  if (response.ok) {
    const told: User | { name: null } = await response.json();
    user = told.name === null ? null : told;
    return user === null ? { user, isSetUp: true } : { user };
  }
  const refusal = await refusalOf(response);
  if (refusal.code === "accounts_missing") return { user: null, isSetUp: false };
  throw refusal;
}

/** Who is logged in; where a login is needed and nobody is, the login page comes instead. */
export async function who(): Promise<User> {
  const told = await standing();
  return told.user ?? toLogin();
}

/** As fetch. What changes something carries the login's token; a login that is over leads to the login page. */
export async function ask(address: string, options: RequestInit = {}): Promise<Response> {
  const response = await send(address, options);
  return response.status === 401 ? toLogin() : response;
}

/** As `ask`, but a login that is missing or wrong is an answer like others. */
export async function send(address: string, options: RequestInit = {}): Promise<Response> {
  const response = await attempt(address, options);
  return response.status === 403 && (await isRenewed()) ? attempt(address, options) : response;
}

function attempt(address: string, options: RequestInit): Promise<Response> {
  const headers = new Headers(options.headers);
  if (user?.csrf) headers.set("X-CSRF-Token", user.csrf);
  return fetch(address, { ...options, headers });
}

/** Whether the same person has logged in anew in another tab, so that this page's token was of the login before. */
async function isRenewed(): Promise<boolean> {
  if (!user?.csrf) return false;
  const response = await fetch("/v1/session?anonymous=true");
  const told: User | { name: null } | null = response.ok ? await response.json() : null;
  if (!told?.name || told.name !== user.name || told.csrf === user.csrf) return false;
  user = told;
  return true;
}

export async function logOut(): Promise<void> {
  await ask("/v1/session", { method: "DELETE" });
  location.assign("/login");
}
