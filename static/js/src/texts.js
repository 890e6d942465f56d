// Where each text is in the configuration, whose texts have no keys: they would weigh a fortieth of
// everything. The order is that of consent/core/script_line.py, which says how it may grow.

export const BANNER_TITLE = 0;
export const BANNER_INTRO = 1;
export const BANNER_WITHDRAW = 2;
export const BANNER_GPC = 3;
export const BANNER_AGAIN = 4;
export const BANNER_POLICY = 5;
export const BANNER_PRIVACY = 6;
export const BUTTON_ACCEPT_ALL = 7;
export const BUTTON_REFUSE_ALL = 8;
export const BUTTON_CHOOSE = 9;
export const BUTTON_SAVE = 10;
export const BUTTON_CLOSE = 11;
export const BUTTON_WITHDRAW_ALL = 12;
export const DIALOG_TITLE = 13;
export const DIALOG_INTRO = 14;
export const DIALOG_NECESSARY_LABEL = 15;
export const DIALOG_NECESSARY_TEXT = 16;
export const DIALOG_DETAILS = 17;
export const CONTROL_LABEL = 18;
export const EMBED_BLOCKED = 19;
export const EMBED_LOAD_ONCE = 20;
export const EMBED_ALLOW_ALWAYS = 21;
export const ANNOUNCE_SAVED = 22;
export const ANNOUNCE_SAVED_GPC = 23;
export const ANNOUNCE_WITHDRAWN = 24;
export const ANNOUNCE_KEPT = 25;
export const ANNOUNCE_FAILED = 26;
export const ANNOUNCE_RELOAD = 27;
