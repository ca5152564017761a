// Who is logged in, and requests in their name.

let user = null;

export function toLogin() {
  const wanted = location.pathname + location.search;
  location.assign(wanted === "/" ? "/login" : `/login?next=${encodeURIComponent(wanted)}`);
  return new Promise(() => {}); // what waits for an answer is left waiting: the page goes
}

// {name, role, via, csrf, ends_at}; where a login is needed and nobody is logged in, the login page comes instead.
export async function who() {
  const response = await fetch("/v1/session");
  const gone = response.status === 401 || (response.status === 503 && (await response.clone().json()).error.code === "accounts_missing");
  if (gone) return toLogin();
  if (!response.ok) throw new Error((await response.json()).error.message);
  user = await response.json();
  return user;
}

// As fetch. What changes something carries the login's token; a login that is over leads to the login page.
export async function ask(address, options = {}) {
  const headers = new Headers(options.headers);
  if (user?.csrf) headers.set("X-CSRF-Token", user.csrf);
  const response = await fetch(address, { ...options, headers });
  return response.status === 401 ? toLogin() : response;
}

export async function logOut() {
  await ask("/v1/session", { method: "DELETE" });
  location.assign("/login");
}
