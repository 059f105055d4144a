import published from "./certificate-not-set.json";

/** What a secret holds that the program makes and a person sets: in a vault, or in an environment at GitHub. */
export const secretNotSet = "not-set-yet";

/** What a vault says of the version that holds it. Whoever sets a secret makes a version that says something else, or nothing. */
export const placeholderContentType = "set outside this program";

/**
 * The same for a secret that holds a certificate with its key, which services read at once: PKCS #12 in base64, without a password. It
 * names `not-set-yet.invalid`, nobody trusts it, and its key is public. `certificate-not-set.json` was made with
 * `openssl req -x509 -newkey rsa:2048 -days 36500` and `openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES`.
 */
export const certificateNotSet: string = published.pkcs12;

/** What a vault calls such a secret. Source: Azure documentation, "About Azure Key Vault certificates: content type". */
export const certificateContentType = "application/x-pkcs12";

/** What the program makes of a secret that others set, by what the secret holds: its first version, as a vault has it. */
export const placeholders = {
  text: { value: secretNotSet, contentType: placeholderContentType },
  certificate: { value: certificateNotSet, contentType: certificateContentType },
} as const;

/** What a vault says of a secret that a cloud gives the program, and the program puts there. */
export const heldContentType = "made by this program";

/**
 * Whether the newest version of a secret is still the one that the program made, by what a vault tells of it without its value. The job
 * that sets a certificate says when it expires; the program says that of none.
 *
 * @param expires absent when the version says nothing of it
 */
export function isPlaceholder(contentType: string | null | undefined, expires: unknown): boolean {
  if (contentType === placeholderContentType) return true;
  return contentType === certificateContentType && (expires === undefined || expires === null);
}
