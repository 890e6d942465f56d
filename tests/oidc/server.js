// A real OpenID provider for one test: one client, accounts by name, and its own sign-in page.
// The issuer's port, the client's redirect address and its secret come from the command line.
import { Provider } from "oidc-provider";

const [port, redirect, secret, tellsInToken] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const accounts = {
  olga: { email: "Olga@University.example", email_verified: true },
  unverified: { email: "otto@university.example", email_verified: false },
  stranger: { email: "stranger@university.example", email_verified: true },
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "consent",
      client_secret: secret,
      redirect_uris: [redirect],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: tellsInToken !== "token", // else the e-mail address is in the ID token too
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for a test only"] },
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts[sub] }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
