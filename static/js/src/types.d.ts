// Shapes shared with the service. The only declaration file; everything else is plain JavaScript.

export type Choices = Record<string, boolean>;
export type Status = "undecided" | "decided" | "renewal_needed";
export type Control = "accept_all" | "refuse_all" | "save" | "withdraw_all" | "embed";
export type Layer = "banner" | "dialog";

export interface Category {
  id: string;
  label: string;
  description: string;
  /** Global Privacy Control switches this category off. */
  gpc?: boolean | undefined;
}

/** One declared first-party item that a script is able to delete. */
export type Tracker = [
  /** May hold `*` wildcards. */
  name: string,
  category: string,
  kind: "cookie" | "local_storage" | "session_storage" | "indexed_db",
  /** Where it is not "/". */
  path?: string,
];

/** The one line of JSON that the server puts before the bundle. */
export interface Config {
  api: string;
  preferences: string;
  policy: string;
  privacy: string;
  /** Name of the choice cookie on this deployment. */
  cookie: string;
  /** False when the service is on another domain: the script then keeps the signed cookie. */
  first_party: boolean;
  /** The Domain of that cookie, where one choice covers several hosts. */
  domain?: string;
  /** The day this configuration was served, YYYY-MM-DD, UTC. */
  day: string;
  /** Google's signals, each with the categories it needs; only for sites that use them. */
  google?: Record<string, string[]>;
  /** First 16 digits of the scope in force. */
  scope: string;
  /** Earlier scopes still alive, each with the categories to ask again. */
  earlier: Record<string, string[]>;
  days: [refusal: number, consent: number];
  token: string;
  language: string;
  languages: string[];
  dir: string;
  categories: Category[];
  trackers: Tracker[];
  /** Host to provider name, for placeholders. */
  providers: Record<string, string>;
  groups: string[];
  /** Where the first layer stands, and the tokens as rules of style. */
  theme: { position: string; css: string };
  /** In the order of texts.js. */
  texts: string[];
}

/** What a browser keeps of an answer: the choices, their scope, the first and last day. */
export interface Answer {
  scope: string;
  choices: Choices;
  /** YYYY-MM-DD, UTC. */
  decidedOn: string;
  /** YYYY-MM-DD, UTC; the answer counts to the end of this day. */
  validUntil: string;
}

/** What holds now: `answers` has no entry for what is still to be asked about. */
export interface Standing {
  status: Status;
  answers: Partial<Choices>;
  decidedOn: string | null;
  validUntil: string | null;
}

/** An act that the server has not confirmed yet, as kept in localStorage. */
export interface Act {
  submission_id: string;
  notice_token: string;
  control: Control;
  layer: Layer;
  choices: Choices;
  page_group?: string | undefined;
  /** When it was made, milliseconds since 1970. */
  at: number;
  /** The choice cookie as it was then, "" for none. */
  seen: string;
  /** The scope of the notice it answers. */
  scope: string;
  /** The choices, as the cookie spells them, of an act of this page that may still be on its way. */
  replaces?: string | undefined;
}

/** What became of sending an act. */
export type Outcome = "saved" | "kept" | "rejected";

export interface Change {
  choices: Choices;
  /** Ids of the categories whose answer differs from before; at first, of all that have one. */
  changed: string[];
  /** What caused it: a control, or "load", "elsewhere" (another tab or page), "notice". */
  source: Control | "load" | "elsewhere" | "notice";
}

/** `window.consent.state`. */
export interface PublicState {
  status: Status;
  /** What is allowed now; what is undecided is false. */
  choices: Choices;
  decidedOn: string | null;
  validUntil: string | null;
  gpc: boolean;
}

export interface PublicApi {
  readonly state: PublicState;
  allows(category: string): boolean;
  open(): void;
  withdraw(): Promise<void>;
  onChange(callback: (change: Change) => void): () => void;
}

/** The one line of JSON that the server puts before the automatic blocker. */
export interface AutoConfig {
  cookie: string;
  scope: string;
  trackers: { name: string; category: string; kind: Tracker[2] }[];
  /** Host, what its paths begin with, and the categories; the first that matches decides. */
  rules: [host: string, path: string, ...categories: string[]][];
  /** Whether hosts that nothing declares are held as well. */
  holds: boolean;
}

/** What the automatic blocker looks at in a tag, which may still be markup. */
export interface Tag {
  localName: string;
  rel?: string | undefined;
  dataset?: { consent?: string | undefined };
}

declare global {
  interface Window {
    /** The API; before that, what the line before the bundle put there. */
    consent?: Partial<PublicApi> & { config?: Config; was?: unknown };
    dataLayer?: unknown[];
    trustedTypes?: {
      createPolicy(name: string, rules: TrustedRules): TrustedRules;
    };
  }
  interface Navigator {
    globalPrivacyControl?: boolean;
  }
  interface Document {
    prerendering?: boolean;
  }
  interface TrustedRules {
    createHTML?(markup: string): string;
    createScript(text: string): string;
    createScriptURL(url: string): string;
  }
}
