/**
 * Browsers must send this header with refreshing and signing out: a foreign page cannot, without asking first.
 * Other clients, which show neither Origin nor Sec-Fetch-Site, need not.
 */
export const sessionHeader = "x-parloir-session";
