// Shapes shared with the service. The only declaration file; everything else is plain JavaScript.

export type Choices = Record<string, boolean>;
export type Status = "undecided" | "decided" | "renewal_needed";
export type Control = "accept_all" | "refuse_all" | "save" | "withdraw_all" | "embed";
export type Layer = "banner" | "dialog";

export type Category = [
  id: string,
  label: string,
  description: string,
  /** Global Privacy Control switches this category off. */
  gpc?: 1,
];

/** One declared first-party item that a script is able to delete. */
export type Tracker = [
  /** A regular expression, for names with wildcards as for others. */
  pattern: string,
  category: string,
  kind: "cookie" | "localStorage" | "sessionStorage" | "indexedDB",
  /** Where it is not "/". */
  path?: string,
  /** The name of a cookie of another path, where no script sees it. */
  hidden?: string,
];

/** What the server puts before the bundle: config.js has the places as names. */
export type Config = [
  api: string,
  preferences: string,
  policy: string,
  privacy: string,
  /** Name of the choice cookie on this deployment. */
  cookie: string,
  /** Its Domain, where one choice covers several hosts. */
  domain: string,
  /** Without cookies for a service on another domain, which gets and sets none: the script keeps the signed one. */
  request: RequestInit,
  /** The day this configuration was served, YYYY-MM-DD, UTC. */
  served: string,
  /** First 16 digits of the scope in force. */
  scope: string,
  /** Earlier scopes still alive, each with the categories to ask again. */
  earlier: Record<string, string[]>,
  days: [refusal: number, consent: number],
  token: string,
  language: string,
  /** Those to ask for where the page is in one of them; none where the page has chosen ours. */
  languages: string[],
  direction: string,
  categories: Category[],
  trackers: Tracker[],
  /** Regular expressions for hosts, for placeholders. */
  providers: [pattern: string, name: string][],
  groups: string[],
  /** Google's signals, each with the categories it needs; 0 for sites that do not use them. */
  google: 0 | [signal: string, categories: string[]][],
  /** In the order of texts.js. */
  texts: string[],
  /** The tokens and the place of the first layer, as rules of style. */
  theme: string,
];

/** What a browser keeps of an answer. Days are YYYY-MM-DD, UTC; it counts to the end of the last. */
export type Answer = [scope: string, choices: Choices, decidedOn: string, validUntil: string];

/** What holds now: `answers` has no entry for what is still to be asked about. */
export type Standing = [
  status: Status,
  answers: Partial<Choices>,
  decidedOn: string | null,
  validUntil: string | null,
  /** Whether the answer was given to a newer notice than our copy of the script came with. */
  isOutdated?: boolean,
];

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
  replaces?: string | void;
}

/** What became of sending an act: rejected, kept to be sent again, or saved. */
export type Outcome = 0 | 1 | 2;

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
  trackers: { name: string; category: string; kind: string }[];
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
