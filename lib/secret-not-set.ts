import published from "./certificate-not-set.json";

/** What a secret holds that the program makes and a person sets: in a vault, or in an environment at GitHub. */
export const secretNotSet = "not-set-yet";

/**
 * The same for a secret that holds a certificate with its key, which services read at once: PKCS #12 in base64, without a password. It
 * names `not-set-yet.invalid`, nobody trusts it, and its key is public. `certificate-not-set.json` was made with
 * `openssl req -x509 -newkey rsa:2048 -days 36500` and `openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES`.
 */
export const certificateNotSet: string = published.pkcs12;

/** What a vault calls such a secret. Source: Azure documentation, "About Azure Key Vault certificates: content type". */
export const certificateContentType = "application/x-pkcs12";
